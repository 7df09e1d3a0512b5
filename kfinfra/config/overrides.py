"""Override files: `override.hcl` and `*_override.hcl` change what the other files declare, and declare nothing themselves.

The rules are Terraform's (developer.hashicorp.com/terraform/language/files/override): an argument replaces the argument of its
name, blocks of a type replace all blocks of that type, `lifecycle` is merged argument by argument, each local by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from kfinfra.config.files import ParsedFile
from kfinfra.config.module import Declared, Module, decode_module
from kfinfra.diag import Diagnostic, SourceText, Span, article, did_you_mean, error
from kfinfra.hcl.nodes import Block, Body, Node
from kfinfra.model.schema import ProviderType, ResourceType

_ELSEWHERE = "move it to a file that overrides nothing"
_OFFSETS = frozenset(("start", "end", "name_end", "header_end"))


def is_override(name: str) -> bool:
    """Whether the file is one that overrides."""
    base = name.rpartition("/")[2]
    return base in ("override.hcl", "override.hcl.json") or base.endswith(("_override.hcl", "_override.hcl.json"))


def decode_files(
    files: Iterable[ParsedFile], types: Mapping[str, ResourceType], providers: Mapping[str, ProviderType]
) -> tuple[Module, list[Diagnostic]]:
    """The module that all its files declare, those that override after the others; and every block that is wrong."""
    every = tuple(files)
    module, errors = decode_module([f for f in every if not is_override(f.source.filename)], types, providers)
    for file in every:
        if is_override(file.source.filename):
            over, found = decode_module([file], types, providers)
            errors += [*found, *override(module, over)]
    return module, errors


def override(module: Module, over: Module) -> Iterable[Diagnostic]:
    """Merges what one override file declares into `module`; what cannot be merged is told."""
    for declared in over.outputs.values():
        yield from _kept(declared)
    tables = (
        ("variable", module.variables, over.variables),
        ("output", module.outputs, over.outputs),
        ("provider", module.providers, over.providers),
        ("module", module.calls, over.calls),
    )
    for kind, base, fresh in tables:
        for name, declared in fresh.items():
            yield from _into(base, name, declared, f'{kind} "{name}"')
    for key, declared in over.resources.items():
        yield from _into(module.resources, key, declared, ".".join(key))
    for name, local in over.locals.items():
        if name in module.locals:
            module.locals[name] = local
        else:
            span = local.source.span(local.attribute.start, local.attribute.name_end)
            yield _missing(f"local.{name}", span, did_you_mean(name, module.locals))
    for declared in over.settings:
        if module.settings:
            module.settings[0] = merged(module.settings[0], declared)
        else:
            module.settings.append(declared)
    for declared in (*over.moved, *over.removed, *over.imports):
        kind = declared.block.type
        detail = f'{article(kind)} "{kind}" block has no name by which it could be overridden.'
        yield error(f"Cannot override '{kind}' blocks", detail, declared.span, hint=_ELSEWHERE)
    for declared in over.checks.values():
        detail = "An override file cannot change what is checked."
        yield error("Cannot override 'check' blocks", detail, declared.span, hint=_ELSEWHERE)


def _kept(output: Declared) -> Iterable[Diagnostic]:
    """What an override file must not change of an output: several preconditions have no names to tell them apart."""
    for inner in (b for b in output.block.body.blocks if b.type == "precondition"):
        detail = "An override file cannot change what must hold before an output's value is given."
        span = output.inner(inner).span
        yield error("Cannot override 'precondition' blocks", detail, span, hint="write it in the output's own block")


Key = TypeVar("Key", str, tuple[str, str])


def _into(base: dict[Key, Declared], key: Key, declared: Declared, what: str) -> Iterable[Diagnostic]:
    if key not in base:
        known = [k if isinstance(k, str) else ".".join(k) for k in base]
        yield _missing(what, declared.span, did_you_mean(key if isinstance(key, str) else ".".join(key), known))
        return
    awaited = declared.attribute("depends_on")
    if awaited is not None:
        detail = "An override file cannot say what something depends on: that would change its meaning, and not its settings."
        yield error("Unsupported override", detail, declared.name_span(awaited), hint="write depends_on in the block itself")
        return
    base[key] = merged(base[key], declared)


def _missing(what: str, span: Span, close: str) -> Diagnostic:
    detail = f"There is no {what} in the other files. An override file can only change what is declared there.{close}"
    return error("Missing base declaration to override", detail, span, hint="declare it in a file of another name")


def merged(base: Declared, over: Declared) -> Declared:
    """The base's block with what the other one says in the place of what it says itself."""
    source = Joined.of(base.source, over.source)
    shifted = shift(over.block, len(base.source.text))
    return Declared(msgspec.structs.replace(base.block, body=_body(base.block.body, shifted.body)), source)


def _body(base: Body, over: Body) -> Body:
    fresh = {a.name: a for a in over.attributes}
    attributes = tuple(fresh.pop(a.name, a) for a in base.attributes) + tuple(fresh.values())
    types = {_type(b) for b in over.blocks}
    kept = [b for b in base.blocks if _type(b) not in types]
    blocks = tuple(_lifecycle(base, b) if b.type == "lifecycle" else b for b in over.blocks)
    return msgspec.structs.replace(base, attributes=attributes, blocks=(*kept, *blocks))


def _type(block: Block) -> str:
    """What a block is replaced as: a `dynamic` block as those that it makes."""
    return block.labels[0].value if block.type == "dynamic" and block.labels else block.type


def _lifecycle(base: Body, over: Block) -> Block:
    earlier = next((b for b in base.blocks if b.type == "lifecycle"), None)
    return over if earlier is None else msgspec.structs.replace(earlier, body=_body(earlier.body, over.body))


AnyNode = TypeVar("AnyNode", bound=Node)


def shift(node: AnyNode, by: int) -> AnyNode:
    """The node with all its offsets moved."""
    changed: dict[str, object] = {}
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if name in _OFFSETS:
            changed[name] = value + by
        elif isinstance(value, Node):
            changed[name] = shift(value, by)
        elif isinstance(value, tuple):
            changed[name] = tuple(shift(each, by) if isinstance(each, Node) else each for each in value)
    return msgspec.structs.replace(node, **changed)


@dataclass(frozen=True, slots=True, eq=False)
class Joined(SourceText):
    """Two texts as one: what stands in the second has offsets behind the first, and is shown where it really stands."""

    parts: tuple[SourceText, ...] = field(default=(), repr=False)

    @staticmethod
    def of(first: SourceText, second: SourceText) -> Joined:
        """The two, in this order."""
        return Joined(first.filename, first.text + second.text, [], (first, second))

    def span(self, start: int, end: int) -> Span:
        """The span in the text that it stands in."""
        first, second = self.parts
        length = len(first.text)
        return first.span(start, end) if start < length else second.span(start - length, end - length)
