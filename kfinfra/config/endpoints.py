"""What `from` and `to` name: a resource, one instance of it, a module, one instance of it. Read, compared, carried over.

As in Terraform (internal/addrs, move_endpoint.go): an address without a key names everything of that name, unless the other
end has a key; then it names the one instance without a key.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kfinfra.config.module import Declared
from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, did_you_mean, error
from kfinfra.hcl.nodes import Attr, Attribute, Expr, Index, Quoted, Traversal
from kfinfra.hcl.parser import parse_expression
from kfinfra.model.address import Address, Key, key_text

Step = tuple[str, Key]
_ANY = object()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A place relative to the module that names it. `resource` None: the module at the end of `module` is meant.

    `whole`: whatever the last key is; it is kept.
    """

    module: tuple[Step, ...]
    resource: tuple[str, str] | None
    key: Key = None
    whole: bool = True

    def __str__(self) -> str:
        steps = self.module if self.resource else self.module[:-1]
        inside = "".join(f"module.{name}{key_text(key)}." for name, key in steps)
        last = ".".join(self.resource) if self.resource else f"module.{self.module[-1][0]}"
        return f"{inside}{last}{key_text(self.key)}"

    def instance(self) -> Endpoint:
        """The same, of one instance only: the one of its key."""
        return replace(self, whole=False)

    def find(self, address: Address, depth: int = 0) -> tuple[Key, tuple[Step, ...]] | None:
        """Where `address` lies in it: the key of its last step and the module steps beneath; None where it does not.

        `depth` is how many modules the one that names it is beneath the root: so many steps of `address` are not looked at.
        """
        module = address.module[depth:]
        if self.resource is not None:
            if module != self.module or (address.type, address.name) != self.resource:
                return None
            return self._kept(address.key, ())
        outer, (name, _) = self.module[:-1], self.module[-1]
        if module[: len(outer)] != outer or len(module) <= len(outer) or module[len(outer)][0] != name:
            return None
        return self._kept(module[len(outer)][1], module[len(outer) + 1 :])

    def _kept(self, key: Key, beneath: tuple[Step, ...]) -> tuple[Key, tuple[Step, ...]] | None:
        return (key, beneath) if self.whole or key == self.key else None

    def place(self, address: Address, found: tuple[Key, tuple[Step, ...]], depth: int = 0) -> Address:
        """`address`, that lay as `found` at the other end, at this one."""
        kept, beneath = found
        key, outer = kept if self.whole else self.key, address.module[:depth]
        if self.resource is not None:
            return replace(address, type=self.resource[0], name=self.resource[1], key=key, module=(*outer, *self.module))
        here = (*self.module[:-1], (self.module[-1][0], key))
        return replace(address, module=(*outer, *here, *beneath))

    def overlaps(self, within: tuple[str, ...], other: Endpoint, others: tuple[str, ...]) -> bool:
        """Whether something can lie in both: each is relative to a module, whose names on the way are given."""
        mine, theirs = self._steps(within), other._steps(others)
        return all(
            name == name_ and (_ANY in (key, key_) or key == key_)
            for (name, key), (name_, key_) in zip(mine, theirs, strict=False)
        )

    def _steps(self, within: tuple[str, ...]) -> list[tuple[tuple[str, str], Key | object]]:
        """All names on the way with their keys: one endpoint lies in another when that one's steps begin its own."""
        key = _ANY if self.whole else self.key
        steps: list[tuple[tuple[str, str], Key | object]] = [(("module", name), _ANY) for name in within]
        steps += [(("module", name), k) for name, k in self.module]
        return [*steps, (self.resource, key)] if self.resource else [*steps[:-1], (steps[-1][0], key)]


def read_endpoint(block: Declared, name: str, types: Iterable[str]) -> Endpoint:
    """The address that the attribute `name` writes. Raises DiagnosticError."""
    return endpoint_of(needed(block, name).expr, block.source, types)


def parse_endpoint(text: str, types: Iterable[str]) -> Endpoint:
    """The address in `text`, as a command takes it. Raises DiagnosticError."""
    source = SourceText("<address>", text)
    return endpoint_of(parse_expression(source), source, types)


def endpoint_of(expr: Expr, source: SourceText, types: Iterable[str]) -> Endpoint:
    """The resource, the module, or the instance of one that `expr` names. Raises DiagnosticError."""
    parts = parts_of(expr, source)
    module: list[Step] = []
    while len(parts) > 1 and parts[0] == ("module", None):
        module.append(parts[1])
        parts = parts[2:]
    if not parts and module:
        last = module[-1]
        return Endpoint((*module[:-1], (last[0], None)), None, last[1], last[1] is None)
    if len(parts) != 2 or parts[0][1] is not None or parts[0][0] in ("module", "data"):
        raise DiagnosticError(_no_address(expr, source))
    kind, (title, key) = parts[0][0], parts[1]
    if kind not in types:
        detail = f'There is no resource type "{kind}".{did_you_mean(kind, [t for t in types if "." not in t])}'
        raise DiagnosticError(error("Invalid address", detail, source.span(expr.start, expr.end)))
    return Endpoint(tuple(module), (kind, title), key, key is None)


def needed(block: Declared, name: str) -> Attribute:
    """An attribute that must be there. Raises DiagnosticError."""
    attribute = block.attribute(name)
    if attribute is None:
        detail = f'The argument "{name}" is required, but no definition was found.'
        raise DiagnosticError(error("Missing required argument", detail, block.span))
    return attribute


def parts_of(expr: Expr, source: SourceText) -> list[Step]:
    """The names of a static reference, each with the key behind it. Raises DiagnosticError."""
    if not isinstance(expr, Traversal):
        detail = (
            "A single static reference is required: names and constant keys, without quotes. No function calls, templates or "
            "other expressions can be used here."
        )
        hint = "write: TYPE.NAME or module.NAME"
        match expr:
            case Quoted(value=text):
                hint = f"write it without quotes: {text}"
        raise DiagnosticError(error("Invalid expression", detail, source.span(expr.start, expr.end), hint=hint))
    parts: list[Step] = [(expr.root, None)]
    for step in expr.steps:
        match step:
            case Attr(name=name):
                parts.append((name, None))
            case Index(key=key) if parts[-1][1] is None and (isinstance(key, str) or key >= 0):
                parts[-1] = (parts[-1][0], key)
            case _:
                raise DiagnosticError(_no_address(expr, source))
    return parts


def _no_address(expr: Expr, source: SourceText) -> Diagnostic:
    detail = "This names neither a resource (TYPE.NAME), nor an instance of one, nor a module (module.NAME)."
    return error("Invalid address", detail, source.span(expr.start, expr.end))
