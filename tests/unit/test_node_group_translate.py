"""Node groups as values: what is refused before AWS is asked, what is sent, what an update says, what a plan replaces."""

from __future__ import annotations

from typing import Any

import pytest

from kfinfra.facts.instance_types import INSTANCE_TYPES
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Attributes, Plain
from kfinfra.model.resource import Desired, Resource
from kfinfra.plan.change import Action
from kfinfra.plan.diff import diff
from kfinfra.providers.aws import nodegroup_checks as checks
from kfinfra.providers.aws import nodegroup_translate as translate
from kfinfra.providers.aws.nodegroup_schema import NODE_GROUP

ROLE = "arn:aws:iam::123456789012:role/nodes"
WIRE: dict[str, Any] = {
    "nodegroupName": "a",
    "nodegroupArn": "arn:aws:eks:eu-west-1:123456789012:nodegroup/c/a/1",
    "clusterName": "c",
    "version": "1.33",
    "releaseVersion": "1.33.5-1",
    "status": "ACTIVE",
    "capacityType": "ON_DEMAND",
    "scalingConfig": {"minSize": 1, "maxSize": 4, "desiredSize": 3},
    "instanceTypes": ["m5.xlarge"],
    "subnets": ["s-2", "s-1"],
    "amiType": "AL2023_x86_64_STANDARD",
    "nodeRole": ROLE,
    "diskSize": 20,
    "updateConfig": {"maxUnavailable": 1},
    "resources": {"autoScalingGroups": [{"name": "asg"}]},
    "tags": {"team": "ml", translate.OWNER: "o", "aws:x": "y"},
}
LIVE = translate.observed(WIRE, {"team": "ml"}, {})


def written(**more: Plain) -> dict[str, Plain]:
    base: dict[str, Plain] = {
        **{name: attribute.default for name, attribute in NODE_GROUP.attributes.items()},
        "cluster": "c",
        "name": "a",
        "subnets": ["s-1", "s-2"],
        "node_role": ROLE,
        "instance_types": ["m5.xlarge"],
        "scaling": {"min": 1, "max": 4, "desired": None},
    }
    return {**base, **more}


def problems(**more: Plain) -> list[tuple[str, bool]]:
    return [(p.summary, p.warning) for p in checks.check_node_group(written(**more))]


def action(observed: Attributes = LIVE, **more: Plain) -> tuple[Action, set[str]]:
    address = Address("node_group", "a")
    change = diff(Desired(Resource(address, written(**more)), "aws"), Resource(address, observed), NODE_GROUP, "aws")
    return change.action, {str(d.path[0]) for d in change.differences}


def test_what_eks_chose_is_no_drift() -> None:
    assert action() == (Action.NOOP, set())
    assert action(capacity_type="ON_DEMAND", disk_size=20) == (Action.NOOP, set())


def test_taints_in_another_order_are_the_same() -> None:
    taints: list[Plain] = [{"key": k, "value": "", "effect": "NoExecute"} for k in ("a", "b")]
    wire = [{"key": k, "effect": "NO_EXECUTE"} for k in ("b", "a")]
    assert action(translate.observed({**WIRE, "taints": wire}, {"team": "ml"}, {}), taints=taints)[0] is Action.NOOP


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("labels", {"a": "b"}),
        ("taints", [{"key": "a", "value": "", "effect": "NoExecute"}]),
        ("scaling", {"min": 0, "max": 4, "desired": None}),
        ("update_config", {"max_unavailable": None, "max_unavailable_percentage": 10}),
        ("update_config", {"max_unavailable": 1, "max_unavailable_percentage": None, "update_strategy": "MINIMAL"}),
        ("node_repair", True),
        ("node_repair_config", {"max_parallel_nodes_repaired_count": 1}),
        ("warm_pool", {"min_size": 1}),
        ("version", "1.34"),
        ("release_version", "1.33.6-1"),
        ("tags", {"a": "b"}),
    ],
)
def test_what_eks_can_change_is_changed_in_place(name: str, value: Plain) -> None:
    found, names = action(**{name: value})
    assert found is Action.UPDATE and name in names


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ami_type", "BOTTLEROCKET_x86_64"),
        ("capacity_type", "SPOT"),
        ("cluster", "d"),
        ("name", "b"),
        ("disk_size", 50),
        ("instance_types", ["m5.large"]),
        ("node_role", ROLE + "2"),
        ("subnets", ["s-1"]),
        ("remote_access", {"ec2_ssh_key": "k", "source_security_groups": None}),
        ("launch_template", {"id": None, "name": "t", "version": "1"}),
    ],
)
def test_what_eks_cannot_change_replaces(name: str, value: Plain) -> None:
    assert action(**{name: value})[0] is Action.REPLACE


