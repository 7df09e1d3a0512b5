"""What every state store promises, wherever it lies, encrypted or not."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from kfinfra.config.backends import Backend
from kfinfra.config.encryption import KeyProvider, Method, Target
from kfinfra.diag import DiagnosticError, SourceText
from kfinfra.model.address import Address
from kfinfra.sandbox.http import Served
from kfinfra.sandbox.kubernetes.app import make_app
from kfinfra.state.document import OutputState, ResourceState, State
from kfinfra.state.journal import Failure, Intent, Outcome
from kfinfra.state.store import StateStore, Workspaces
from kfinfra.stores.encryption import make_sealer
from kfinfra.stores.making import make_workspaces
from tests.fakes.s3 import ENV, FakeS3

PVC = Address("pvc", "data")
INTENT = Intent(PVC, "create", {"name": "data"}, "kubernetes", "t", "d")
KINDS = ("local", "local, encrypted", "s3", "s3, encrypted", "kubernetes", "kubernetes, encrypted")
PASSPHRASE = {
    "passphrase": "correct horse battery",
    "key_length": 32,
    "iterations": 1000,
    "hash_function": "sha512",
    "salt_length": 16,
}
SPAN = SourceText("main.hcl", "").span(0, 0)
Maker = Callable[[], StateStore]
Every = Callable[[], Workspaces]


@pytest.fixture(scope="module")
def s3() -> Iterator[FakeS3]:
    server = FakeS3()
    server.states = server.bucket(f"states-{uuid.uuid4().hex[:8]}")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Served]:
    server = Served(make_app(0.01))
    yield server
    server.stop()


@pytest.fixture(params=KINDS)
def every(request: pytest.FixtureRequest, tmp_path: Path, s3: FakeS3, cluster: Served) -> Every:
    """Makes the states of one and the same backend, each as a process of its own would have them."""
    name = uuid.uuid4().hex[:8]
    kind, _, encrypted = request.param.partition(", ")
    backend = {
        "local": Backend("local", {"path": "state/s.kfstate"}),
        "s3": Backend("s3", {"bucket": s3.states, "key": f"{name}/s.kfstate", "endpoints": {"s3": s3.url}}),
        "kubernetes": Backend("kubernetes", {"secret_suffix": name, "host": cluster.url, "token": "sandbox"}),
    }[kind]
    keys = KeyProvider("pbkdf2", "main", PASSPHRASE, SPAN)
    target = Target(Method("aes_gcm", "main", keys)) if encrypted else None
    return lambda: make_workspaces(backend, tmp_path, ENV, make_sealer(target, ENV))


@pytest.fixture
def make(every: Every) -> Maker:
    """Makes stores of one and the same state, each as a process of its own would have it."""
    return lambda: every().store("default")


def resource(**attributes: object) -> ResourceState:
    return ResourceState(PVC, "kubernetes", attributes)  # type: ignore[arg-type]


def state(*resources: ResourceState, serial: int = 3) -> State:
    return State("lineage", "00", serial, {r.address: r for r in resources}, {"o": OutputState(1)})


def test_nothing_is_there_at_first(make: Maker) -> None:
    store = make()
    assert store.read() is None and list(store.read_journal()) == []


def test_what_is_written_is_read_by_another_process(make: Maker) -> None:
    make().write(state(resource(size="1Gi", text="ü\n\x00")))
    assert make().read() == state(resource(size="1Gi", text="ü\n\x00"))


def test_records_are_there_for_the_next_process_in_their_order(make: Maker) -> None:
    store = make()
    store.write(state())
    records = [INTENT, Outcome(PVC, resource(), final=False), Outcome(PVC, resource(size="1Gi")), Failure(PVC)]
    for record in records:
        store.append(record)
    assert list(make().read_journal()) == records
    again = make()
    again.append(Outcome(PVC, None))
    assert list(make().read_journal()) == [*records, Outcome(PVC, None)]


def test_a_record_may_come_before_the_first_state(make: Maker) -> None:
    make().append(INTENT)
    assert list(make().read_journal()) == [INTENT]
    make().write(state())
    assert list(make().read_journal()) == []


def test_writing_replaces_the_journal_by_what_is_still_open(make: Maker) -> None:
    store = make()
    store.write(state())
    store.append(INTENT)
    store.append(Failure(Address("pvc", "other")))
    store.write(state(resource(), serial=4), [INTENT])
    assert list(store.read_journal()) == [INTENT] == list(make().read_journal())
    store.append(Failure(PVC))
    assert list(make().read_journal()) == [INTENT, Failure(PVC)]
    make().write(state(resource(), serial=4))  # the serial is the same where nothing changed
    assert list(make().read_journal()) == []


def test_records_of_many_threads_are_all_there(make: Maker) -> None:
    store = make()
    store.write(state())
    every = [Failure(Address("pvc", f"n{n}")) for n in range(100)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(store.append, every))
    assert set(make().read_journal()) == set(every)


def test_a_large_state_is_written_and_read(make: Maker) -> None:
    every = [ResourceState(Address("pvc", f"n{n}"), "kubernetes", {"text": uuid.uuid4().hex * 40}) for n in range(1500)]
    make().write(state(*every))
    make().append(Outcome(PVC, resource(text="".join(uuid.uuid4().hex for _ in range(50_000)))))
    found = make()
    assert found.read() == state(*every) and len(found.read_journal()) == 1
    found.write(state())
    assert make().read() == state()


def test_a_lock_keeps_others_out_and_names_its_holder(make: Maker) -> None:
    first, second = make(), make()
    with first.lock("apply", 0), pytest.raises(DiagnosticError, match=r"in use by apply \(process \d+"), second.lock("plan", 0):
        pass
    with second.lock("plan", 0):
        pass


def test_a_lock_is_released_when_what_it_was_held_for_fails(make: Maker) -> None:
    with pytest.raises(ZeroDivisionError), make().lock("apply", 0):
        raise ZeroDivisionError
    with make().lock("plan", 0):
        pass


def test_a_lock_is_waited_for(make: Maker) -> None:
    held = make().lock("apply", 0)
    held.__enter__()

    def wait() -> None:
        with make().lock("plan", 30):
            pass

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait)
        held.__exit__(None, None, None)
        waiting.result()


def test_unlocking_what_is_not_locked_is_told(make: Maker) -> None:
    with pytest.raises(DiagnosticError, match="State is not locked"):
        make().unlock("00000000-0000-0000-0000-000000000000")


def test_a_held_lock_and_the_state_are_what_they_are_after_a_wrong_unlock(make: Maker) -> None:
    with make().lock("apply", 0):
        with pytest.raises(DiagnosticError, match="Cannot unlock"):
            make().unlock("00000000-0000-0000-0000-000000000000")
        with pytest.raises(DiagnosticError, match="State is locked"), make().lock("plan", 0):
            pass


def test_a_store_that_goes_on_after_its_lock_sees_what_was_written_before_it(make: Maker) -> None:
    early, other = make(), make()
    assert early.read() is None
    with other.lock("apply", 0):
        other.write(state())
    with early.lock("apply", 0):
        assert early.read() == state()
        early.write(replace(state(), serial=4))
    assert make().read() == replace(state(), serial=4)


def test_workspaces_have_states_of_their_own(every: Every) -> None:
    one, other = every(), every()
    one.store("default").write(state(serial=1))
    one.store("blue").write(state(serial=2))
    one.store("green").write(state(serial=3))
    assert sorted(set(other.names()) - {"default"}) == ["blue", "green"]
    found = [other.store(name).read() for name in ("default", "blue", "green", "none")]
    assert [s.serial if s else None for s in found] == [1, 2, 3, None]


def test_a_workspace_that_is_removed_leaves_nothing_behind(every: Every) -> None:
    store = every().store("blue")
    with store.lock("workspace delete", 0):
        store.write(state())
        store.append(INTENT)
        every().remove("blue")
    assert "blue" not in every().names()
    assert every().store("blue").read() is None and list(every().store("blue").read_journal()) == []
