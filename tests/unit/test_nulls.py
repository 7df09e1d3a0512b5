"""Nulls have types among expressions and none outside; what has a type in common beside a bare one."""

from __future__ import annotations

import pytest

from kfinfra.values.codec import to_data
from kfinfra.values.convert import ConversionError, convert
from kfinfra.values.data import ListValue, MapValue, Marked, Null, ObjectValue, ResourceValue, SetValue, TupleValue, Value
from kfinfra.values.nulls import untyped
from kfinfra.values.operations import equal
from kfinfra.values.texts import beginning
from kfinfra.values.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, ObjectType, SetType, TupleType, Type
from kfinfra.values.unify import convertible, unify

TEXT = Null(STRING)
NESTED: list[tuple[Value, Value]] = [
    (TEXT, None),
    (TupleValue((1, TEXT)), TupleValue((1, None))),
    (ListValue(STRING, (TEXT,)), ListValue(STRING, (None,))),
    (SetValue(STRING, (TEXT,)), SetValue(STRING, (None,))),
    (MapValue(STRING, {"a": TEXT}), MapValue(STRING, {"a": None})),
    (ObjectValue({"a": ObjectValue({"b": TEXT})}), ObjectValue({"a": ObjectValue({"b": None})})),
    (Marked(TEXT, frozenset({"sensitive"})), Marked(None, frozenset({"sensitive"}))),
    (ResourceValue({"id": TEXT}, "disk", "disk.d"), ResourceValue({"id": None}, "disk", "disk.d")),
]


@pytest.mark.parametrize("value, plain", NESTED)
def test_nulls_lose_their_types_wherever_they_stand(value: Value, plain: Value) -> None:
    assert untyped(value) == plain
    assert to_data(value, "unknown") == to_data(plain, "unknown")


def test_what_holds_no_null_of_a_type_is_not_copied() -> None:
    value = ObjectValue({"a": TupleValue((1, None, "x")), "b": ListValue(STRING, ("y",))})
    assert untyped(value) is value


def test_a_null_converts_as_values_of_its_type_do() -> None:
    assert convert(None, STRING) == TEXT
    assert convert(Null(NUMBER), STRING) == TEXT
    assert convert(Null(ListType(NUMBER)), SetType(ANY)) == Null(SetType(NUMBER))
    with pytest.raises(ConversionError):
        convert(Null(ListType(NUMBER)), STRING)


def test_nulls_are_equal_but_not_the_values_that_hold_those_of_two_types() -> None:
    assert equal(TEXT, None) is True
    assert equal(TupleValue((TEXT,)), TupleValue((None,))) is False
    assert equal(TupleValue((TEXT,)), TupleValue((Null(STRING),))) is True


COMMON: list[tuple[list[Type], Type | None]] = [
    ([NUMBER, STRING], STRING),
    ([NUMBER, BOOL], None),
    ([ANY, NUMBER], NUMBER),
    ([ANY, NUMBER, BOOL], ANY),
    ([ANY, TupleType((NUMBER,))], ANY),
    ([ANY, ObjectType({}), TupleType(())], None),
    ([ANY, MapType(NUMBER), ObjectType({"a": NUMBER})], MapType(NUMBER)),
    ([TupleType((NUMBER,)), TupleType((NUMBER, STRING))], ListType(STRING)),
    ([TupleType((NUMBER,)), TupleType((ListType(STRING),))], None),
    ([ObjectType({"a": NUMBER}), ObjectType({"b": STRING})], MapType(STRING)),
    ([SetType(NUMBER), ListType(STRING)], ListType(STRING)),
    ([SetType(NUMBER), TupleType((STRING,))], SetType(NUMBER)),
    ([], ANY),
]


@pytest.mark.parametrize("types, common", COMMON)
def test_the_common_type(types: list[Type], common: Type | None) -> None:
    assert unify(types) == common
    assert common is None or all(convertible(kind, common) for kind in types)


@pytest.mark.parametrize("text, told", [("a", ""), ("a-", "a-"), ("ab", "a"), ("日本", "日"), ("a b", "a "), ("", "")])
def test_a_beginning_is_what_no_accent_can_change(text: str, told: str) -> None:
    assert beginning(text) == told