def test_of_a_launch_template_only_the_version_changes_in_place() -> None:
    live = {**LIVE, "launch_template": {"id": "lt-1", "name": "t", "version": "1"}}
    assert action(live, launch_template={"id": None, "name": "t", "version": None})[0] is Action.NOOP
    assert action(live, launch_template={"id": None, "name": "t", "version": "2"})[0] is Action.UPDATE
    assert action(live, launch_template={"id": "lt-2", "name": None, "version": "1"})[0] is Action.REPLACE


def test_a_replacement_inherits_nothing_from_the_old_group() -> None:
    address = Address("node_group", "a")
    live = {**LIVE, "launch_template": {"id": "lt-1", "name": "t", "version": "1"}}
    named: Plain = {"id": None, "name": "u", "version": None}
    change = diff(Desired(Resource(address, written(launch_template=named)), "aws"), Resource(address, live), NODE_GROUP, "aws")
    assert change.action is Action.REPLACE and change.after is not None
    assert change.after["launch_template"] == named and change.after["ami_type"] is UNKNOWN
    assert change.after["scaling"] == {"min": 1, "max": 4, "desired": None}


def test_empty_is_read_back_as_it_was_written() -> None:
    assert LIVE["labels"] is None and translate.observed(WIRE, {}, {"labels": {}})["labels"] == {}


@pytest.mark.parametrize(
    ("scaling", "found"),
    [
        ({"min": 5, "max": 4, "desired": None}, 1),
        ({"min": 0, "max": 0, "desired": None}, 1),
        ({"min": 1, "max": 4, "desired": 5}, 1),
        ({"min": 1, "max": 4, "desired": 0}, 1),
        ({"min": UNKNOWN, "max": 4, "desired": 4}, 0),
        ({"min": 0, "max": 1, "desired": 0}, 0),
    ],
)
def test_sizes_fit_each_other(scaling: Plain, found: int) -> None:
    assert len(problems(scaling=scaling)) == found


@pytest.mark.parametrize(
    ("types", "ami", "found"),
    [
        (["p2.xlarge"], None, [("GPU that EKS's images no longer drive", True)]),
        (["p2.xlarge"], "AL2023_x86_64_NVIDIA", [("GPU that EKS's images no longer drive", True)]),
        (["p2.xlarge"], "AL2023_x86_64_STANDARD", [("GPU instances without a GPU image", False)]),
        (["p2.xlarge", "g5.xlarge"], None, [("GPU instances without a GPU image", False)]),
        (["g5.xlarge"], None, [("GPU instances without a GPU image", False)]),
        (["g5.xlarge"], "AL2023_x86_64_NVIDIA", []),
        (["g5.xlarge"], UNKNOWN, []),
        (["g5g.xlarge"], "AL2023_x86_64_NVIDIA", [("Wrong architecture", False)]),
        (["m6g.large"], None, [("Wrong architecture", False)]),
        (["m6g.large"], "AL2023_ARM_64_STANDARD", []),
        (["m6g.large", "m5.large"], None, [("Mixed architectures", False)]),
        (["m5.large"], "AL2023_x86_64_NVIDIA", [("GPU image without GPUs", False)]),
        (["inf2.xlarge"], None, [("Neuron instances without a Neuron image", False)]),
        (["m5.larg"], None, [("Unknown instance type", True)]),
        (["m5.large"], None, []),
    ],
)
def test_images_fit_instances(types: Plain, ami: Plain, found: list[tuple[str, bool]]) -> None:
    assert problems(instance_types=types, ami_type=ami) == found


def test_a_gpu_error_says_what_to_write_and_p2_names_its_successors() -> None:
    (wrong,) = checks.check_node_group(written(instance_types=["g5.xlarge"]))
    assert wrong.hint == 'write: ami_type = "AL2023_x86_64_NVIDIA"'
    (old,) = checks.check_node_group(written(instance_types=["p2.xlarge"]))
    assert all(name in old.hint and name in INSTANCE_TYPES for name in ("g4dn.xlarge", "g5.xlarge", "g6.xlarge", "p3.2xlarge"))


def test_a_launch_template_brings_its_own_image_and_disk() -> None:
    template: Plain = {"id": None, "name": "t", "version": None}
    assert problems(instance_types=["p2.xlarge"], launch_template=template) == []
    assert problems(launch_template=template, disk_size=20) == [("Conflict with the launch template", False)]
    assert problems(launch_template={"id": "lt-1", "name": "t", "version": None}) == [("Invalid launch template", False)]


