"""Every provider reads what anybody has made: all of it, as its data sources say, and tells where it found nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from kfinfra.app.catalogue import resource_types
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Observed, Operation, Provider, ReadRequest
from kfinfra.plan.merge import same
from tests.contract.test_node_groups import wanted

TOKEN = "0d3b6a0e-5f0e-5b2f-8f3e-6f8f6a0a9c11"


def made(provider: Provider, kind: str, desired: Attributes) -> Attributes:
    """Somebody else's object: it bears the mark of a state that is not ours."""
    run = provider.create(Operation(Address(kind, "x"), {}, desired, "them/x", TOKEN, 30.0))
    try:
        while True:
            next(run)
    except StopIteration as stop:
        attributes: Attributes = stop.value
        return attributes


def read(provider: Provider, kind: str, **arguments: Plain) -> Observed:
    address = Address(kind, "a", data=True)
    schema = resource_types()[f"data.{kind}"].attributes
    return provider.read([ReadRequest(address, {n: arguments.get(n) for n in schema})])[address]


def agrees(provider: Provider, kind: str, desired: Mapping[str, Plain], *names: str) -> Attributes:
    """What was made is read again, attribute by attribute, and nothing is left out that the data source has."""
    created = made(provider, kind, desired)
    found = read(provider, kind, **{n: desired[n] for n in names})
    assert found.diagnostics == () and found.attributes is not None
    for name, attribute in resource_types()[f"data.{kind}"].attributes.items():
        assert name in found.attributes
        if not attribute.doc.startswith("A digest"):
            there, ours = found.attributes[name], created.get(name)
            if isinstance(there, dict) and (ours is None or isinstance(ours, dict)) and attribute.fields is None:
                there = {k: v for k, v in there.items() if k in (ours or {})}  # servers add labels and annotations
            assert same(attribute, ours, there), name
    missing = read(provider, kind, **{n: desired[n] for n in names} | {"name": "nothing"})
    assert missing.attributes is None and [d.summary for d in missing.diagnostics] == ["Data source not found"]
    assert re.search(r"nothing.* at http://127.0.0.1:\d+", missing.diagnostics[0].detail)
    return found.attributes


def test_aws(aws: Provider) -> None:
    bucket: Mapping[str, Plain] = {"name": "read", "versioning": True, "block_public_access": True, "tags": {"a": "b"}}
    assert agrees(aws, "s3_bucket", bucket, "name")["arn"] == "arn:aws:s3:::read"
    assert agrees(aws, "node_group", wanted("read", labels={"l": "v"}), "cluster", "name")["status"] == "ACTIVE"
    cluster = read(aws, "eks_cluster", name="sandbox").attributes
    assert cluster is not None and cluster.keys() == resource_types()["data.eks_cluster"].attributes.keys()
    assert cluster["version"] and str(cluster["endpoint"]).startswith("https://") and cluster["status"] == "ACTIVE"
    (missing,) = read(aws, "eks_cluster", name="nothing").diagnostics
    assert missing.summary == "Data source not found" and "EKS cluster nothing in eu-west-1" in missing.detail


def test_kubernetes_with_all_that_others_have_written(kubernetes: Provider) -> None:
    agrees(kubernetes, "namespace", {"name": "read", "labels": {"a": "b"}}, "name")
    settings: dict[str, Plain] = {"name": "m", "namespace": "read", "data": {"A": "1"}, "annotations": {"x": "y"}}
    found = agrees(kubernetes, "config_map", {**settings, "immutable": False}, "namespace", "name")
    assert found["data"] == {"A": "1"} and found["annotations"] == {"x": "y"}
    fast: dict[str, Plain] = {"name": "fast", "provisioner": "x.io/y", "parameters": {"p": "1"}}
    fast |= {"reclaim_policy": "Delete", "volume_binding_mode": "WaitForFirstConsumer", "default": False}
    agrees(kubernetes, "storage_class", fast, "name")
    claim: dict[str, Plain] = {"name": "c", "namespace": "read", "size": "1Gi", "access_modes": ["ReadWriteOnce"]}
    claim |= {"storage_class": "fast", "volume_mode": "Filesystem"}
    agrees(kubernetes, "pvc", claim, "namespace", "name")
    quota: dict[str, Plain] = {"name": "q", "namespace": "read", "hard": {"pods": "4"}}
    agrees(kubernetes, "resource_quota", quota, "namespace", "name")
    limits: list[Plain] = [{"type": "Container", "max": {"cpu": "2"}, "default": {"cpu": "1"}, "default_request": {"cpu": "1"}}]
    agrees(kubernetes, "limit_range", {"name": "l", "namespace": "read", "limits": limits}, "namespace", "name")
    assert read(kubernetes, "config_map", name="m").attributes is None  # the provider's namespace is another one


def test_kfp(kfp: Provider) -> None:
    group: Mapping[str, Plain] = {"name": "read", "namespace": None, "archived": False, "description": "Trials."}
    assert agrees(kfp, "experiment", group, "namespace", "name")["id"]
    train: dict[str, Plain] = {"name": "read", "display_name": "Read", "namespace": None, "package": "train.yaml"}
    found = agrees(kfp, "pipeline", {**train, "keep_versions": 10, "description": "Of a day."}, "namespace", "name")
    assert (
        str(found["version"]).startswith("v-")
        and found["version_id"]
        and "package" not in resource_types()["data.pipeline"].attributes
    )


@pytest.mark.parametrize("kind", sorted(name for name in resource_types() if name.startswith("data.")))
def test_no_data_source_has_something_to_write_but_its_arguments(kind: str) -> None:
    schema = resource_types()[kind]
    for name, attribute in schema.attributes.items():
        assert name in schema.identity or (attribute.computed and not attribute.settable and not attribute.required)
        assert not attribute.write_only
