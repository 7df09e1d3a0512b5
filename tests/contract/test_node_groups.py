"""The provider's node groups against an EKS over HTTP: made, changed, deleted, and what it says where EKS refuses or fails."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Checkpoint, Operation, Provider, ReadRequest, Run, Wait
from kfinfra.providers.aws.provider import make_provider
from kfinfra.sandbox.eks.app import make_app
from kfinfra.sandbox.http import Served

ROLE = "arn:aws:iam::123456789012:role/nodes"
OWNER = "lineage/node_group.a"
KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1"}
TAINT: Plain = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


class Clock:
    """The server's time: it goes on when an operation waits."""

    now = 1_764_000_000.0

    def __call__(self) -> float:
        return self.now


CLOCK = Clock()


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    served = Served(make_app(1, CLOCK))
    yield served
    served.stop()


@pytest.fixture(scope="module")
def provider(server: Served) -> Iterator[Provider]:
    endpoints = {"AWS_ENDPOINT_URL_EKS": server.url, "AWS_ENDPOINT_URL_AUTO_SCALING": server.url}
    made = make_provider({"default_tags": {"team": "ml"}}, {**KEYS, **endpoints})
    yield made
    made.close()


@pytest.fixture(scope="module")
def aws(server: Served) -> Any:
    def client(service: str) -> Any:
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-west-1"}
        return boto3.client(service, endpoint_url=server.url, **keys)

    return client


def wanted(name: str, **more: Plain) -> dict[str, Plain]:
    return {
        "cluster": "sandbox",
        "name": name,
        "subnets": ["subnet-1", "subnet-2"],
        "node_role": ROLE,
        "instance_types": ["m5.xlarge"],
        "scaling": {"min": 1, "max": 4, "desired": None},
        "node_repair": False,
        "force_update": False,
        "autoscaler_tags": True,
        **more,
    }


def operation(desired: Attributes, prior: Attributes | None = None, *changed: str) -> Operation:
    token = str(uuid.uuid4())
    return Operation(Address("node_group", "a"), prior or {}, desired, OWNER, token, 60.0, {}, frozenset(changed))


def drive(run: Run) -> tuple[dict[str, Plain], list[Any]]:
    """What an operation gives, and its steps; waiting takes no time here."""
    steps: list[Any] = []
    while True:
        try:
            step = next(run)
        except StopIteration as stop:
            return dict(stop.value), steps
        steps.append(step)
        if isinstance(step, Wait):
            CLOCK.now += 1


def made(provider: Provider, name: str, **more: Plain) -> dict[str, Plain]:
    return drive(provider.create(operation(wanted(name, **more))))[0]


def changed(provider: Provider, prior: Attributes, **more: Plain) -> tuple[dict[str, Plain], list[Any]]:
    return drive(provider.update(operation({**prior, **more}, prior, *more)))


def group(aws: Any, name: str) -> Any:
    return aws("eks").describe_nodegroup(clusterName="sandbox", nodegroupName=name)["nodegroup"]


def scaling_tags(aws: Any, name: str) -> dict[str, str]:
    found = aws("autoscaling").describe_tags(Filters=[{"Name": "auto-scaling-group", "Values": [name]}])["Tags"]
    return {t["Key"]: t["Value"] for t in found if "node-template" in t["Key"]}


def test_a_group_is_made_and_its_checkpoint_comes_before_any_wait(provider: Provider, aws: Any) -> None:
    attributes, steps = drive(provider.create(operation(wanted("first", labels={"a": "b"}, taints=[TAINT]))))
    assert isinstance(steps[0], Checkpoint) and steps[0].attributes["name"] == "first"
    assert next(s.status for s in steps if isinstance(s, Wait)) == "CREATING"
    assert attributes["status"] == "ACTIVE" and attributes["version"] == "1.33" and attributes["disk_size"] == 20
    assert attributes["taints"] == [TAINT] and attributes["tags"] is None
    found = group(aws, "first")
    assert found["tags"] == {"team": "ml", "kfinfra.dev/owner": OWNER}
    assert found["scalingConfig"] == {"minSize": 1, "maxSize": 4, "desiredSize": 1}
    assert scaling_tags(aws, found["resources"]["autoScalingGroups"][0]["name"]) == {
        "k8s.io/cluster-autoscaler/node-template/label/a": "b",
        "k8s.io/cluster-autoscaler/node-template/taint/nvidia.com/gpu": "present:NoSchedule",
    }


def test_what_was_made_is_what_is_read_back(provider: Provider) -> None:
    attributes = made(provider, "read", labels={"a": "b"}, tags={"x": "y"})
    address = Address("node_group", "a")
    requests = [
        ReadRequest(address, {"cluster": "sandbox", "name": "read"}, attributes),
        ReadRequest(Address("node_group", "b"), {"cluster": "sandbox", "name": "nothing"}),
        ReadRequest(Address("node_group", "c"), {"cluster": "nowhere", "name": "read"}),
    ]
    found = provider.refresh(requests)
    assert found[address].attributes == attributes and found[address].owner == OWNER
    assert all(found[r.address].attributes is None and not found[r.address].diagnostics for r in requests[1:])