def test_an_unknown_effect_is_answered_with_the_nearest() -> None:
    for given, meant in (("NoSchedul", "NoSchedule"), ("NO_EXECUTE", "NoExecute"), ("PREFER_NO_SCHEDULE", "PreferNoSchedule")):
        (problem,) = checks.check_effect(given)
        assert f'Did you mean "{meant}"?' in problem.detail


def test_limits_of_lists_are_those_of_eks() -> None:
    taints: list[Plain] = [{"key": f"k{i}", "value": "", "effect": "NoSchedule"} for i in range(51)]
    assert [p.summary for p in checks.check_taints(taints)] == ["Too many taints"] and not list(checks.check_taints(taints[1:]))
    assert list(checks.check_instance_types([f"m{i}.large" for i in range(21)]))
    assert list(checks.check_taints([taints[0], taints[0]]))


@pytest.mark.parametrize("labels", [{"a b": "c"}, {"a": "b c"}, {"a": ""}, {"kubernetes.io/x": "y"}, {"k" * 64: "y"}])
def test_labels_that_eks_refuses_are_refused(labels: Plain) -> None:
    assert list(checks.check_labels(labels))


def test_a_request_holds_what_was_written_and_nothing_else() -> None:
    taints: Plain = [{"key": "k", "value": "", "effect": "PreferNoSchedule"}]
    wire = translate.create_request(written(taints=taints, labels={}), {"a": "b"}, "token")
    assert wire == {
        "clusterName": "c",
        "nodegroupName": "a",
        "subnets": ["s-1", "s-2"],
        "nodeRole": ROLE,
        "scalingConfig": {"minSize": 1, "maxSize": 4, "desiredSize": 1},
        "instanceTypes": ["m5.xlarge"],
        "taints": [{"key": "k", "effect": "PREFER_NO_SCHEDULE"}],
        "tags": {"a": "b"},
        "clientRequestToken": "token",
    }


@pytest.mark.parametrize(
    ("low", "high", "sent"),
    [(1, 5, None), (4, 9, 4), (0, 2, 2)],
)
def test_the_desired_size_is_sent_only_where_it_must_move(low: int, high: int, sent: int | None) -> None:
    wire = translate.config_update(written(scaling={"min": low, "max": high, "desired": 9}), LIVE, {"scaling"})
    assert wire["scalingConfig"].get("desiredSize") == sent


def test_labels_and_taints_are_sent_as_deltas() -> None:
    def taint(key: str, effect: str, value: str = "") -> dict[str, Plain]:
        return {"key": key, "value": value, "effect": effect}

    live = {**LIVE, "labels": {"a": "1", "b": "2", "c": "3"}, "taints": [taint("x", "NoSchedule"), taint("y", "NoExecute", "1")]}
    new = written(labels={"a": "1", "b": "9", "d": "4"}, taints=[taint("x", "NoExecute"), taint("y", "NoExecute", "2")])
    assert translate.config_update(new, live, {"labels", "taints"}) == {
        "labels": {"addOrUpdateLabels": {"b": "9", "d": "4"}, "removeLabels": ["c"]},
        "taints": {
            "addOrUpdateTaints": [
                {"key": "x", "effect": "NO_EXECUTE"},
                {"key": "y", "value": "2", "effect": "NO_EXECUTE"},
            ],
            "removeTaints": [{"key": "x", "effect": "NO_SCHEDULE"}],
        },
    }
    assert translate.config_update(new, live, set()) == {}


def test_the_scaling_group_is_told_labels_taints_and_devices() -> None:
    taints: Plain = [{"key": "t", "value": "v", "effect": e} for e in ("NoExecute", "NoSchedule")]
    held = written(labels={"a": "b"}, taints=taints, instance_types=["g4dn.12xlarge", "g5.xlarge"], autoscaler_tags=True)
    assert translate.scaling_tags(held) == {
        f"{translate.NODE_TEMPLATE}/label/a": "b",
        f"{translate.NODE_TEMPLATE}/taint/t": "v:NoExecute",
        f"{translate.NODE_TEMPLATE}/resources/nvidia.com/gpu": "1",
    }
    assert translate.scaling_tags({**held, "autoscaler_tags": False}) == {}


