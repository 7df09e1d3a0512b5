"""`relevant_attributes` of a plan's JSON: which attributes of which resources what changes was worked out from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kfinfra.config.configuration import Configuration
from kfinfra.config.datablocks import block_key
from kfinfra.config.edges import evaluated
from kfinfra.config.tree import Node
from kfinfra.hcl.nodes import Attr, Expr, Index, Step, Traversal
from kfinfra.hcl.references import references
from kfinfra.model.address import Address, Key, key_text
from kfinfra.plan.change import Action, Plan
from kfinfra.views.json_values import Json

Instance = tuple[tuple[str, Key], ...]


def relevant_attributes(config: Configuration, plan: Plan) -> list[Json]:
    """The attributes that what changes refers to, through locals, variables and outputs too."""
    walk = _Walk()
    for change in plan.to_apply:
        node = config.tree.at(tuple(name for name, _ in change.address.module))
        declared = node.module.resources.get(change.address.block) if node is not None else None
        if node is not None and declared is not None:
            walk.follow((a.expr for a in evaluated(declared.block.body)), node, change.address.module)
    for output in plan.outputs:
        block = config.module.outputs.get(output.name)
        if block is not None and output.action is not Action.NOOP:
            walk.follow((a.expr for a in evaluated(block.block.body)), config.tree, ())
    return [{"resource": resource, "attribute": [*path]} for resource, path in sorted(walk.found)]


@dataclass
class _Walk:
    """What was found, and the names that were followed already."""

    found: set[tuple[str, tuple[str, ...]]] = field(default_factory=set)
    seen: set[tuple[Instance, str, str]] = field(default_factory=set)

    def follow(self, exprs: Iterable[Expr], node: Node, place: Instance) -> None:
        """All that `exprs`, written in the module instance `place`, refer to."""
        for traversal in (t for expr in exprs for t in references(expr)):
            first = traversal.steps[0].name if traversal.steps and isinstance(traversal.steps[0], Attr) else ""
            for inner, where, there in self._through(traversal, first, node, place):
                self.follow([inner], where, there)
            key = block_key(traversal)
            if key in node.module.resources:
                self._take(key, traversal.steps[key[0].count(".") + 1 :], place)

    def _take(self, block: tuple[str, str], rest: tuple[Step, ...], place: Instance) -> None:
        written = rest[0].key if rest and isinstance(rest[0], Index) else None
        path = tuple(s.name for s in rest if isinstance(s, Attr))
        if path:
            kind = block[0].removeprefix("data.")
            whole = Address(kind, block[1], None, place, kind != block[0])
            self.found.add((f"{whole}{key_text(written)}", path))

    def _through(self, traversal: Traversal, name: str, node: Node, place: Instance) -> Iterator[tuple[Expr, Node, Instance]]:
        """The expression behind a name that is no resource, where it is written, and in which instance."""
        if (place, traversal.root, name) in self.seen and traversal.root in ("local", "var"):
            return
        self.seen.add((place, traversal.root, name))
        match traversal.root:
            case "local" if name in node.module.locals:
                yield node.module.locals[name].attribute.expr, node, place
            case "var" if node.call is not None and node.parent is not None:
                argument = node.call.attribute(name)
                if argument is not None:
                    yield argument.expr, node.parent, place[:-1]
            case "module" if name in node.children:
                yield from self._outputs(traversal, name, node.children[name], place)

    def _outputs(self, traversal: Traversal, name: str, child: Node, place: Instance) -> Iterator[tuple[Expr, Node, Instance]]:
        rest = traversal.steps[1:]
        key: Key = rest[0].key if rest and isinstance(rest[0], Index) else None
        named = next((s.name for s in rest if isinstance(s, Attr)), None)
        for output, block in child.module.outputs.items():
            value = block.attribute("value")
            if value is not None and named in (None, output):
                yield value.expr, child, (*place, (name, key))
