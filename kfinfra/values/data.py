"""The values themselves. Primitives are Python's own: str (NFC), bool, int, Decimal (never integral, never float), None (a null
that has no type yet).

Collections are the frozen classes below. `Unknown` stands for a value that is known only after an apply, with what is
already known of it. `Marked` wraps a value with marks ("sensitive", "ephemeral"); marks may also sit inside collections.
Beware: bool is an int in Python; test for bool first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from kfinfra.values.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, ObjectType, SetType, TupleType, Type


@dataclass(frozen=True, slots=True)
class TupleValue:
    """A tuple: what `[a, b]` gives."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class ObjectValue:
    """An object: what `{a = 1}` gives. Keys keep no order (rendered sorted)."""

    items: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ResourceValue(ObjectValue):
    """An object that is a whole resource: an attribute that wants a reference to that type takes it as one."""

    resource_type: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class ListValue:
    """A list of one element type."""

    element: Type
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SetValue:
    """A set of one element type; `items` are sorted as Terraform sorts them, without duplicates."""

    element: Type
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class MapValue:
    """A map of one element type; iteration is by sorted key."""

    element: Type
    items: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Null:
    """A null that has a type: what null becomes where something of a type is wanted."""

    type: Type


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value known only after apply: its type, and what is known of it already."""

    type: Type = ANY
    not_null: bool = False
    prefix: str = ""
    min_length: int = 0
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Something that gets its value while a pipeline runs: what it is, its name, which part of it, what it is made of."""

    kind: str
    name: str = ""
    key: str = ""
    of: tuple[Placeholder, ...] = ()


@dataclass(frozen=True, slots=True)
class Deferred(Unknown):
    """A value that a pipeline's run knows: one placeholder, or text with placeholders (and what an apply will know) in it.

    It always bears the mark CHANNEL, so that what is computed from it can be told from what an apply will know.
    """

    parts: tuple[str | Placeholder | Unknown, ...] = ()


@dataclass(frozen=True, slots=True)
class Marked:
    """A value with marks; never nested directly in another Marked."""

    value: Value
    marks: frozenset[str]


SENSITIVE, EPHEMERAL, CHANNEL = "sensitive", "ephemeral", "channel"

Value: TypeAlias = (
    None | Null | bool | int | Decimal | str | TupleValue | ObjectValue | ListValue | SetValue | MapValue | Unknown | Marked
)


def type_of(value: Value) -> Type:
    """The type of a value; `any` for null and for an unknown of unknown type."""
    if type(value) is str:
        return STRING
    match value:
        case Marked(inner):
            return type_of(inner)
        case bool():
            return BOOL
        case int() | Decimal():
            return NUMBER
        case str():
            return STRING
        case TupleValue(items):
            return TupleType(tuple(map(type_of, items)))
        case ObjectValue(fields):
            return ObjectType({k: type_of(v) for k, v in fields.items()})
        case ListValue(element):
            return ListType(element)
        case SetValue(element):
            return SetType(element)
        case MapValue(element):
            return MapType(element)
        case Unknown(kind) | Null(kind):
            return kind
        case _:
            return ANY
