"""A module's blocks, decoded but not evaluated: what is declared, once each, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from kfinfra.config.datablocks import check_data
from kfinfra.config.files import ParsedFile
from kfinfra.config.teaching import resource_block, unknown_block
from kfinfra.diag import Diagnostic, SourceText, Span, article, did_you_mean, error
from kfinfra.hcl.nodes import Attribute, Block, Expr, Quoted
from kfinfra.model.data import PREFIX
from kfinfra.model.schema import ProviderType, ResourceType


class Declared:
    """A block with the text it stands in. Nothing changes it; its attributes are asked for by name again and again."""

    __slots__ = ("_named", "block", "source")

    def __init__(self, block: Block, source: SourceText) -> None:
        self.block, self.source = block, source
        self._named: dict[str, Attribute] | None = None

    @property
    def span(self) -> Span:
        """The block's header."""
        return self.source.span(self.block.start, self.block.header_end)

    def attribute(self, name: str) -> Attribute | None:
        """The block's attribute `name`, if it has one."""
        named = self._named
        return (self.named if named is None else named).get(name)

    @property
    def named(self) -> Mapping[str, Attribute]:
        """The block's attributes by name."""
        if self._named is None:
            self._named = {attribute.name: attribute for attribute in self.block.body.attributes}
        return self._named

    def name_span(self, attribute: Attribute) -> Span:
        """Where an attribute's name stands."""
        return self.source.span(attribute.start, attribute.name_end)

    def expr_span(self, expr: Expr) -> Span:
        """Where an expression stands."""
        return self.source.span(expr.start, expr.end)

    def labels(self) -> tuple[str, ...]:
        """The block's labels."""
        return tuple(label.value for label in self.block.labels)

    def inner(self, block: Block) -> Declared:
        """A block inside this one."""
        return Declared(block, self.source)


@dataclass(frozen=True, slots=True)
class Local:
    """One entry of a `locals` block."""

    attribute: Attribute
    source: SourceText


@dataclass(frozen=True, slots=True)
class Scoped:
    """The data source of a check block, which its assertions alone know."""

    check: Declared
    data: Declared

    def is_seen(self, source: SourceText, offset: int) -> bool:
        """Whether what stands at `offset` in `source` may refer to it."""
        check, data = self.check.block, self.data.block
        return source is self.check.source and check.start <= offset < check.end and not data.start <= offset < data.end


@dataclass
class Module:
    """What a module declares, by name.

    Resources are keyed by (type, name), data sources by (data.type, name), providers by `type` or `type.alias`. `scoped` are
    the data sources of check blocks.
    """

    variables: dict[str, Declared] = field(default_factory=dict)
    locals: dict[str, Local] = field(default_factory=dict)
    outputs: dict[str, Declared] = field(default_factory=dict)
    providers: dict[str, Declared] = field(default_factory=dict)
    resources: dict[tuple[str, str], Declared] = field(default_factory=dict)
    settings: list[Declared] = field(default_factory=list)
    moved: list[Declared] = field(default_factory=list)
    removed: list[Declared] = field(default_factory=list)
    imports: list[Declared] = field(default_factory=list)
    calls: dict[str, Declared] = field(default_factory=dict)
    checks: dict[str, Declared] = field(default_factory=dict)
    scoped: dict[tuple[str, str], Scoped] = field(default_factory=dict)

    def block(self, key: tuple[str, str]) -> Declared | None:
        """The resource or data source of that key, of a check's too."""
        scoped = self.scoped.get(key)
        return self.resources.get(key) or (scoped.data if scoped is not None else None)


KNOWN = ("check", "data", "import", "kfinfra", "locals", "module", "moved", "output", "provider", "removed", "variable")


def decode_module(
    files: Iterable[ParsedFile], types: Mapping[str, ResourceType], providers: Mapping[str, ProviderType]
) -> tuple[Module, list[Diagnostic]]:
    """What `files` declare together, and every block that is wrong."""
    module = Module()
    errors: list[Diagnostic] = []
    for file in files:
        for attribute in file.body.attributes:
            errors.append(_stray(attribute, file))
        for block in file.body.blocks:
            errors.extend(_add(module, Declared(block, file.source), types, providers))
    return module, errors


def _stray(attribute: Attribute, file: ParsedFile) -> Diagnostic:
    return error(
        "Unsupported argument",
        f'An argument named "{attribute.name}" is not expected at the top level of a file.',
        file.source.span(attribute.start, attribute.name_end),
        hint=f"put it into a `locals` block to refer to it as local.{attribute.name}",
    )


def _add(
    module: Module, declared: Declared, types: Mapping[str, ResourceType], providers: Mapping[str, ProviderType]
) -> Iterable[Diagnostic]:
    kind = declared.block.type
    if kind in types:  # most blocks are these
        return _resource(module, declared)
    return _other(module, declared, kind, declared.labels(), types, providers)


def _other(
    module: Module,
    declared: Declared,
    kind: str,
    labels: tuple[str, ...],
    types: Mapping[str, ResourceType],
    providers: Mapping[str, ProviderType],
) -> Iterable[Diagnostic]:
    match kind:
        case "kfinfra":
            yield from _labelled(declared, ())
            module.settings.append(declared)
        case "locals":
            yield from _labelled(declared, ())
            yield from _locals(module, declared)
        case "variable":
            yield from _named(declared, ("NAME",), lambda: module.variables, labels[:1])
        case "output":
            yield from _named(declared, ("NAME",), lambda: module.outputs, labels[:1])
        case "module":
            yield from _named(declared, ("NAME",), lambda: module.calls, labels[:1])
        case "provider":
            yield from _provider(module, declared, providers)
        case "moved" | "removed" | "import":
            yield from _labelled(declared, ())
            {"moved": module.moved, "removed": module.removed, "import": module.imports}[kind].append(declared)
        case "data":
            yield from _data(module, declared, types)
        case "check":
            yield from _check(module, declared, types)
        case "resource":
            yield resource_block(labels, declared.span, types)
        case _:
            known = [*(t for t in types if "." not in t), *KNOWN]
            yield unknown_block(kind, labels, declared.span, types, known)


