"""What depends on what, over all modules: a module is no barrier, each variable, local, output and resource is a node.

The graph is known before anything is evaluated; instances of count and for_each share a node.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from kfinfra.config.datablocks import block_key
from kfinfra.config.keys import BlockKey, GraphKey, ModulePath, NodeKey
from kfinfra.config.module import Declared
from kfinfra.config.names import NO_OUTPUT, undeclared, unknown_root
from kfinfra.config.tree import Node
from kfinfra.config.uses import Reference, Use, choice, choices, uses
from kfinfra.diag import Diagnostic, SourceText, Span, error
from kfinfra.graph import CycleError, cycles, topological
from kfinfra.hcl.nodes import Attr, Attribute, Block, Body, Expr, Index, Quoted, Traversal, TupleExpr
from kfinfra.hcl.references import is_tried, plain_name, references
from kfinfra.model.data import PREFIX
from kfinfra.model.schema import ResourceType

Place = tuple[SourceText, int, int, Attribute | None]
"""Where a reference is written, or where the attribute's value is in which it is."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Resource blocks in an order in which they can be evaluated, and what each refers to through whatever is between.

    `shared` says for each how many module steps the two have in common: `module.a[0].x` that uses `module.a[0].y` by a
    name of its own module (1) uses the one of the same instance; what goes through the root (0) uses all instances.
    """

    order: list[BlockKey]
    edges: Mapping[BlockKey, frozenset[BlockKey]]
    shared: Mapping[BlockKey, Mapping[BlockKey, int]]
    awaited: Mapping[BlockKey, frozenset[BlockKey]]
    """The blocks that data sources wait for by `depends_on`."""
    providers: Mapping[str, list[BlockKey]]
    """The blocks that a provider's configuration leads to, each after those that it refers to."""

    uses: Mapping[BlockKey, tuple[Use, ...]]
    """The instances that each block's instances use."""
    named: frozenset[GraphKey] = frozenset()
    """What anything refers to; a variable's rules are no use of it."""


def dependencies(
    root: Node, types: Mapping[str, ResourceType], found: list[Diagnostic], undeclared_: list[Diagnostic]
) -> Dependencies:
    """The graph of all modules; cycles go to `found`, references that name nothing to `undeclared_`."""
    graph = _Graph(root, types)
    for node in root.walk():
        graph.add(node)
        for declared in (*node.module.resources.values(), *(s.data for s in node.module.scoped.values())):
            found.extend(_check_depends_on(declared, node, types))
        for declared in (*node.module.outputs.values(), *node.module.calls.values()):
            found.extend(_check_depends_on(declared, node, types))
    try:
        undeclared_.extend(graph.problems)
        order = topological(graph.edges)
    except CycleError:
        found.extend(_cycle(cycle, graph.edges) for cycle in cycles(graph.edges))
        return Dependencies([], {}, {}, {}, {}, {})
    shared = _shared(order, graph.edges)
    blocks = [key for key in order if isinstance(key, BlockKey)]
    awaited = {
        BlockKey(node.path, *block): _waits(declared, node)
        for node in root.walk()
        for block, declared in node.module.resources.items()
        if block[0].startswith(PREFIX)
    }
    awaited |= {
        BlockKey(node.path, *block): _waits(scoped.data, node)
        for node in root.walk()
        for block, scoped in node.module.scoped.items()
    }
    edges = {b: frozenset(shared[b]) for b in blocks}
    keys = [NodeKey((), "provider", name) for name in root.module.providers]
    providers = {key.name: _behind(shared[key], edges, blocks) for key in keys if key in shared}
    used = {b: uses(graph.references[b], graph.edges[b], len(b.module), shared) for b in blocks}
    named = frozenset(graph.named.union(*graph.edges.values()))
    return Dependencies(blocks, edges, {b: shared[b] for b in blocks}, awaited, providers, used, named)


def _behind(
    first: Iterable[BlockKey], edges: Mapping[BlockKey, frozenset[BlockKey]], order: Iterable[BlockKey]
) -> list[BlockKey]:
    """These blocks and all that they refer to, in order."""
    todo, found = list(first), set[BlockKey]()
    while todo:
        block = todo.pop()
        if block not in found:
            found.add(block)
            todo.extend(edges[block])
    return [block for block in order if block in found]


