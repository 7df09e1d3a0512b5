"""Reaching into values: `.name`, `[key]`, and the elements that `for` and splats go over."""

from __future__ import annotations

from collections.abc import Iterable

from kfinfra.diag import did_you_mean
from kfinfra.values.convert import ConversionError, convert, type_of
from kfinfra.values.data import ListValue, MapValue, Marked, Null, ObjectValue, SetValue, TupleValue, Unknown, Value
from kfinfra.values.marks import SECRET, mark, unmark
from kfinfra.values.nulls import is_null
from kfinfra.values.types import ANY, NUMBER, STRING, ListType, MapType, ObjectType, SetType, TupleType, Type, type_name

_NO_KEYS = (
    "Elements of a set are identified only by their value and don't have any separate index or key to select "
    "with, so it's only possible to perform operations across all elements of the set."
)
NO_ELEMENT = "The given key does not identify an element in this collection value"


class AccessError(Exception):
    """What cannot be reached: a summary and a detail, for the evaluator to place."""

    def __init__(self, summary: str, detail: str, wanted: str = "", known: Iterable[str] = ()) -> None:
        self.summary, self.detail, self.wanted, self.known = summary, detail, wanted, known
        super().__init__(f"{summary}: {detail}")

    @property
    def told(self) -> str:
        """The detail, with the name that may have been meant (looking for it costs: not where the error is swallowed)."""
        return self.detail + (did_you_mean(self.wanted, self.known) if self.wanted else "")


def _hidden(bad: AccessError, marks: frozenset[str]) -> AccessError:
    """The error without the names that a sensitive or ephemeral value has."""
    return AccessError(bad.summary, bad.detail) if marks & SECRET else bad


def friendly(value: Value) -> str:
    """The kind of a value in a word, as Terraform's messages name it."""
    match type_of(value):
        case ObjectType():
            return "object"
        case TupleType():
            return "tuple"
        case ListType(element):
            return f"list of {type_name(element)}"
        case MapType(element):
            return f"map of {type_name(element)}"
        case kind:
            return "null" if value is None else type_name(kind)


def attribute(value: Value, name: str) -> Value:
    """`value.name`. Raises AccessError."""
    match value:
        case Marked(inner, marks):
            try:
                return mark(attribute(inner, name), marks)
            except AccessError as bad:
                raise _hidden(bad, marks) from bad
        case ObjectValue(fields):
            if name in fields:
                return fields[name]
            raise AccessError("Unsupported attribute", f'This object does not have an attribute named "{name}".', name, fields)
        case MapValue(_, fields):
            if name in fields:
                return fields[name]
            raise AccessError("Missing map element", f'This map does not have an element with the key "{name}".', name, fields)
        case Unknown(kind):
            return Unknown(_attribute_type(kind, name))
        case None | Null():
            raise AccessError(
                "Attempt to get attribute from null value", "This value is null, so it does not have any attributes."
            )
        case TupleValue() | ListValue() | SetValue():
            raise AccessError(
                "Unsupported attribute",
                f'Can\'t access attributes on a {friendly(value)}. Did you mean to access attribute "{name}" for a '
                f"specific element, or across all elements ([*].{name})?",
            )
        case _:
            detail = f"Can't access attributes on a primitive-typed value ({friendly(value)})."
            raise AccessError("Unsupported attribute", detail)


def _attribute_type(kind: Type, name: str) -> Type:
    match kind:
        case ObjectType(attributes):
            if name in attributes:
                return attributes[name]
            detail = f'This object does not have an attribute named "{name}".'
            raise AccessError("Unsupported attribute", detail, name, attributes)
        case MapType(element):
            return element
        case kind if kind == ANY:
            return ANY
        case _:
            raise AccessError("Unsupported attribute", f"Can't access attributes on a {type_name(kind)}.")


def index(value: Value, key: Value) -> Value:
    """`value[key]`. Raises AccessError."""
    if type(key) is str and (type(value) is ObjectValue or type(value) is MapValue) and key in value.items:
        return value.items[key]
    if type(key) is int and (type(value) is TupleValue or type(value) is ListValue) and 0 <= key < len(value.items):
        return value.items[key]
    (value, first), (key, second) = unmark(value), unmark(key)
    if first or second:
        try:
            return mark(index(value, key), first | second)
        except AccessError as bad:
            raise _hidden(bad, first | second) from bad
    if is_null(value):
        raise AccessError("Attempt to index null value", "This value is null, so it does not have any indices.")
    if is_null(key):
        raise AccessError("Invalid index", "Can't use a null value as an indexing key.")
    if isinstance(value, Unknown) or isinstance(key, Unknown):
        return _unknown_element(value, key)
    match value:
        case TupleValue(items) | ListValue(_, items):
            return items[_position(key, len(items))]
        case ObjectValue(fields) | MapValue(_, fields):
            name = _key(key, STRING)
            if isinstance(name, str) and name in fields:
                return fields[name]
            raise AccessError("Invalid index", f"{NO_ELEMENT}.", str(name), fields)
        case SetValue():
            raise AccessError("Invalid index", _NO_KEYS)
        case _:
            raise AccessError("Invalid index", "This value does not have any indices.")


def _unknown_element(value: Value, key: Value) -> Value:
    """An element that cannot be known yet, because the collection or the key is not. Raises AccessError."""
    kind = type_of(value)
    if kind is ANY or type_of(key) is ANY:
        return Unknown()
    match kind:
        case ListType(element):
            _key(key, NUMBER)
            return Unknown(element)
        case TupleType(elements):
            at = _key(key, NUMBER)
            return Unknown() if isinstance(at, Unknown) else Unknown(elements[_position(at, len(elements))])
        case MapType(element):
            _key(key, STRING)
            return Unknown(element)
        case ObjectType():
            _key(key, STRING)
            return Unknown()
        case SetType():
            raise AccessError("Invalid index", _NO_KEYS)
        case _:
            raise AccessError("Invalid index", "This value does not have any indices.")


def _key(key: Value, to: Type) -> Value:
    try:
        return convert(key, to)
    except ConversionError as bad:
        raise AccessError("Invalid index", f"The given key is not suitable: {bad.message}.") from bad


def _position(key: Value, length: int) -> int:
    at = _key(key, NUMBER)
    if not isinstance(at, int):
        raise AccessError("Invalid index", f"{NO_ELEMENT}: indexes must be whole numbers.")
    if at < 0:
        detail = "a negative number is not a valid index for a sequence"
    elif not length:
        detail = "the collection has no elements"
    else:
        detail = "the given index is greater than or equal to the length of the collection"
    if 0 <= at < length:
        return at
    raise AccessError("Invalid index", f"{NO_ELEMENT}: {detail}.")


def elements(value: Value) -> list[tuple[Value, Value]] | None:
    """Keys and values that `for` goes over, maps by sorted key; None for what cannot be iterated (or is unknown)."""
    match value:
        case TupleValue(items) | ListValue(_, items):
            return list(enumerate(items))
        case SetValue(_, items):
            return [(v, v) for v in items]
        case ObjectValue(fields) | MapValue(_, fields):
            return [(k, fields[k]) for k in sorted(fields)]
        case _:
            return None