EVERYTHING: dict[str, Plain] = {
    "cluster": "c",
    "name": "a",
    "subnets": ["subnet-1"],
    "node_role": ROLE,
    "instance_types": ["m5.large"],
    "ami_type": "AL2023_x86_64_STANDARD",
    "capacity_type": "ON_DEMAND",
    "disk_size": 50,
    "launch_template": {"id": None, "name": "t", "version": "3"},
    "labels": {"a": "b"},
    "taints": [{"key": "k", "value": "v", "effect": "NoSchedule"}],
    "scaling": {"min": 1, "max": 4, "desired": 2},
    "update_config": {"max_unavailable": None, "max_unavailable_percentage": 10, "update_strategy": "MINIMAL"},
    "node_repair": True,
    "node_repair_config": {
        "max_unhealthy_node_threshold_count": 1,
        "max_unhealthy_node_threshold_percentage": 2,
        "max_parallel_nodes_repaired_count": 3,
        "max_parallel_nodes_repaired_percentage": 4,
        "overrides": [
            {
                "node_monitoring_condition": "AcceleratedInstanceNotReady",
                "node_unhealthy_reason": "NvidiaXID13Error",
                "min_repair_wait_time_mins": 10,
                "repair_action": "Reboot",
            }
        ],
    },
    "warm_pool": {"min_size": 1, "max_group_prepared_capacity": 5, "pool_state": "STOPPED", "reuse_on_scale_in": True},
    "version": "1.33",
    "release_version": "1.33.5-1",
    "remote_access": {"ec2_ssh_key": "k", "source_security_groups": ["sg-1"]},
}


def members(shape: Any, at: str = "") -> set[str]:
    """Every leaf of a shape of EKS's API."""
    if shape.type_name == "structure":
        return {path for name, inside in shape.members.items() for path in members(inside, f"{at}.{name}")}
    return members(shape.member, at) if shape.type_name == "list" else {at}


def sent(value: Any, at: str = "") -> set[str]:
    if isinstance(value, dict) and at not in (".labels", ".tags"):
        return {path for name, inside in value.items() for path in sent(inside, f"{at}.{name}")}
    return {path for inside in value for path in sent(inside, at)} if isinstance(value, list) else {at}


def test_everything_that_create_nodegroup_takes_can_be_written() -> None:
    from botocore.session import get_session

    wire = translate.create_request(EVERYTHING, {"t": "1"}, "token")
    by_id = translate.create_request(
        {**EVERYTHING, "launch_template": {"id": "lt-1"}, "update_config": {"max_unavailable": 1}}, {"t": "1"}, "token"
    )
    shape = get_session().get_service_model("eks").operation_model("CreateNodegroup").input_shape
    assert sent(wire) | sent(by_id) == members(shape)


def test_everything_is_read_back_as_it_was_written() -> None:
    wire = translate.create_request(EVERYTHING, {"t": "1"}, "token")
    there = {**wire, "nodegroupArn": "arn", "status": "ACTIVE", "resources": {}}
    found = translate.observed(there, {"t": "1"}, {})
    left = {"autoscaler_tags": True, "force_update": False, "tags": None}
    asked = {**EVERYTHING, **left}
    address = Address("node_group", "a")
    change = diff(Desired(Resource(address, asked), "aws"), Resource(address, found), NODE_GROUP, "aws")
    assert change.action is Action.NOOP, change.differences


@pytest.mark.parametrize(
    ("more", "summary"),
    [
        ({"update_config": {"max_unavailable": 1, "max_unavailable_percentage": 1}}, "Invalid update configuration"),
        ({"node_repair": False, "node_repair_config": {"max_parallel_nodes_repaired_count": 1}}, "Repair is turned off"),
        (
            {
                "node_repair": True,
                "node_repair_config": {"max_parallel_nodes_repaired_count": 1, "max_parallel_nodes_repaired_percentage": 1},
            },
            "Invalid repair configuration",
        ),
        ({"capacity_type": "SPOT", "warm_pool": {"min_size": 1}}, "Warm pool of spot instances"),
        ({"warm_pool": {"min_size": 9}}, "Invalid warm pool"),
        ({"warm_pool": {"min_size": 3, "max_group_prepared_capacity": 2}}, "Invalid warm pool"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(more: dict[str, Plain], summary: str) -> None:
    assert (summary, False) in problems(**more)


def test_a_warm_pool_and_a_repair_that_are_no_longer_wanted_are_turned_off() -> None:
    changed = {"warm_pool", "node_repair"}
    wire = translate.config_update({**EVERYTHING, "warm_pool": None, "node_repair": False}, EVERYTHING, changed)
    assert wire == {"nodeRepairConfig": {"enabled": False}, "warmPoolConfig": {"enabled": False}}
