"""State and journal: what is written is read back, outcomes fold, a torn line is dropped, damage is told."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.state.codec import decode, encode
from kfinfra.state.document import OutputState, ResourceState, State
from kfinfra.state.journal import Failure, Intent, Outcome, decode_records, encode_record, fold
from kfinfra.stores.local import LocalStore

PVC = Address("pvc", "data")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def resource(**attributes: object) -> ResourceState:
    return ResourceState(PVC, "kubernetes", attributes, frozenset({Address("namespace", "ml")}), frozenset({("a", 0)}))  # type: ignore[arg-type]


def state(*resources: ResourceState) -> State:
    return State("lineage", "00", 3, {r.address: r for r in resources}, {"o": OutputState(1)})


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_decoding_undoes_encoding(attributes: dict[str, object]) -> None:
    assert decode(encode(state(resource(**attributes))), "x") == state(resource(**attributes))


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"<html>", b'{"version": 1}', b'{"version": 99}'])
def test_damaged_state_is_a_diagnostic(damage: bytes) -> None:
    with pytest.raises(DiagnosticError, match="State cannot be read"):
        decode(damage, "s.kfstate")


def test_the_serial_grows_only_with_the_content() -> None:
    first = state()
    assert first.next_after(first).serial == 3
    assert first.with_resource(resource()).next_after(first).serial == 4


def test_outcomes_fold_and_open_intents_remain() -> None:
    intent = Intent(PVC, "create", {"name": "data"}, "kubernetes", "t", "d")
    folded, still_open = fold(state(), [intent])
    assert (folded.resources, still_open) == ({}, (intent,))
    folded, still_open = fold(state(), [intent, Outcome(PVC, resource(), final=False)])
    assert PVC in folded.resources and still_open == (intent,)
    folded, still_open = fold(state(), [intent, Outcome(PVC, resource())])
    assert PVC in folded.resources and still_open == ()
    assert fold(state(), [intent, Failure(PVC)])[1] == ()
    assert fold(state(resource()), [Outcome(PVC, None)])[0].resources == {}


def test_a_torn_last_line_is_dropped_and_damage_before_it_is_told() -> None:
    line = encode_record(Outcome(PVC, resource(size="1Gi")))
    assert len(decode_records(line + line[:20], "j")) == 1
    with pytest.raises(DiagnosticError, match="line 1"):
        decode_records(line[:20] + b"\n" + line, "j")


def test_the_store_replaces_keeps_a_backup_and_empties_the_journal(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "state" / "s.kfstate")
    assert store.read() is None and list(store.read_journal()) == []
    store.write(state())
    store.append(Failure(PVC))
    assert list(store.read_journal()) == [Failure(PVC)]
    store.write(state(resource()))
    assert store.read() == state(resource()) and list(store.read_journal()) == []
    assert decode((tmp_path / "state" / "s.kfstate.backup").read_bytes(), "b") == state()
    assert (tmp_path / "state" / "s.kfstate").stat().st_mode & 0o777 == 0o600


def test_a_held_lock_names_its_holder(tmp_path: Path) -> None:
    first, second = LocalStore(tmp_path / "s"), LocalStore(tmp_path / "s")
    with first.lock("apply", 0), pytest.raises(DiagnosticError, match=r"in use by apply \(process \d+"), second.lock("plan", 0):
        pass
    with second.lock("plan", 0):
        pass


def test_what_fails_while_the_lock_is_held_is_no_failure_of_the_lock(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "s")
    with pytest.raises(BrokenPipeError), store.lock("plan", 0):
        raise BrokenPipeError
    with store.lock("plan", 0):
        pass


@pytest.mark.parametrize(
    ("name", "value"), [("serial", "3"), ("lineage", 5), ("outputs", []), ("resources", {"a": 1}), ("digest_key", None)]
)
def test_a_part_of_another_type_is_damage(name: str, value: object) -> None:
    document = json.loads(encode(state(resource())))
    with pytest.raises(DiagnosticError, match=f"damaged: TypeError: {name} is"):
        decode(json.dumps({**document, name: value}).encode(), "s")


@pytest.mark.parametrize("name", ["attributes", "write_only"])
def test_a_part_of_a_resource_of_another_type_is_damage(name: str) -> None:
    document = json.loads(encode(state(resource())))
    document["resources"][0][name] = None
    with pytest.raises(DiagnosticError, match=f"pvc.data's {name} is None"):
        decode(json.dumps(document).encode(), "s")


def test_a_journal_that_begins_with_damage_is_not_passed_over(tmp_path: Path) -> None:
    store, path = LocalStore(tmp_path / "s"), tmp_path / "s.journal"
    store.write(state())
    store.append(Outcome(PVC, None))
    path.write_bytes(b"\0" + path.read_bytes()[1:])
    with pytest.raises(DiagnosticError, match=r"s.journal, line 1, is damaged"):
        LocalStore(tmp_path / "s").read_journal()
    with pytest.raises(DiagnosticError, match=r"s.journal, line 1, is damaged"):
        LocalStore(tmp_path / "s").append(Failure(PVC))


def test_a_file_in_the_place_of_the_folder_is_a_diagnostic(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(DiagnosticError, match="Cannot write the state"):
        LocalStore(tmp_path / "f" / "s").write(state())


def test_a_torn_line_is_cut_off_before_another_is_added(tmp_path: Path) -> None:
    store, path = LocalStore(tmp_path / "s"), tmp_path / "s.journal"
    store.write(state())
    store.append(Failure(PVC))
    with path.open("ab") as file:
        file.write(encode_record(Failure(PVC))[:9])
    again = LocalStore(tmp_path / "s")
    again.append(Outcome(PVC, None))
    assert list(again.read_journal()) == [Failure(PVC), Outcome(PVC, None)]


def test_a_journal_that_the_state_holds_already_is_not_played_again(tmp_path: Path) -> None:
    store, path = LocalStore(tmp_path / "s"), tmp_path / "s.journal"
    store.write(state())
    store.append(Outcome(PVC, None))
    cut_off = path.read_bytes()
    store.write(replace(state(resource()), serial=state().serial + 1), [Failure(PVC)])
    kept = path.read_bytes()
    path.write_bytes(cut_off)
    assert list(LocalStore(tmp_path / "s").read_journal()) == []
    path.with_name("s.journal.new").write_bytes(kept)
    assert list(LocalStore(tmp_path / "s").read_journal()) == [Failure(PVC)]


def test_records_of_many_threads_are_all_there(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "s")
    store.write(state())
    every = [Failure(Address("pvc", f"n{n}")) for n in range(200)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(store.append, every))
    assert set(store.read_journal()) == set(every)


def test_a_journal_of_a_later_state_is_told_and_kept(tmp_path: Path) -> None:
    store, path = LocalStore(tmp_path / "s"), tmp_path / "s"
    store.write(state())
    earlier = path.read_bytes()
    store.write(replace(state(resource()), serial=state().serial + 1))
    store.append(Failure(PVC))
    written = path.with_name("s.journal").read_bytes()
    path.write_bytes(earlier)
    with pytest.raises(DiagnosticError, match="Journal belongs to a later state"):
        LocalStore(tmp_path / "s").read_journal()
    assert path.with_name("s.journal").read_bytes() == written