def test_missing_tags_for_the_autoscaler_are_seen_and_set_again(provider: Provider, aws: Any) -> None:
    prior = made(provider, "untold", labels={"a": "b"})
    name = str(group(aws, "untold")["resources"]["autoScalingGroups"][0]["name"])
    key = "k8s.io/cluster-autoscaler/node-template/label/a"
    aws("autoscaling").delete_tags(Tags=[{"ResourceId": name, "ResourceType": "auto-scaling-group", "Key": key}])
    address = Address("node_group", "a")
    seen = provider.refresh([ReadRequest(address, {"cluster": "sandbox", "name": "untold"}, prior)])[address].attributes
    assert seen == {**prior, "autoscaler_tags": False}
    assert changed(provider, seen, autoscaler_tags=True)[0] == prior and scaling_tags(aws, name) == {key: "b"}
    assert changed(provider, prior, autoscaler_tags=False)[0]["autoscaler_tags"] is False and scaling_tags(aws, name) == {}


def test_a_group_of_somebody_else_is_left_alone(provider: Provider, aws: Any) -> None:
    aws("eks").create_nodegroup(clusterName="sandbox", nodegroupName="theirs", subnets=["subnet-1"], nodeRole=ROLE)
    with pytest.raises(DiagnosticError, match="already exists"):
        made(provider, "theirs")


def test_a_group_that_bears_our_mark_is_adopted_and_adjusted(provider: Provider, aws: Any) -> None:
    made(provider, "ours", labels={"old": "1"})
    attributes = made(provider, "ours", labels={"new": "2"}, scaling={"min": 0, "max": 9, "desired": None})
    assert attributes["labels"] == {"new": "2"} and attributes["scaling"] == {"min": 0, "max": 9, "desired": 1}


def test_a_missing_cluster_is_named(provider: Provider) -> None:
    with pytest.raises(DiagnosticError, match="no EKS cluster elsewhere"):
        drive(provider.create(operation({**wanted("a"), "cluster": "elsewhere"})))


def test_a_group_that_fails_shows_why(provider: Provider, aws: Any) -> None:
    with pytest.raises(DiagnosticError, match=r"CREATE_FAILED: Ec2SubnetNotFound.*subnet-0dead"):
        made(provider, "dead", subnets=["subnet-0dead"])
    assert drive(provider.delete(operation({}, wanted("dead"))))[0] == {}


def test_labels_taints_sizes_and_tags_change_in_place(provider: Provider, aws: Any) -> None:
    prior = made(provider, "changing", labels={"a": "1", "b": "2"}, taints=[TAINT], tags={"old": "1"})
    arn = group(aws, "changing")["nodegroupArn"]
    other: Plain = {"key": "nvidia.com/gpu", "value": "", "effect": "NoExecute"}
    attributes, _ = changed(
        provider,
        prior,
        labels={"a": "3"},
        taints=[other],
        scaling={"min": 2, "max": 5, "desired": 1},
        tags={"new": "2"},
        update_config={"max_unavailable": None, "max_unavailable_percentage": 50},
        node_repair=True,
    )
    assert attributes["labels"] == {"a": "3"} and attributes["taints"] == [other] and attributes["tags"] == {"new": "2"}
    expected = {"max_unavailable": None, "max_unavailable_percentage": 50, "update_strategy": None}
    assert attributes["update_config"] == expected
    assert attributes["scaling"] == {"min": 2, "max": 5, "desired": 2} and attributes["node_repair"] is True
    found = group(aws, "changing")
    assert found["nodegroupArn"] == arn and found["tags"]["kfinfra.dev/owner"] == OWNER
    tags = scaling_tags(aws, found["resources"]["autoScalingGroups"][0]["name"])
    assert tags["k8s.io/cluster-autoscaler/node-template/taint/nvidia.com/gpu"] == ":NoExecute"
    assert "k8s.io/cluster-autoscaler/node-template/label/b" not in tags


def test_repair_and_warm_pool_come_and_go_in_place(provider: Provider, aws: Any) -> None:
    repair: Plain = {"max_parallel_nodes_repaired_count": 2}
    prior = made(
        provider, "kept", node_repair=True, node_repair_config=repair, warm_pool={"min_size": 1, "pool_state": "STOPPED"}
    )
    assert group(aws, "kept")["nodeRepairConfig"] == {"enabled": True, "maxParallelNodesRepairedCount": 2}
    assert group(aws, "kept")["warmPoolConfig"] == {"enabled": True, "minSize": 1, "poolState": "STOPPED"}
    attributes, _ = changed(provider, prior, node_repair=False, node_repair_config=None, warm_pool=None)
    assert attributes["warm_pool"] is None and attributes["node_repair_config"] is None
    assert group(aws, "kept")["warmPoolConfig"] == {"enabled": False}


