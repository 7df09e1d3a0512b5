"""Variables, locals, outputs, resources of all modules as nodes, and an edge wherever one refers to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from kfinfra.config.awaiting import awaited
from kfinfra.config.datablocks import block_key
from kfinfra.config.keys import BlockKey, GraphKey, ModulePath, NodeKey
from kfinfra.config.module import Declared
from kfinfra.config.names import NO_OUTPUT, ROOTS, undeclared, unknown_root
from kfinfra.config.tree import Node
from kfinfra.config.uses import Reference, choice, choices
from kfinfra.diag import Diagnostic, SourceText, Span
from kfinfra.hcl.nodes import Attr, Attribute, Block, Body, Expr, Index, Traversal
from kfinfra.hcl.references import is_tried, plain_name, references
from kfinfra.model.schema import ResourceType

Place = tuple[SourceText, int, int, Attribute | None]
"""Where a reference is written, or where the attribute's value is in which it is."""


Own = Callable[[str], bool]
"""Whether a name is one that a block's expressions see besides those of its module."""


def _own_name(declared: Declared, name: str) -> bool:
    """The same for the block of a resource or a call."""
    if name in ("count", "each"):
        return declared.attribute("count" if name == "count" else "for_each") is not None
    return any(name in _inner_names(block) for block in declared.block.body.blocks)


def _no_name(name: str) -> bool:
    return False


def _any_name(name: str) -> bool:
    """For a pipeline's own tasks, whose reader tells."""
    return True


def _inner_names(block: Block) -> Iterator[str]:
    """What dynamic blocks call their elements, and `self` of postconditions."""
    if block.type == "postcondition":
        yield "self"
    if block.type == "dynamic" and block.labels:
        yield block.labels[0].value
        yield from (a.expr.root for a in block.body.attributes if a.name == "iterator" and isinstance(a.expr, Traversal))
    for inner in block.body.blocks:
        yield from _inner_names(inner)


