"""State in Secrets: parts of what is large, a Lease that ends by itself, and what the server refuses."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfinfra.config.backends import Backend
from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.providers.kubernetes.client import Api
from kfinfra.sandbox.http import Served
from kfinfra.sandbox.kubernetes.app import make_app
from kfinfra.state.document import ResourceState, State
from kfinfra.state.journal import Failure, Intent
from kfinfra.state.store import StateStore
from kfinfra.stores.lease import LeaseLock
from kfinfra.stores.making import make_workspaces
from kfinfra.stores.secrets import Place

PVC = Address("pvc", "data")
INTENT = Intent(PVC, "create", {"name": "data"}, "kubernetes", "t", "d")
SECRETS, LEASES = "/api/v1/namespaces/default/secrets", "/apis/coordination.k8s.io/v1/namespaces/default/leases"


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    server = Served(make_app(0.01))
    yield Api({"host": server.url, "token": "sandbox"}, {})
    server.stop()


@pytest.fixture
def place() -> Place:
    return Place("default", uuid.uuid4().hex[:8], "default")


def store(api: Api, place: Place) -> StateStore:
    config = {"secret_suffix": place.suffix, "host": api.host, "token": "sandbox"}
    return make_workspaces(Backend("kubernetes", config), Path(), {}).store("default")


def secrets(api: Api, place: Place) -> list[str]:
    return sorted(s["metadata"]["name"].removeprefix(place.name) for s in api.list(SECRETS, "list", labels=place.selector))


def large(serial: int) -> State:
    """More than two Secrets hold: what does not compress well."""
    every = (ResourceState(Address("pvc", f"n{n}"), "kubernetes", {"t": random.randbytes(640).hex()}) for n in range(3000))
    return State("lineage", "00", serial, {r.address: r for r in every})


def test_everything_lies_in_secrets_with_labels_and_nothing_is_left_over(api: Api, place: Place) -> None:
    one = store(api, place)
    with one.lock("apply", 0):
        one.write(State("lineage", "00", 1))
        one.append(INTENT)
        assert len([n for n in secrets(api, place) if ".journal." in n]) == 1
        lease = api.get(f"{LEASES}/{place.name}", "look")
        assert lease["spec"]["holderIdentity"] and lease["spec"]["leaseDurationSeconds"] == 60
        one.write(State("lineage", "00", 2))
    assert secrets(api, place) == ["", ".backup"]
    assert not [x for x in api.list(LEASES, "list") if x["metadata"]["name"] == place.name]


def test_what_is_larger_than_a_secret_is_split_and_old_parts_go(api: Api, place: Place) -> None:
    first, second, third = large(1), large(2), State("lineage", "00", 3)
    one = store(api, place)
    one.write(first)
    parts = {n for n in secrets(api, place) if ".part." in n}
    assert len(parts) > 1 and store(api, place).read() == first
    one.write(second)
    assert store(api, place).read() == second and parts < set(secrets(api, place))  # the backup has them
    one.write(third)
    assert store(api, place).read() == third and not parts & set(secrets(api, place))
    one.write(State("lineage", "00", 4))
    assert secrets(api, place) == ["", ".backup"]


def test_a_state_whose_part_is_gone_is_told_and_not_taken_for_none(api: Api, place: Place) -> None:
    store(api, place).write(large(1))
    part = next(n for n in secrets(api, place) if ".part." in n)
    api.delete(f"{SECRETS}/{place.name}{part}", None, "delete")
    with pytest.raises(DiagnosticError, match=r"A part of Secret default/kfstate\..* is missing"):
        store(api, place).read()


def test_whoever_lost_the_lock_cannot_overwrite_what_another_wrote(api: Api, place: Place) -> None:
    slow, quick = store(api, place), store(api, place)
    with slow.lock("apply", 0):
        slow.write(State("lineage", "00", 1))
        api.delete(f"{LEASES}/{place.name}", None, "delete")
        with quick.lock("apply", 0):
            quick.read()
            quick.write(State("lineage", "00", 2), [INTENT])
        with pytest.raises(DiagnosticError, match="changed by somebody else"):
            slow.write(State("lineage", "00", 2))
    assert list(store(api, place).read_journal()) == [INTENT]
    assert any(".conflict." in n for n in secrets(api, place))


def test_a_lease_is_renewed_while_it_is_held_and_ends_when_its_holder_is_gone(api: Api, place: Place) -> None:
    gone, other = LeaseLock(api, place, 0.1, 1), LeaseLock(api, place, 0.1, 1)
    with gone.lock("apply", 0):
        time.sleep(1.5)
        gone.check()
        with pytest.raises(DiagnosticError, match=r"in use by apply \(process"), other.lock("plan", 0):
            pass
        lease = api.get(f"{LEASES}/{place.name}", "look")
    del lease["metadata"]["resourceVersion"], lease["metadata"]["uid"]
    api.create(LEASES, lease, "leave")  # as a command that was killed leaves it
    with pytest.raises(DiagnosticError, match="in use by apply"), LeaseLock(api, place, 0.1, 60).lock("plan", 0):
        pass
    time.sleep(1)
    with other.lock("plan", 0):
        other.check()


def test_nothing_is_begun_after_the_lease_was_lost(api: Api, place: Place) -> None:
    lock = LeaseLock(api, place)
    with lock.lock("apply", 0):
        lock.check()
        api.delete(f"{LEASES}/{place.name}", None, "delete")
        with pytest.raises(DiagnosticError, match="lock was lost"):
            lock.check()


def test_force_unlock_takes_the_lease_that_the_message_names(api: Api, place: Place) -> None:
    held = store(api, place).lock("apply", 0)
    held.__enter__()
    with pytest.raises(DiagnosticError) as told, store(api, place).lock("plan", 0):
        pass
    store(api, place).unlock(told.value.diagnostics[0].hint.rpartition(" ")[2])
    with store(api, place).lock("plan", 0):
        pass
    held.__exit__(None, None, None)


def test_the_lease_of_another_program_is_left_alone(api: Api, place: Place) -> None:
    spec: dict[str, Any] = {"holderIdentity": "somebody", "leaseDurationSeconds": 60, "renewTime": "2200-01-01T00:00:00.000000Z"}
    metadata = {"name": place.name, "namespace": "default"}
    api.create(LEASES, {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}, "make")
    with pytest.raises(DiagnosticError, match="does not tell by whom"), store(api, place).lock("plan", 0):
        pass
    with pytest.raises(DiagnosticError, match="does not tell by whom"):
        store(api, place).unlock("somebody")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"namespace": "none"}, "none"),
        ({"host": "http://127.0.0.1:9"}, "cannot be reached"),
        ({"context": "other"}, "exclude each other"),
    ],
)
def test_what_is_not_there_is_one_diagnostic(api: Api, place: Place, config: dict[str, Any], words: str) -> None:
    whole = {"secret_suffix": place.suffix, "host": api.host, "token": "sandbox", **config}
    with pytest.raises(DiagnosticError, match=words) as told:
        make_workspaces(Backend("kubernetes", whole), Path(), {}).store("default").write(State("lineage", "00", 1))
    assert len(told.value.diagnostics) == 1


def test_a_record_costs_one_request(api: Api, place: Place) -> None:
    one = store(api, place)
    one.write(State("lineage", "00", 1))
    before = {n for n in secrets(api, place) if ".journal." in n}
    for _ in range(3):
        one.append(Failure(PVC))
    assert len({n for n in secrets(api, place) if ".journal." in n} - before) == 3