def _labelled(declared: Declared, wanted: tuple[str, ...]) -> Iterable[Diagnostic]:
    kind, labels = declared.block.type, declared.labels()
    if len(labels) != len(wanted):
        shape = " ".join((kind, *(f'"{w}"' for w in wanted)))
        yield error(
            "Wrong number of labels",
            f'{article(kind)} "{kind}" block has {_labels(len(wanted))}, this one has {len(labels) or "none"}.',
            declared.span,
            hint=f"write: {shape} {{ … }}",
        )
    for label in declared.block.labels:
        if not _is_name(label.value):
            yield error(
                "Invalid name",
                f'"{label.value}" is not a name: letters, digits, _ and -, not beginning with a digit.',
                declared.source.span(label.start, label.end),
            )


def _is_name(text: str) -> bool:
    return text.isidentifier() or text.replace("-", "_").isidentifier()


def _labels(count: int) -> str:
    return {0: "no label", 1: "one label"}.get(count, f"{count} labels")


def _named(
    declared: Declared, wanted: tuple[str, ...], table: Callable[[], dict[str, Declared]], labels: tuple[str, ...]
) -> Iterable[Diagnostic]:
    problems = list(_labelled(declared, wanted))
    yield from problems
    if not problems:
        yield from _once(table(), labels[0], declared)


def _once(table: dict[str, Declared], name: str, declared: Declared) -> Iterable[Diagnostic]:
    if name in table:
        yield _twice(f'{declared.block.type} "{name}"', declared.span, table[name].span)
    table.setdefault(name, declared)


def _twice(what: str, here: Span, first: Span) -> Diagnostic:
    return error("Duplicate declaration", f"{what} was already declared at {first}.", here, hint="rename or remove one of them")


def _locals(module: Module, declared: Declared) -> Iterable[Diagnostic]:
    for attribute in declared.block.body.attributes:
        earlier = module.locals.get(attribute.name)
        if earlier:
            first = earlier.source.span(earlier.attribute.start, earlier.attribute.name_end)
            yield _twice(f"local.{attribute.name}", declared.name_span(attribute), first)
        module.locals.setdefault(attribute.name, Local(attribute, declared.source))
    for block in declared.block.body.blocks:
        yield error("Unsupported block type", "A `locals` block holds attributes only.", declared.inner(block).span)


def _provider(module: Module, declared: Declared, providers: Mapping[str, ProviderType]) -> Iterable[Diagnostic]:
    problems = list(_labelled(declared, ("TYPE",)))
    yield from problems
    if problems:
        return
    name = declared.labels()[0]
    if name not in providers:
        detail = f'There is no provider "{name}".{did_you_mean(name, providers)}'
        yield error("Unknown provider", detail, declared.span, hint="the providers are " + ", ".join(sorted(providers)))
        return
    alias = declared.attribute("alias")
    key = name
    if alias is not None:
        match alias.expr:
            case Quoted(value=text) if text.replace("-", "_").isidentifier():
                key = f"{name}.{text}"
            case _:
                detail = "An alias is a name that is written out: letters, digits, _ and -, in quotes."
                yield error("Invalid provider configuration alias", detail, declared.expr_span(alias.expr))
                return
    if key in module.providers:
        hint = "" if alias is not None else 'a second one needs an alias: alias = "NAME"'
        detail = f"The provider {key} was already declared at {module.providers[key].span}."
        yield error("Duplicate provider configuration", detail, declared.span, hint=hint or "give it an alias of its own")
    module.providers.setdefault(key, declared)


def _resource(module: Module, declared: Declared) -> Iterable[Diagnostic]:
    labels = declared.block.labels
    if len(labels) != 1 or not _is_name(labels[0].value):
        yield from _labelled(declared, ("NAME",))
        return
    key = (declared.block.type, labels[0].value)
    if key in module.resources:
        yield _twice(f"{key[0]}.{key[1]}", declared.span, module.resources[key].span)
    module.resources.setdefault(key, declared)


def _check(module: Module, declared: Declared, types: Mapping[str, ResourceType]) -> Iterable[Diagnostic]:
    problems = list(_named(declared, ("NAME",), lambda: module.checks, declared.labels()[:1]))
    yield from problems
    if problems:
        return
    for inner in declared.block.body.blocks:
        if inner.type == "data":
            yield from _data(module, declared.inner(inner), types, declared)


def _data(
    module: Module, declared: Declared, types: Mapping[str, ResourceType], check: Declared | None = None
) -> Iterable[Diagnostic]:
    """A data source; `check` is the block that it stands in, where that is one. Names are unique over both kinds."""
    problems = list(_labelled(declared, ("TYPE", "NAME"))) or list(check_data(declared, types))
    yield from problems
    if problems:
        return
    kind, name = declared.labels()
    key = (PREFIX + kind, name)
    earlier = module.block(key)
    if earlier is not None:
        yield _twice(f"data.{kind}.{name}", declared.span, earlier.span)
    elif check is not None:
        module.scoped[key] = Scoped(check, declared)
    else:
        module.resources[key] = declared
