"""Where a folder's states lie: a change is told, states are copied whole, and none is ever overwritten or forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kfinfra.app.backends import Copy, ensure_unchanged, keep, migrate, previous
from kfinfra.app.options import Workplace
from kfinfra.config.backends import Backend
from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.state.document import ResourceState, State
from kfinfra.state.journal import Intent, Outcome
from kfinfra.stores.local import LocalWorkspaces

PVC = Address("pvc", "data")
MADE = ResourceState(PVC, "kubernetes", {"size": "1Gi"})
INTENT = Intent(Address("pvc", "other"), "create", {"name": "other"}, "kubernetes", "t", "d")
S3 = Backend("s3", {"bucket": "b", "key": "k", "region": "eu-west-1", "profile": None})


def state(serial: int = 3, lineage: str = "lineage") -> State:
    return State(lineage, "00", serial, {PVC: MADE})


@pytest.fixture
def old(tmp_path: Path) -> LocalWorkspaces:
    return LocalWorkspaces(tmp_path / "old" / "s.kfstate")


@pytest.fixture
def new(tmp_path: Path) -> LocalWorkspaces:
    return LocalWorkspaces(tmp_path / "new" / "s.kfstate")


def yes(copies: Sequence[Copy]) -> bool:
    return True


def test_states_are_copied_with_what_their_journals_hold(old: LocalWorkspaces, new: LocalWorkspaces) -> None:
    old.store("default").write(State("lineage", "00", 3))
    old.store("default").append(INTENT)
    old.store("default").append(Outcome(PVC, MADE))
    old.store("dev").write(state(7, "other"))
    before = {name: (old.store(name).read(), list(old.store(name).read_journal())) for name in ("default", "dev")}
    copies = migrate(old, new, 0, yes)
    assert copies is not None and [c.workspace for c in copies] == ["default", "dev"]
    assert new.store("default").read() == state(4) and list(new.store("default").read_journal()) == [INTENT]
    assert new.store("dev").read() == state(7, "other")
    assert {name: (old.store(name).read(), list(old.store(name).read_journal())) for name in before} == before
    assert migrate(old, new, 0, yes) == []  # once more, as after a crash: all of it is there


def test_a_no_copies_nothing(old: LocalWorkspaces, new: LocalWorkspaces) -> None:
    old.store("default").write(state())
    assert migrate(old, new, 0, lambda copies: False) is None
    assert new.store("default").read() is None


def test_a_later_state_of_the_same_origin_is_left_as_it_is(old: LocalWorkspaces, new: LocalWorkspaces) -> None:
    old.store("default").write(state(3))
    new.store("default").write(replace(state(5), resources={}))
    assert migrate(old, new, 0, yes) == []
    assert new.store("default").read() == replace(state(5), resources={})


@pytest.mark.parametrize(
    ("there", "words"),
    [(state(9, "another"), "of different origin"), (replace(state(2), resources={}, digest_key="01"), "is older")],
)
def test_a_state_is_never_overwritten(old: LocalWorkspaces, new: LocalWorkspaces, there: State, words: str) -> None:
    old.store("blue").write(state(1))
    old.store("default").write(state(3))
    new.store("default").write(there)
    with pytest.raises(DiagnosticError, match=words):
        migrate(old, new, 0, yes)
    assert new.store("default").read() == there and list(new.names()) == []


def test_both_places_are_locked_while_states_are_copied(old: LocalWorkspaces, new: LocalWorkspaces) -> None:
    old.store("default").write(state())
    for store in (old.store("default"), new.store("default")):
        with store.lock("apply", 0), pytest.raises(DiagnosticError, match="in use by apply"):
            migrate(old, new, 0, yes)


def test_a_place_that_changed_is_told_once_there_is_something_to_lose(tmp_path: Path) -> None:
    work = Workplace(tmp_path, {})
    ensure_unchanged(work, S3)
    keep(work, S3)
    ensure_unchanged(work, replace(S3, attributes={**S3.attributes, "region": None, "profile": "p"}))
    for other in (Backend(), replace(S3, attributes={**S3.attributes, "key": "k2"})):
        with pytest.raises(DiagnosticError, match=r"has been in backend \"s3\" \{ bucket = \"b\", key = \"k\" \}"):
            ensure_unchanged(work, other)


def test_a_local_state_from_before_anything_was_kept_is_not_forgotten(tmp_path: Path) -> None:
    work = Workplace(tmp_path, {})
    keep(work, Backend())
    ensure_unchanged(work, S3)  # kept, and there is no state yet
    LocalWorkspaces(tmp_path / "state" / "default.kfstate").store("dev").write(state())
    for _ in range(2):
        with pytest.raises(DiagnosticError, match="has been in backend"):
            ensure_unchanged(work, S3)
        (tmp_path / ".kfinfra" / "backend.json").unlink(missing_ok=True)


def test_secrets_are_not_kept_and_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    work = Workplace(tmp_path, {})
    keep(work, Backend("kubernetes", {"secret_suffix": "s", "host": "https://x", "token": "hunter2"}))
    path = tmp_path / ".kfinfra" / "backend.json"
    assert "hunter2" not in path.read_text()
    found = previous(work)
    assert found is not None and found.place == {"secret_suffix": "s", "host": "https://x"}
    path.write_text("{")
    with pytest.raises(DiagnosticError, match="does not tell where the state has been"):
        previous(work)
