"""Root names in an expression: what `var.x`, `local.x`, `module.x`, `path.x` and a resource's type lead to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kfinfra.diag import DiagnosticError, SourceText, did_you_mean, error
from kfinfra.hcl.functions.function import Function
from kfinfra.hcl.nodes import Attr, Index, Step, Traversal
from kfinfra.model.data import PREFIX
from kfinfra.values.data import Value

if TYPE_CHECKING:
    from kfinfra.config.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class NameScope:
    """The root names that an expression sees."""

    evaluation: Evaluation
    source: SourceText
    extra: Mapping[str, Value]

    @property
    def functions(self) -> Mapping[str, Function]:
        """The functions that can be called."""
        return self.evaluation.functions

    def lookup(self, root: str, steps: tuple[Step, ...], traversal: Traversal) -> tuple[Value, int]:
        """The value of a root name, and how many of `steps` it has consumed."""
        if root in self.extra:
            return self.extra[root], 0
        here, module = self.evaluation, self.evaluation.module
        first = steps[0].name if steps and isinstance(steps[0], Attr) else None
        match root:
            case "var":
                if first is None or first not in module.variables:
                    raise self._missing("input variable", traversal, module.variables, f'declare it: variable "{first}" {{ … }}')
                return here.variable(first), 1
            case "local":
                if first is None or first not in module.locals:
                    raise self._missing("local value", traversal, module.locals)
                return here.local(first), 1
            case "module":
                if first is None or first not in module.calls:
                    raise self._missing("module", traversal, module.calls, f'declare it: module "{first}" {{ … }}')
                return self._module(first, steps)
            case "path":
                paths: Mapping[str, Value] = {"module": here.node.folder, "root": ".", "cwd": "."}
                if first is None or first not in paths:
                    raise self._missing("path attribute", traversal, paths)
                return paths[first], 1
            case "kfinfra" if first == "workspace":
                return here.common.workspace, 1
            case "data":
                second = steps[1].name if len(steps) > 1 and isinstance(steps[1], Attr) else None
                if first is None or second is None or (PREFIX + first, second) not in module.resources:
                    known = [name for kind, name in module.resources if kind == f"{PREFIX}{first}"]
                    hint = f'declare it: data "{first}" "{second}" {{ … }}'
                    raise self._missing("data source", traversal, known, hint, second)
                return here.resource(PREFIX + first, second), 2
            case _ if root in here.common.types:
                if first is None or (root, first) not in module.resources:
                    known = [name for kind, name in module.resources if kind == root]
                    raise self._missing("resource", traversal, known, f'declare it: {root} "{first}" {{ … }}')
                return here.resource(root, first), 1
            case "each" | "count" | "self":
                hint = f'"{root}" has a value only where its block repeats (for_each or count)'
                raise self._missing(f'"{root}"', traversal, [], hint)
            case _:
                roots = ["var", "local", "module", "data", "path", *(t for t in here.common.types if "." not in t)]
                raise self._missing("name", traversal, roots, "names begin with var., local., or a resource type", root)

    def _module(self, name: str, steps: tuple[Step, ...]) -> tuple[Value, int]:
        """One output where one is named, so that no other is worked out; else all of them."""
        here = self.evaluation
        repeated = here.repetition(name)
        match steps[1:3]:
            case (Attr(name=output), *_) if not repeated.how:
                key, used = None, 2
            case (Index(key=key), Attr(name=output)) if repeated.how:
                used = 3
            case _:
                return here.called(name), 1
        child = here.node.children[name]
        if key not in repeated.extra or output not in child.module.outputs:
            return here.called(name), 1  # which tells what there is
        return here.child(name, key).output(output), used

    def _missing(
        self, what: str, traversal: Traversal, known: Iterable[str], hint: str = "", asked: str | None = None
    ) -> DiagnosticError:
        steps = traversal.steps
        if asked is None:
            asked = steps[0].name if steps and isinstance(steps[0], Attr) else traversal.root
        span = self.source.span(traversal.start, traversal.end)
        detail = f'There is no {what} named "{asked}".{did_you_mean(asked, known)}'
        return DiagnosticError(error(f"Reference to undeclared {what}", detail, span, hint=hint))
