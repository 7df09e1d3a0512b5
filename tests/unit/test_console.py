"""The console's parts that need no process: when an expression goes on, what a name may become."""

from __future__ import annotations

import pytest

from kfinfra.cli.prompt import matching
from kfinfra.hcl.format.tokens import unfinished

NAMES = ("local.a", "s3_bucket.one.name", "s3_bucket.one.tags", "s3_bucket.two", "split(", "var.x")


@pytest.mark.parametrize(
    "text", ["[", "f(1,", "{ a =", "[1, # ]", '"${', '"${f(', "<<EOT", "<<EOT\nhi", "<<E\n${[\n", '["a",', "%{ ["]
)
def test_an_open_bracket_or_heredoc_wants_more_lines(text: str) -> None:
    assert unfinished(text)


@pytest.mark.parametrize(
    "text", ["", "1", "1 +", "]", "[]", '"a', '["a', '"["', '"$${"', "# [", "<<E\nhi\nE", '"${ [1] }"', "[;"]
)
def test_what_is_closed_or_cannot_be_closed_any_more_does_not(text: str) -> None:
    assert not unfinished(text)


@pytest.mark.parametrize(
    ("before", "word", "fitting"),
    [
        ("s", "s", ["s3_bucket", "split("]),
        ("upper(s3_bucket.", "s3_bucket.", ["s3_bucket.one", "s3_bucket.two"]),
        ("[s3_bucket.one.n", "s3_bucket.one.n", ["s3_bucket.one.name"]),
        ("1 + ", "", ["local", "s3_bucket", "split(", "var"]),
        ("nope", "nope", []),
    ],
)
def test_a_word_is_completed_up_to_its_next_dot(before: str, word: str, fitting: list[str]) -> None:
    assert matching(before, NAMES) == (word, fitting)