class Graph:
    """The nodes and their edges, each with the place of its first reference."""

    def __init__(self, root: Node, types: Mapping[str, ResourceType]) -> None:
        self._root, self._types = root, types
        self.edges: dict[GraphKey, dict[GraphKey, Place]] = {}
        self.references: dict[BlockKey, list[Reference]] = {}
        self.problems: list[Diagnostic] = []
        self.named: set[GraphKey] = set()
        """What is referred to where no edge comes of it."""
        self._plains: dict[ModulePath, dict[str, NodeKey]] = {}

    def add(self, node: Node) -> None:
        """Everything that a module declares."""
        module, path, plain = node.module, node.path, self._plain(node)
        for name, declared in module.variables.items():
            self._variable(node, plain[f"var.{name}"], declared)
        for name, local in module.locals.items():
            self._attributes(plain[f"local.{name}"], [local.attribute], local.source, node, _no_name)
        for name, declared in module.providers.items():
            self._attributes(NodeKey(path, "provider", name), evaluated(declared.block.body), declared.source, node, _no_name)
        for (kind, name), declared in module.resources.items():
            key = BlockKey(path, kind, name)
            own = _any_name if self._types[kind].dag else partial(_own_name, declared)
            self._attributes(key, evaluated(declared.block.body), declared.source, node, own)
            self._repeats(key, node)
            if self._root.module.providers:
                self._provider(key, declared, node)
            self._whole_modules(key, declared, node)
        for name, declared in module.calls.items():
            wanted = (a for a in declared.block.body.attributes if a.name in ("count", "for_each", "depends_on"))
            called = NodeKey(path, "module", name)
            self._attributes(called, wanted, declared.source, node, _no_name)
            self._repeats(called, node)
            self._whole_modules(called, declared, node)
        for name, declared in module.checks.items():
            self._attributes(NodeKey(path, "check", name), evaluated(declared.block.body), declared.source, node, _no_name)
            self._repeats(NodeKey(path, "check", name), node)
        for name, declared in module.outputs.items():
            output = NodeKey(path, "output", name)
            self._attributes(output, _of_output(declared.block.body), declared.source, node, _no_name)
            self._repeats(output, node)
            self._whole_modules(output, declared, node)
        for declared in (*module.imports, *module.settings):
            for attribute in evaluated(declared.block.body):
                self.named.update(plain[name] for name in attribute.names if name in plain)

    def _variable(self, node: Node, key: NodeKey, declared: Declared) -> None:
        self.edges.setdefault(key, {})
        self._repeats(key, node)
        plain = self._plain(node)
        for rule in declared.block.body.blocks:
            for attribute in evaluated(rule.body):
                self._names(attribute, declared.source, node, plain)
                self.named.update(plain[name] for name in attribute.names if name in plain and plain[name] != key)
                for traversal in attribute.refers:
                    self._name(traversal, declared.source, node, _no_name)
        if node.call is not None and node.parent is not None:
            argument = node.call.attribute(key.name)
            if argument is not None:
                self._attributes(key, [argument], node.call.source, node.parent, partial(_own_name, node.call))

    def _provider(self, key: BlockKey, declared: Declared, node: Node) -> None:
        """A resource waits for what its provider is configured with."""
        chosen = declared.attribute("provider")
        written = chosen.expr if chosen is not None else None
        name = self._types[key.type].provider
        if isinstance(written, Traversal):
            name = ".".join([written.root, *(s.name for s in written.steps if isinstance(s, Attr))])
        root = NodeKey((), "provider", node.providers.get(name, name))
        if root.name in self._root.module.providers:
            self.edges[key].setdefault(root, (declared.source, declared.block.start, declared.block.header_end, None))

    def _whole_modules(self, key: GraphKey, declared: Declared, node: Node) -> None:
        """`depends_on = [module.a]` is about everything in it, and not only about its outputs."""
        attribute = declared.attribute("depends_on")
        for traversal in attribute.refers if attribute is not None else ():
            for wanted in awaited(traversal, node):
                self.edges[key].setdefault(wanted, (declared.source, traversal.start, traversal.end, None))

    def _repeats(self, key: GraphKey, node: Node) -> None:
        """What lies in a module waits for how its call repeats."""
        if node.call is not None and node.parent is not None:
            wanted = NodeKey(node.parent.path, "module", node.path[-1])
            self.edges[key].setdefault(wanted, (node.call.source, node.call.block.start, node.call.block.header_end, None))

    def _name(self, traversal: Traversal, source: SourceText, scope: Node, own: Own, expr: Expr | None = None) -> None:
        """Tells of a reference in `expr` that names nothing; `own` knows the names of the block alone."""
        problem = undeclared(traversal, source, scope, self._types)
        if problem is not None and problem.summary == NO_OUTPUT and expr is not None and is_tried(traversal, expr):
            problem = None
        root = traversal.root
        if problem is None and root not in ROOTS and root not in self._types and not own(root):
            problem = unknown_root(traversal, source, scope, self._types)
        if problem is not None:
            self.problems.append(problem)

    def _attributes(self, key: GraphKey, attributes: Iterable[Attribute], source: SourceText, scope: Node, own: Own) -> None:
        edges, plain = self.edges.setdefault(key, {}), self._plain(scope)
        made = self.references.setdefault(key, []) if isinstance(key, BlockKey) else None
        for attribute in attributes:
            if attribute.names:
                place = (source, attribute.expr.start, attribute.expr.end, attribute)
                for name in self._names(attribute, source, scope, plain):
                    edges.setdefault(plain[name], place)
            keys: dict[int, Expr] | None = None
            for traversal in attribute.refers:
                self._name(traversal, source, scope, own, attribute.expr)
                for wanted in self._wanted(traversal, scope):
                    edges.setdefault(wanted, (source, traversal.start, traversal.end, None))
                    if made is not None:
                        call = wanted.module[-1] if isinstance(wanted, NodeKey) and wanted.kind == "output" else ""
                        chosen = None
                        if call or isinstance(wanted, BlockKey):
                            keys = choices(attribute.expr) if keys is None else keys
                            chosen = choice(traversal, keys)
                        made.append(Reference(wanted, chosen, source, call))

    def _plain(self, scope: Node) -> Mapping[str, NodeKey]:
        """The module's variables and locals: names that lead to one node, and whose values no key chooses from."""
        found = self._plains.get(scope.path)
        if found is None:
            path, module = scope.path, scope.module
            found = {f"var.{name}": NodeKey(path, "var", name) for name in module.variables}
            found |= {f"local.{name}": NodeKey(path, "local", name) for name in module.locals}
            self._plains[scope.path] = found
        return found

    def _names(self, attribute: Attribute, source: SourceText, scope: Node, plain: Mapping[str, NodeKey]) -> Sequence[str]:
        """The variables and locals that an attribute refers to; tells of those that are not declared."""
        if all(map(plain.__contains__, attribute.names)):
            return attribute.names
        for traversal in references(attribute.expr):
            name = plain_name(traversal)
            if name and name not in plain:
                self._name(traversal, source, scope, _no_name)
        return [name for name in attribute.names if name in plain]

    def _wanted(self, traversal: Traversal, scope: Node) -> Iterable[GraphKey]:
        """The nodes behind a reference that is neither a variable nor a local."""
        first = traversal.steps[0] if traversal.steps else None
        if traversal.root == "module" and isinstance(first, Attr) and first.name in scope.module.calls:
            return self._module(scope, first.name, traversal)
        block = block_key(traversal)
        return (BlockKey(scope.path, *block),) if block in scope.module.resources else ()

    def _module(self, scope: Node, name: str, traversal: Traversal) -> Iterator[GraphKey]:
        yield NodeKey(scope.path, "module", name)
        child = scope.children.get(name)
        if child is None:
            return
        rest = traversal.steps[2:] if len(traversal.steps) > 1 and isinstance(traversal.steps[1], Index) else traversal.steps[1:]
        if rest and isinstance(rest[0], Attr):
            if rest[0].name in child.module.outputs:
                yield NodeKey(child.path, "output", rest[0].name)
            return
        yield from (NodeKey(child.path, "output", output) for output in child.module.outputs)


def evaluated(body: Body) -> Iterator[Attribute]:
    """The attributes that are evaluated: not the names in `ignore_changes`, and not which provider it is of."""
    for attribute in body.attributes:
        if attribute.name != "provider":
            yield attribute
    for block in body.blocks:
        if block.type == "lifecycle":
            yield from (a for a in block.body.attributes if a.name != "ignore_changes")
            yield from (a for inner in block.body.blocks for a in evaluated(inner.body))
        else:
            yield from evaluated(block.body)


def _of_output(body: Body) -> Iterator[Attribute]:
    yield from (a for a in body.attributes if a.name in ("value", "depends_on"))
    yield from (a for block in body.blocks for a in evaluated(block.body))


def span_of(place: Place, wanted: GraphKey) -> Span:
    source, start, end, attribute = place
    for traversal in references(attribute.expr) if attribute is not None else ():
        if plain_name(traversal) == f"{wanted[1]}.{wanted.name}":
            return source.span(traversal.start, traversal.end)
    return source.span(start, end)
