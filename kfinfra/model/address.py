"""Addresses: `module.a["x"].node_group.gpu[0]`, the name a resource instance has in plans, state and on the command line."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import total_ordering
from typing import TypeAlias

Key: TypeAlias = str | int | None

_DEPOSED = re.compile(r" \(deposed object ([0-9a-f]{8})\)$")
_PART = re.compile(r'([A-Za-z_][\w-]*)(?:\[(?:(\d+)|("(?:[^"\\]|\\.)*"))\])?(?:\.|$)')


def key_text(key: Key) -> str:
    """An instance key in brackets: `[0]`, `["a"]`, or nothing."""
    return "" if key is None else f"[{json.dumps(key, ensure_ascii=False)}]"


@total_ordering
@dataclass(frozen=True, slots=True)
class Address:
    """A resource instance: the modules on the way (name and key of each), managed or data, type, name, key.

    `deposed` is not empty where this is not the instance's object but one that it had before and that is still to be
    destroyed (`create_before_destroy`): the key that tells such objects apart, eight hex digits as Terraform has it.
    """

    type: str
    name: str
    key: Key = None
    module: tuple[tuple[str, Key], ...] = ()
    data: bool = False
    deposed: str = ""

    def __str__(self) -> str:
        if self.key is None and not (self.module or self.data or self.deposed):  # most are these
            return f"{self.type}.{self.name}"
        old = f" (deposed object {self.deposed})" if self.deposed else ""
        return self.module_text + ("data." if self.data else "") + f"{self.type}.{self.name}{key_text(self.key)}{old}"

    @property
    def module_text(self) -> str:
        """The module path with its closing dot (`module.a[0].`), empty at the root."""
        return "".join(f"module.{name}{key_text(key)}." for name, key in self.module)

    @property
    def resource(self) -> Address:
        """The address without the instance key: the block itself."""
        plain = self.key is None and not self.deposed
        return self if plain else Address(self.type, self.name, None, self.module, self.data)

    @property
    def current(self) -> Address:
        """The instance, also where this is one of its deposed objects."""
        return replace(self, deposed="") if self.deposed else self

    @property
    def block(self) -> tuple[str, str]:
        """The block's key in its module: (type, name), with `data.` before a data source's type."""
        return (f"data.{self.type}" if self.data else self.type, self.name)

    @staticmethod
    def of_block(block: tuple[str, str], key: Key = None) -> Address:
        """The address of a root module's block, or of one instance of it."""
        kind = block[0].removeprefix("data.")
        return Address(kind, block[1], key, (), kind != block[0])

    def contains(self, other: Address) -> bool:
        """Whether `other` is (a deposed object of) this instance, or of an instance of the resource this address names."""
        return self == other.current or (self.key is None and self == other.resource)

    def _order(self) -> tuple[str, ...]:
        """As Terraform sorts (internal/addrs, resource.go, AbsResourceInstance.Less): a module before those inside it."""
        steps = [*self.module, (self.type, None), (self.name, self.key)]
        texts = (f"{name}\0{key:012d}" if isinstance(key, int) else f"{name}\0{key or ''}" for name, key in steps)
        return (f"{len(self.module):04d}", *texts, "data" if self.data else "", self.deposed)

    def __lt__(self, other: Address) -> bool:
        return self._order() < other._order()

    @staticmethod
    def parse(text: str) -> Address:
        """The address in `text`. Raises ValueError, with a sentence, when it is none."""
        old = _DEPOSED.search(text)
        found = _parse(text[: old.start()] if old else text)
        if not isinstance(found, Address):
            raise ValueError(f"{text!r} is not a resource address such as node_group.gpu or pvc.data[0]")
        return replace(found, deposed=old.group(1)) if old else found


@dataclass(frozen=True, slots=True)
class Target:
    """What `-target` names: a module or one instance of it with all that lies in it, a resource, or one instance of it.

    A step without a key stands for all its instances, as in Terraform (internal/addrs, target.go).
    """

    module: tuple[tuple[str, Key], ...]
    resource: Address | None = None

    def __str__(self) -> str:
        text = "".join(f"module.{name}{key_text(key)}." for name, key in self.module)
        return text.rstrip(".") if self.resource is None else str(self.resource)

    def contains(self, address: Address) -> bool:
        """Whether `address` is named, or lies in what is named."""
        here = address.module[: len(self.module)]
        if len(here) < len(self.module) or not all(
            n == m and k in (None, j) for (n, k), (m, j) in zip(self.module, here, strict=True)
        ):
            return False
        if self.resource is None:
            return True
        same = (address.type, address.name, address.data) == (self.resource.type, self.resource.name, self.resource.data)
        return same and len(address.module) == len(self.module) and self.resource.key in (None, address.key)

    @staticmethod
    def parse(text: str) -> Target:
        """The target in `text`. Raises ValueError, with a sentence, when it is none."""
        found = _parse(text)
        if isinstance(found, Address):
            return Target(found.module, found)
        if not found:
            raise ValueError(f"{text!r} is no address such as node_group.gpu, pvc.data[0] or module.train")
        return Target(found)


def _parse(text: str) -> Address | tuple[tuple[str, Key], ...]:
    """The resource address in `text`, or the module path where it is one; an empty path where it is neither."""
    parts: list[tuple[str, Key]] = []
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if not found:
            return ()
        name, number, quoted = found.groups()
        parts.append((name, int(number) if number else json.loads(quoted) if quoted else None))
        at = found.end()
    module: list[tuple[str, Key]] = []
    while len(parts) > 1 and parts[0] == ("module", None):
        module.append(parts[1])
        parts = parts[2:]
    if text.endswith("."):
        return ()
    if not parts:
        return tuple(module)
    data = len(parts) == 3 and parts[0] == ("data", None)
    if data:
        parts = parts[1:]
    if len(parts) != 2 or parts[0][1] is not None or parts[0][0] in ("data", "module"):
        return ()
    return Address(parts[0][0], parts[1][0], parts[1][1], tuple(module), data)
