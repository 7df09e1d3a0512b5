"""Every provider puts its mark on what exists, takes it off, and touches nothing else; what is gone is told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Observed, Operation, Provider, ReadRequest
from tests.contract.test_node_groups import wanted


def request(kind: str, identity: Attributes, recorded: Attributes | None = None) -> ReadRequest:
    return ReadRequest(Address(kind, "a"), identity, recorded or {})


def look(provider: Provider, kind: str, identity: Attributes, recorded: Attributes) -> Observed:
    return provider.refresh([request(kind, identity, recorded)])[Address(kind, "a")]


DIGEST = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
BUCKET: Mapping[str, Plain] = {"name": "marked", "versioning": False, "block_public_access": True, "tags": {"a": "b"}}
AWS: Mapping[str, tuple[Mapping[str, Plain], tuple[str, ...]]] = {
    "s3_bucket": (BUCKET, ("name",)),
    "node_group": (wanted("marked", tags={"a": "b"}), ("cluster", "name")),
    "s3_sync": ({"bucket": "marked", "prefix": "p", "source": ".", "manifest": {"f": DIGEST}}, ("bucket", "prefix")),
}
SPACE: Mapping[str, Plain] = {"name": "ml", "annotations": {"a": "b"}, "labels": None}
MAP: Mapping[str, Plain] = {
    "name": "m",
    "namespace": "ml",
    "data": {"A": "1"},
    "annotations": {"a": "b"},
    "labels": {"l": "v"},
}
KUBERNETES: Mapping[str, tuple[Mapping[str, Plain], tuple[str, ...]]] = {
    "namespace": (SPACE, ("name",)),
    "config_map": (MAP, ("namespace", "name")),
}


def marking(provider: Provider, kind: str, desired: Mapping[str, Plain], names: tuple[str, ...]) -> None:
    identity = {name: desired[name] for name in names}
    operation = Operation(Address(kind, "a"), {}, desired, "l/old", "6c5f1f0a-6a59-5d0b-9a55-7a5a1f1e6b0e", 30.0)
    run = provider.create(operation)
    try:
        while True:
            next(run)
    except StopIteration as stop:
        recorded = stop.value
    before = look(provider, kind, identity, recorded)
    assert before.owner == "l/old"
    for owner in ("l/new", "l/new", None, None, "l/other"):
        assert provider.mark(request(kind, identity), owner)
        after = look(provider, kind, identity, recorded)
        assert after.owner == owner and after.attributes == before.attributes
    with pytest.raises(DiagnosticError):
        provider.mark(request(kind, {**identity, names[-1]: "nothing"}), "l/new")


def test_aws_marks_what_exists(aws: Provider) -> None:
    for kind in AWS:
        marking(aws, kind, *AWS[kind])


def test_kubernetes_marks_what_exists(kubernetes: Provider) -> None:
    for kind in KUBERNETES:
        marking(kubernetes, kind, *KUBERNETES[kind])


def test_kfp_says_that_it_cannot(kfp: Provider) -> None:
    desired: dict[str, Plain] = {"name": "marked", "namespace": None, "archived": False, "description": None}
    run = kfp.create(Operation(Address("experiment", "a"), {}, desired, "l/old", "t", 30.0))
    while next(run, None) is not None:
        pass
    identity: dict[str, Plain] = {"namespace": None, "name": "marked"}
    assert not kfp.mark(request("experiment", identity), "l/new")
    assert look(kfp, "experiment", identity, {}).owner == "l/old"