def _cycle(cycle: list[GraphKey], edges: Mapping[GraphKey, Mapping[GraphKey, Place]]) -> Diagnostic:
    """Each edge with the place where it is written."""
    pairs = list(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    spans = [_span(edges[one][other], other) for one, other in pairs]
    words = " → ".join([f"{one} ({span})" for (one, _), span in zip(pairs, spans, strict=True)] + [str(cycle[0])])
    return error("Cycle", f"These refer to each other: {words}.", spans[0])


def _span(place: Place, wanted: GraphKey) -> Span:
    source, start, end, attribute = place
    for traversal in references(attribute.expr) if attribute is not None else ():
        if plain_name(traversal) == f"{wanted[1]}.{wanted.name}":
            return source.span(traversal.start, traversal.end)
    return source.span(start, end)


def _shared(order: Iterable[GraphKey], edges: Mapping[GraphKey, Mapping[GraphKey, Place]]) -> dict[GraphKey, dict[BlockKey, int]]:
    """The resource blocks that each node leads to, with the least depth of the modules on the way; no node that leads to none,
    but for the resource blocks themselves.
    """
    out: dict[GraphKey, dict[BlockKey, int]] = {}
    for key in order:
        depth = len(key.module)
        here: dict[BlockKey, int] = {}
        for wanted in edges[key] if not out.keys().isdisjoint(edges[key]) else ():
            if type(wanted) is BlockKey:
                here[wanted] = min(here.get(wanted, depth), _in_common(key.module, wanted.module))
            elif wanted in out:
                for block, common in out[wanted].items():
                    here[block] = min(here.get(block, depth), common, _in_common(key.module, block.module), depth)
        if here or type(key) is BlockKey:
            out[key] = here
    return out


def _in_common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many module steps two places share: what passes from one module to a sibling goes through what holds both."""
    if not one or not other:  # most is in the root module
        return 0
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


_ROOTS = frozenset(("var", "local", "module", "data", "path", "kfinfra", "all"))
"""Names that begin a reference everywhere; `all` is what a lifecycle's ignore_changes takes."""


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


class _Graph:
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
            for wanted in _awaited(traversal, node):
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
        if problem is None and root not in _ROOTS and root not in self._types and not own(root):
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


def _check_depends_on(declared: Declared, node: Node, types: Collection[str]) -> Iterator[Diagnostic]:
    attribute = declared.attribute("depends_on")
    if attribute is None:
        return
    if not isinstance(attribute.expr, TupleExpr):
        wanted = declared.source.text[attribute.expr.start : attribute.expr.end].strip('"')
        hint = f"write: depends_on = [{wanted}]"
        detail = "A list of references is required."
        yield error("Invalid depends_on argument", detail, declared.expr_span(attribute.expr), hint=hint)
        return
    for item in attribute.expr.items:
        if isinstance(item, Traversal):
            unknown = item.root not in _ROOTS and item.root not in types
            if unknown or list(_awaited(item, node)) or undeclared(item, declared.source, node, types):
                continue  # what is not declared is told as such
        detail = "A declared resource (TYPE.NAME), data source (data.TYPE.NAME) or module (module.NAME) is required."
        hint = ""
        match item:
            case Quoted(value=text):
                detail, hint = "References are written without quotes.", f"write: {text}"
            case Traversal(root="var" | "local"):
                hint = "what is waited for is an object that takes time to make: a value does not"
        yield error("Invalid depends_on reference", detail, declared.expr_span(item), hint=hint)


def _awaited(traversal: Traversal, node: Node) -> Iterator[GraphKey]:
    """What a reference in `depends_on` is about: `module.a` is everything in it, and not only its outputs."""
    step = traversal.steps[0] if traversal.steps else None
    if traversal.root == "module" and isinstance(step, Attr) and step.name in node.module.calls:
        yield NodeKey(node.path, "module", step.name)
        for inner in node.children[step.name].walk() if step.name in node.children else ():
            yield from (BlockKey(inner.path, *block) for block in inner.module.resources)
    elif (block := block_key(traversal)) in node.module.resources:
        yield BlockKey(node.path, *block)


def _waits(declared: Declared, node: Node) -> frozenset[BlockKey]:
    """The resource blocks that `depends_on` names, in the block itself and in the calls on the way to it."""
    found: set[BlockKey] = set()
    attribute = declared.attribute("depends_on")
    for traversal in attribute.refers if attribute is not None else ():
        found.update(key for key in _awaited(traversal, node) if isinstance(key, BlockKey))
    if node.call is not None and node.parent is not None:
        found |= _waits(node.call, node.parent)
    return frozenset(found)
