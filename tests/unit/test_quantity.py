"""Kubernetes quantities: exact, strict, and equal where the server finds them equal."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfinfra.model.quantity import canonical, parse, same

SUFFIXES = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-2"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", Fraction(1)),
        ("500m", Fraction(1, 2)),
        ("1.5Gi", Fraction(3 * 2**29)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("1E", Fraction(10**18)),
        ("1E3", Fraction(1000)),
        ("2e-3", Fraction(1, 500)),
        ("+3k", Fraction(3000)),
        ("-1n", Fraction(-1, 10**9)),
    ],
)
def test_a_quantity_is_an_exact_number(text: str, value: Fraction) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 Gi", "1_000", "1K", "1ki", "1GB", "1GiB", "Gi", ".", "1e", "--1", "1m5", "0x1", "١", "1\n", "1e99", "NaN"],
)
def test_what_the_server_refuses_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"quantity|exponent"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("1000m", "1"),
        ("1024Mi", "1Gi"),
        ("0.5Gi", "512Mi"),
        ("1500m", "1500m"),
        ("1e3", "1k"),
        ("0Gi", "0"),
        ("0.1Ki", "102400m"),
        ("0.0000000001", "1n"),
        ("100Ki", "100Ki"),
    ],
)
def test_the_canonical_form_is_the_servers(text: str, short: str) -> None:
    assert canonical(text) == short


def test_the_same_amount_may_be_spelled_differently() -> None:
    assert same("1000m", "1")
    assert same("1Gi", "1024Mi")
    assert not same("1G", "1Gi")
    assert not same("nonsense", "1")
    assert same("nonsense", "nonsense")


@given(st.integers(0, 10**6), st.sampled_from(SUFFIXES))
def test_the_canonical_form_is_the_same_amount_and_its_own_canonical_form(number: int, suffix: str) -> None:
    text = f"{number}{suffix}"
    assert same(canonical(text), text)
    assert canonical(canonical(text)) == canonical(text)
