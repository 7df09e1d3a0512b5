"""Root names in an expression: what `var.x`, `local.x`, `module.x`, `path.x` and a resource's type lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kfinfra.config.names import undeclared, unknown_root
from kfinfra.diag import DiagnosticError, SourceText
from kfinfra.hcl.evaluate import Names
from kfinfra.hcl.functions.function import Function
from kfinfra.hcl.nodes import Attr, Index, Step, Traversal
from kfinfra.model.data import PREFIX
from kfinfra.values.data import Value

if TYPE_CHECKING:
    from kfinfra.config.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class NameScope:
    """The root names that an expression sees. `known` are values that have been worked out, which no name of `extra` hides."""

    evaluation: Evaluation
    source: SourceText
    functions: Mapping[str, Function]
    extra: Mapping[str, Value]
    known: Names

    def lookup(self, root: str, steps: tuple[Step, ...], traversal: Traversal) -> tuple[Value, int]:
        """The value of a root name, and how many of `steps` it has consumed."""
        if root in self.extra:
            return self.extra[root], 0
        here = self.evaluation
        step = steps[0] if steps else None
        if type(step) is Attr:  # most names are these
            module = here.node.module
            if root == "local" and step.name in module.locals:
                return here.local(step.name), 1
            if root == "var" and step.name in module.variables:
                return here.variable(step.name), 1
        problem = undeclared(traversal, self.source, here.node, here.common.types)
        if problem is not None:
            raise DiagnosticError(problem)
        first = steps[0].name if steps and isinstance(steps[0], Attr) else ""
        match root:
            case "module":
                return self._module(first, steps)
            case "path":
                return here.node.folder if first == "module" else ".", 1
            case "kfinfra" if first == "workspace":
                return here.common.workspace, 1
            case "data":
                return here.resource(PREFIX + first, steps[1].name if isinstance(steps[1], Attr) else ""), 2
            case _ if root in here.common.types:
                return here.resource(root, first), 1
            case _:
                raise DiagnosticError(unknown_root(traversal, self.source, here.node, here.common.types))

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
