"""Addresses read back what they write, and order instances by number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfinfra.model.address import Address

NAMES = st.from_regex(r"[a-z_][a-z0-9_-]{0,8}", fullmatch=True).filter(lambda n: n not in ("module", "data"))
KEYS = st.none() | st.integers(0, 10_000) | st.text(max_size=8)
ADDRESSES = st.builds(Address, NAMES, NAMES, KEYS, st.lists(st.tuples(NAMES, KEYS), max_size=2).map(tuple), st.booleans())


@given(ADDRESSES)
def test_parse_reads_what_str_writes(address: Address) -> None:
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "a.b[", "a[0].b", "a.b.", "node_group gpu", "data.a"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a resource address"):
        Address.parse(text)


def test_instances_are_ordered_by_number() -> None:
    assert Address("a", "b", 9) < Address("a", "b", 10)
