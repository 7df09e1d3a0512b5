"""Values of names: variables, locals, resources. Lazy, remembered, and a cycle is told with each of its places.

A resource's value comes from `settle`: the planner settles what it plans, the executor what it has made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kfinfra.config.module import Module
from kfinfra.diag import DiagnosticError, SourceText, did_you_mean, error
from kfinfra.hcl.evaluate import evaluate
from kfinfra.hcl.functions.function import Function
from kfinfra.hcl.nodes import Attr, Expr, Step, Traversal
from kfinfra.model.address import Key
from kfinfra.model.data import PREFIX
from kfinfra.model.plain import UNKNOWN
from kfinfra.model.resource import Resource
from kfinfra.values.codec import from_data
from kfinfra.values.data import SENSITIVE, Marked, ObjectValue, ResourceValue, TupleValue, Unknown, Value


@dataclass
class Evaluation:
    """A module's names and what they stand for."""

    module: Module
    variables: Mapping[str, Value]
    functions: Mapping[str, Function]
    types: frozenset[str]
    root: str = "."
    workspace: str = "default"
    _locals: dict[str, Value] = field(default_factory=dict)
    _running: list[tuple[str, str]] = field(default_factory=list)
    _resources: dict[tuple[str, str], dict[Key, ResourceValue]] = field(default_factory=dict)
    _repeated: dict[tuple[str, str], str] = field(default_factory=dict)

    def settle(self, resource: Resource) -> None:
        """Makes `resource` what references to its address give from now on."""
        address = resource.address
        items: dict[str, Value] = {}
        for name, data in resource.attributes.items():
            value = from_data(data, UNKNOWN)
            hidden = any(path[:1] == (name,) for path in resource.sensitive)
            items[name] = Marked(value, frozenset({SENSITIVE})) if hidden else value
        self._resources.setdefault(address.block, {})[address.key] = ResourceValue(items, address.type, str(address))

    def repeat(self, block: tuple[str, str], how: str) -> None:
        """Says how a block repeats: `count`, `for_each` or `` (once). Its instances are settled one by one."""
        self._repeated[block] = how
        self._resources.setdefault(block, {})

    def evaluate(self, expr: Expr, source: SourceText, extra: Mapping[str, Value] | None = None) -> Value:
        """The value of `expr`; `extra` are further root names (`each`, `count`, `self`)."""
        return evaluate(expr, self.scope(source, extra), source)

    def scope(self, source: SourceText, extra: Mapping[str, Value] | None = None) -> NameScope:
        """The names that expressions of `source` see."""
        return NameScope(self, source, extra or {})

    def local(self, name: str, at: Callable[[], DiagnosticError]) -> Value:
        """A local's value."""
        if name in self._locals:
            return self._locals[name]
        local = self.module.locals.get(name)
        if local is None:
            raise at()
        span = local.source.span(local.attribute.start, local.attribute.name_end)
        if ("local", name) in self._running:
            edges = [*self._running[self._running.index(("local", name)) :], ("local", name)]
            raise DiagnosticError(
                error("Cycle", "These refer to each other: " + " → ".join(f"local.{n}" for _, n in edges) + ".", span)
            )
        self._running.append(("local", name))
        try:
            value = self.evaluate(local.attribute.expr, local.source)
        finally:
            self._running.pop()
        self._locals[name] = value
        return value

    def forget_locals(self) -> None:
        """Drops what locals were found to be: needed after a resource's value has become known."""
        self._locals.clear()

    def resource(self, kind: str, name: str) -> Value:
        """The value of `kind.name`: one object, a tuple of instances (count), or an object of them (for_each)."""
        instances = self._resources.get((kind, name), {})
        match self._repeated.get((kind, name), ""):
            case "count":
                return TupleValue(tuple(instances[k] for k in sorted(instances, key=lambda k: int(k or 0))))
            case "for_each":
                return ObjectValue({str(k): v for k, v in instances.items()})
            case _:
                return instances.get(None, Unknown())


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
        here = self.evaluation

        def missing(what: str, known: object, hint: str = "") -> DiagnosticError:
            names = list(known) if isinstance(known, Mapping | set | frozenset | list) else []
            place = 1 if root == "data" and len(steps) > 1 else 0
            asked = step.name if len(steps) > place and isinstance(step := steps[place], Attr) else root
            span = self.source.span(traversal.start, traversal.end)
            return DiagnosticError(
                error(f"Reference to undeclared {what}", f"{_named(what, asked)}{did_you_mean(asked, names)}", span, hint=hint)
            )

        if root in self.extra:
            return self.extra[root], 0
        first = steps[0].name if steps and isinstance(steps[0], Attr) else None
        match root:
            case "var":
                if first is None or first not in here.variables:
                    raise missing("input variable", here.variables, f'declare it: variable "{first}" {{ … }}')
                return here.variables[first], 1
            case "local":
                if first is None:
                    raise missing("local value", here.module.locals)
                return here.local(first, lambda: missing("local value", here.module.locals)), 1
            case "path":
                paths: Mapping[str, Value] = {"module": here.root, "root": here.root, "cwd": here.root}
                if first is None or first not in paths:
                    raise missing("path attribute", paths)
                return paths[first], 1
            case "kfinfra" if first == "workspace":
                return here.workspace, 1
            case "data":
                second = steps[1].name if len(steps) > 1 and isinstance(steps[1], Attr) else None
                if first is None or second is None or (PREFIX + first, second) not in here.module.resources:
                    known = [name for kind, name in here.module.resources if kind == f"{PREFIX}{first}"]
                    raise missing("data source", known, f'declare it: data "{first}" "{second}" {{ … }}')
                return here.resource(PREFIX + first, second), 2
            case _ if root in here.types:
                if first is None or (root, first) not in here.module.resources:
                    known = [name for kind, name in here.module.resources if kind == root]
                    raise missing("resource", known, f'declare it: {root} "{first}" {{ … }}')
                return here.resource(root, first), 1
            case "each" | "count" | "self":
                raise missing(f'"{root}"', [], f'"{root}" has a value only where its block repeats (for_each or count)')
            case _:
                kinds = [kind for kind in here.types if not kind.startswith(PREFIX)]
                known = ["var", "local", "path", "data", *kinds]
                raise missing("name", known, "names begin with var., local., or a resource type")


def _named(what: str, name: str) -> str:
    return f'There is no {what} named "{name}".'