def test_a_group_that_somebody_made_in_the_place_of_ours_is_not_deleted(provider: Provider, aws: Any) -> None:
    prior = made(provider, "stripped")
    aws("eks").untag_resource(resourceArn=group(aws, "stripped")["nodegroupArn"], tagKeys=["kfinfra.dev/owner"])
    with pytest.raises(DiagnosticError, match="not ours"):
        drive(provider.delete(operation({}, prior)))
    assert group(aws, "stripped")["status"] == "ACTIVE"


def test_the_autoscalers_size_is_left_alone(provider: Provider, aws: Any) -> None:
    prior = made(provider, "scaled")
    aws("eks").update_nodegroup_config(clusterName="sandbox", nodegroupName="scaled", scalingConfig={"desiredSize": 3})
    CLOCK.now += 1
    attributes, _ = changed(provider, prior, scaling={"min": 0, "max": 8, "desired": 1})
    assert attributes["scaling"] == {"min": 0, "max": 8, "desired": 3}


def test_versions_are_updated_before_settings(provider: Provider, aws: Any) -> None:
    prior = made(provider, "versions", version="1.32", labels={"a": "1"})
    attributes, steps = changed(provider, prior, version="1.33", labels={"a": "2"})
    assert attributes["version"] == "1.33" and attributes["labels"] == {"a": "2"}
    shown = list(dict.fromkeys(s.status for s in steps if isinstance(s, Wait)))
    assert shown.index("UPDATING (version)") < shown.index("UPDATING (settings)")
    assert next(s for s in steps if isinstance(s, Checkpoint)).attributes["labels"] == {"a": "1"}


def test_a_template_changes_its_version_in_place(provider: Provider, aws: Any) -> None:
    template: Plain = {"id": None, "name": "gpu", "version": "1"}
    prior = made(provider, "template", launch_template=template, instance_types=["p2.xlarge"])
    assert prior["ami_type"] == "CUSTOM" and isinstance(prior["launch_template"], dict)
    attributes, _ = changed(provider, prior, launch_template={**prior["launch_template"], "version": "2"})
    assert attributes["launch_template"] == {**prior["launch_template"], "version": "2"}


def test_a_failed_update_says_why_and_force_helps(provider: Provider) -> None:
    prior = made(provider, "stuck", version="1.32", labels={"sandbox/stuck": "yes"})
    with pytest.raises(DiagnosticError, match="Failed: PodEvictionFailure"):
        changed(provider, prior, version="1.33")
    assert changed(provider, prior, version="1.33", force_update=True)[0]["version"] == "1.33"


def test_a_degraded_group_stops_the_operation(provider: Provider) -> None:
    prior = made(provider, "ill")
    with pytest.raises(DiagnosticError, match="DEGRADED: IamNodeRoleNotFound"):
        changed(provider, prior, labels={"sandbox/degraded": "yes"})


def test_another_ones_update_is_waited_for(provider: Provider, aws: Any) -> None:
    prior = made(provider, "busy")
    aws("eks").update_nodegroup_config(clusterName="sandbox", nodegroupName="busy", labels={"addOrUpdateLabels": {"x": "y"}})
    attributes, steps = changed(provider, prior, scaling={"min": 1, "max": 7, "desired": 1})
    assert attributes["scaling"] == {"min": 1, "max": 7, "desired": 1}
    assert "waiting for another change of the group to end" in [s.status for s in steps if isinstance(s, Wait)]


def test_back_and_forth_is_three_updates(provider: Provider) -> None:
    prior = made(provider, "swing", labels={"a": "1"})
    again = operation({**prior, "labels": {"a": "2"}}, prior, "labels")
    assert drive(provider.update(again))[0]["labels"] == {"a": "2"}
    back, _ = changed(provider, prior, labels={"a": "1"})
    assert drive(provider.update(replace(again, prior=back)))[0]["labels"] == {"a": "2"}


def test_a_group_is_deleted_and_gone_twice_is_no_error(provider: Provider, aws: Any) -> None:
    prior = made(provider, "gone")
    result, steps = drive(provider.delete(operation({}, prior)))
    assert result == {} and "DELETING" in [s.status for s in steps if isinstance(s, Wait)]
    assert "gone" not in aws("eks").list_nodegroups(clusterName="sandbox")["nodegroups"]
    assert drive(provider.delete(operation({}, prior))) == ({}, [])


def test_a_refusal_carries_what_eks_says(provider: Provider) -> None:
    with pytest.raises(DiagnosticError, match=r"InvalidParameterException: .*do not exist: \[m5.huge\]"):
        made(provider, "huge", instance_types=["m5.huge"])
