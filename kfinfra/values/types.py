"""The types of values: primitives, collections of one element type, structures, and `any`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import is_
from types import MappingProxyType
from typing import TypeAlias


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """`string`, `number`, `bool`, or `any` (not known yet, or whatever comes). There are these four, and no others like them."""

    name: str


STRING, NUMBER, BOOL, ANY = Primitive("string"), Primitive("number"), Primitive("bool"), Primitive("any")


@dataclass(frozen=True, slots=True)
class ListType:
    """A list whose elements all have one type."""

    element: Type


@dataclass(frozen=True, slots=True)
class SetType:
    """A set: no order, no duplicates, one element type."""

    element: Type


@dataclass(frozen=True, slots=True)
class MapType:
    """A map from strings to one element type."""

    element: Type


@dataclass(frozen=True, slots=True)
class TupleType:
    """A sequence with a type for each position."""

    elements: tuple[Type, ...]


@dataclass(frozen=True, slots=True, eq=True)
class ObjectType:
    """Named attributes, each with its own type; `optional` ones may be missing in what is converted to it.

    Defaults of `optional(T, default)` live beside the type in a variable's constraint, not in it.
    """

    attributes: Mapping[str, Type] = field(default_factory=lambda: MappingProxyType({}))
    optional: frozenset[str] = frozenset()

    def __hash__(self) -> int:
        return hash((tuple(sorted(self.attributes)), self.optional))


Type: TypeAlias = Primitive | ListType | SetType | MapType | TupleType | ObjectType


def loose(kind: Type) -> bool:
    """Whether some part of a type is `any`."""
    match kind:
        case Primitive():
            return kind is ANY
        case ListType(element) | SetType(element) | MapType(element):
            return loose(element)
        case TupleType(elements):
            return any(map(loose, elements))
        case ObjectType(attributes):
            return any(map(loose, attributes.values()))


def settled(kind: Type) -> Type:
    """The type without its optional attributes' being optional: that of a value, which has them all."""
    match kind:
        case Primitive():
            return kind
        case ListType(element) | SetType(element) | MapType(element):
            inner = settled(element)
            return kind if inner is element else type(kind)(inner)
        case TupleType(elements):
            parts = tuple(map(settled, elements))
            return kind if all(map(is_, parts, elements)) else TupleType(parts)
        case ObjectType(attributes, optional):
            fields = {name: settled(t) for name, t in attributes.items()}
            return ObjectType(fields) if optional or any(fields[n] is not t for n, t in attributes.items()) else kind


def type_name(kind: Type) -> str:
    """A type as a user writes it: `list(string)`, `object({a = number})`."""
    match kind:
        case Primitive(name):
            return name
        case ListType(element):
            return f"list({type_name(element)})"
        case SetType(element):
            return f"set({type_name(element)})"
        case MapType(element):
            return f"map({type_name(element)})"
        case TupleType(elements):
            return f"tuple([{', '.join(map(type_name, elements))}])"
        case ObjectType(attributes, optional):
            inside = (
                f"{name} = " + (f"optional({type_name(t)})" if name in optional else type_name(t))
                for name, t in sorted(attributes.items())
            )
            return f"object({{{', '.join(inside)}}})"
