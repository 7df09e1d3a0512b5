"""The ownership mark fits into an AWS tag, and no two addresses share one."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from kfinfra.app.session import new_state
from kfinfra.engine.operation import owner_mark
from kfinfra.model.address import Address

STATE = new_state()


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_key_gives_a_tag_value_of_its_own(one: str, other: str) -> None:
    marks = {owner_mark(STATE, Address("s3_bucket", "a", key)) for key in (one, other)}
    assert len(marks) == len({one, other})
    assert all(re.fullmatch(r"[A-Za-z0-9 +\-=.:/@_]{1,256}", mark) for mark in marks)


def test_a_plain_address_stays_readable() -> None:
    assert owner_mark(STATE, Address("s3_bucket", "a_b")) == f"{STATE.lineage}/s3_bucket.a_b"
