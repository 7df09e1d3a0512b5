"""Unknown values are first-class, and marks travel (`reference/hcl.md`, section 2): what is said here was seen in terraform."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from kfinfra.config.files import FolderSources
from kfinfra.diag import DiagnosticError, SourceText
from kfinfra.hcl.evaluate import evaluate
from kfinfra.hcl.functions import Clock, standard_functions
from kfinfra.hcl.nodes import Step, Traversal
from kfinfra.hcl.parser import parse_expression
from kfinfra.values.data import SENSITIVE, Marked, TupleValue, Unknown, Value
from kfinfra.values.types import STRING


class Names:
    """`id` is an unknown string, `s` a sensitive one."""

    functions = standard_functions(FolderSources(Path(".")), Clock())
    known: ClassVar[dict[str, dict[str, Value]]] = {}
    values: ClassVar[dict[str, Value]] = {"id": Unknown(STRING, not_null=True), "s": Marked("a", frozenset({SENSITIVE}))}

    def lookup(self, root: str, steps: tuple[Step, ...], traversal: Traversal) -> tuple[Value, int]:
        return self.values[root], 0


def value(text: str) -> Value:
    source = SourceText("expr", text)
    return evaluate(parse_expression(source), Names(), source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("length([id, 1])", 2),
        ('startswith("x-${id}", "x-")', True),
        ("id != null", True),
        ("[for x in [1] : x]", TupleValue((1,))),
    ],
)
def test_what_is_known_of_an_unknown_is_used(text: str, expected: Value) -> None:
    assert value(text) == expected


@pytest.mark.parametrize("text", ['"x-${id}"', 'true || id == "a"', "upper(id)", 'id == "a" ? 1 : 2', "merge({a=1}, {(id)=1})"])
def test_what_depends_on_an_unknown_is_unknown(text: str) -> None:
    assert isinstance(value(text), Unknown)


@pytest.mark.parametrize("text", ['s == "a" ? 1 : 2', '"x-${s}"', "upper(s)", "jsonencode({ a = s })", '!(s == "a")'])
def test_a_mark_travels_with_what_is_made_of_its_value(text: str) -> None:
    found = value(text)
    assert isinstance(found, Marked) and found.marks == {SENSITIVE}


def test_a_mark_stays_on_its_element_and_can_be_taken_off() -> None:
    found = value("[s, 1]")
    assert isinstance(found, TupleValue) and isinstance(found.items[0], Marked) and found.items[1] == 1
    assert value("nonsensitive(s)") == "a"


def test_a_secret_is_not_in_the_words_of_an_error() -> None:
    source = 'tonumber("hunter2${s}")'
    with pytest.raises(DiagnosticError) as caught:
        value(source)
    assert "hunter2a" not in str([(d.detail, d.values) for d in caught.value.diagnostics])
