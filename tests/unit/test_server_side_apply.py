"""Server-side apply in the sandbox is the real one's: owners, conflicts, what goes when nobody wants it any more."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfinfra.sandbox.kubernetes.apply import applied, fields_of, merged, owners_of, updated
from kfinfra.sandbox.kubernetes.faults import Fault

EMPTY: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ml"}}
DATA = st.dictionaries(st.sampled_from("abcdef"), st.text(max_size=3), max_size=5)


def body(data: dict[str, str], **metadata: Any) -> dict[str, Any]:
    out = {**EMPTY, "metadata": {**EMPTY["metadata"], **metadata}}
    return {**out, "data": data} if data else out


def apply(live: dict[str, Any], data: dict[str, str], manager: str = "kfinfra", force: bool = False) -> dict[str, Any]:
    return applied(live, body(data), manager, force, "2026-01-01T00:00:00Z")


@given(DATA, DATA)
def test_applying_twice_is_applying_once_and_what_is_no_longer_sent_goes(first: dict[str, str], second: dict[str, str]) -> None:
    once = apply(apply(EMPTY, first), second)
    assert once.get("data", {}) == second
    assert apply(once, second) == once
    assert owners_of(once).get(("kfinfra", "Apply"), set()) == fields_of(body(second))


@given(DATA, DATA)
def test_what_another_manager_owns_too_stays(mine: dict[str, str], other: dict[str, str]) -> None:
    both = apply(apply(EMPTY, other, "other"), mine, force=True)
    left = apply(both, {})
    kept = {k: v for k, v in other.items() if mine.get(k, v) == v}
    assert left.get("data", {}) == kept


def test_a_field_that_another_has_changed_is_a_conflict_that_names_it() -> None:
    live = apply(EMPTY, {"a": "1"})
    edited = updated(live, merged(live, {"data": {"a": "2"}}), "kubectl-edit", "2026-01-01T00:00:01Z")
    with pytest.raises(Fault, match="Apply failed with 1 conflict") as caught:
        apply(edited, {"a": "1"})
    assert caught.value.body()["details"]["causes"] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "kubectl-edit" using v1', "field": ".data.a"}
    ]
    assert apply(edited, {"a": "2"})["data"] == {"a": "2"}
    assert apply(edited, {"a": "1"}, force=True)["data"] == {"a": "1"}


def test_finalizers_are_owned_one_by_one() -> None:
    first = applied(EMPTY, body({}, finalizers=["a/b"]), "one", False, "t")
    second = applied(first, body({}, finalizers=["c/d"]), "two", False, "t")
    assert second["metadata"]["finalizers"] == ["a/b", "c/d"]
    assert applied(second, body({}), "one", False, "t")["metadata"]["finalizers"] == ["c/d"]
