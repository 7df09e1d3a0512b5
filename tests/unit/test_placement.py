"""Which node takes a pod, and the scheduler's words where none does."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from kfinfra.sandbox.launch.cluster import affinity, amounts, capacity
from kfinfra.sandbox.launch.nodes import SYSTEM, offered
from kfinfra.sandbox.launch.placeholders import filled, local_path
from kfinfra.sandbox.launch.placement import Group, Wish, place, wish

GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}
GENERAL = Group("general", 2, {"pool": "general"}, (), capacity(4, 16384, "", 0))
GPU = Group("gpu", 1, {"pool": "gpu"}, (GPU_TAINT,), capacity(4, 16384, "nvidia.com/gpu", 1))
TOLERATION = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


def among(*names: str, **more: Any) -> dict[str, Any]:
    return {"matchExpressions": [{"key": "eks.amazonaws.com/nodegroup", "operator": "In", "values": list(names)}], **more}


def need(**amounts: int) -> dict[str, Fraction]:
    return {name.replace("gpu", "nvidia.com/gpu"): Fraction(value) for name, value in amounts.items()}


def test_what_wants_nothing_goes_where_nothing_is_kept_free() -> None:
    assert place(Wish(), [GPU, GENERAL], {}) == ("general", "")


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (Wish(need(gpu=1), tolerations=[TOLERATION]), "gpu"),
        (Wish(required=[among("gpu")], tolerations=[TOLERATION]), "gpu"),
        (Wish(selector={"pool": "general"}), "general"),
        (Wish(required=[among("gpu", "general")], preferred=[among("gpu", weight=50)], tolerations=[TOLERATION]), "gpu"),
        (Wish(tolerations=[{"operator": "Exists"}], required=[among("gpu")]), "gpu"),
    ],
)
def test_taints_labels_devices_and_preferences(wanted: Wish, chosen: str) -> None:
    assert place(wanted, [GENERAL, GPU], {}) == (chosen, "")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wish(need(gpu=1)), "0/3 nodes are available: 2 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint {nvidia"),
        (Wish(need(cpu=8)), "2 Insufficient cpu"),
        (Wish(required=[among("spot")]), "2 node(s) didn't match Pod's node affinity/selector"),
        (Wish(selector={"pool": "x"}, tolerations=[TOLERATION]), "3 node(s) didn't match Pod's node affinity/selector"),
    ],
)  # fmt: skip
def test_why_no_node_takes_it(wanted: Wish, words: str) -> None:
    chosen, said = place(wanted, [GENERAL, GPU], {})
    assert chosen is None and words in said and "preemption" in said


def test_pods_fill_the_nodes_that_a_group_may_have() -> None:
    full = {"general": [need(cpu=3), need(cpu=3)]}
    assert place(Wish(need(cpu=3)), [GENERAL], full)[1].startswith("0/2 nodes are available: 2 Insufficient cpu.")
    assert place(Wish(need(cpu=3)), [GENERAL], {"general": [need(cpu=3)]})[0] == "general"


def test_a_wish_is_read_from_the_package() -> None:
    resources = {
        "resourceCpuRequest": "500m",
        "resourceMemoryLimit": "1Gi",
        "accelerator": {"resourceType": "nvidia.com/gpu", "resourceCount": "1"},
    }
    found = wish(
        {"resources": resources}, {"nodeSelector": {"labels": {"a": "b"}}, "nodeAffinity": [among("x"), among("y", weight=1)]}
    )
    assert found.requests == {"cpu": Fraction(1, 2), "memory": Fraction(2**30), "nvidia.com/gpu": Fraction(1)}
    assert found.selector == {"a": "b"} and len(found.required) == len(found.preferred) == 1


def test_instance_types_offer_less_than_they_have() -> None:
    assert offered("p2.xlarge")["nvidia.com/gpu"] == 1 and offered("g5.xlarge")["nvidia.com/gpu"] == 1
    assert offered("m5.xlarge")["cpu"] < 4 and offered("no.such") == SYSTEM.capacity


A, M = {"artifacts": [{"uri": "s3://b/k"}]}, {"artifacts": [{"uri": "minio://x/y"}]}
INPUT = {
    "inputs": {"parameterValues": {"n": 3, "text": "{{$.inputs.parameters['n']}}"}, "artifacts": {"a": A}},
    "outputs": {"parameters": {"o": {"outputFile": "/o"}}, "artifacts": {"m": M}, "outputFile": "/meta"},
}


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("{{$.inputs.parameters['n']}}", ["3"]),
        ("n={{$.inputs.parameters['text']}}", ["n=3"]),
        ("{{$.inputs.artifacts['a'].uri}}", ["s3://b/k"]),
        ("{{$.inputs.artifacts['a'].path}}", ["/s3/b/k"]),
        ("{{$.outputs.artifacts['m'].path}}", ["/minio/x/y"]),
        ("{{$.outputs.parameters['o'].output_file}}", ["/o"]),
        ("{{$.pipeline_job_name}}", ["a run"]),
        ('{"Concat": ["a", "{{$.inputs.parameters[\'n\']}}", "b"]}', ["a3b"]),
        ('{"IfPresent": {"InputName": "n", "Then": ["--n", "{{$.inputs.parameters[\'n\']}}"], "Else": ["no"]}}', ["--n", "3"]),
        ('{"IfPresent": {"InputName": "z", "Then": ["yes"]}}', []),
        ('{"a": 1}', ['{"a": 1}']),
    ],
)
def test_placeholders_are_filled_in(word: str, words: list[str]) -> None:
    assert filled([word], INPUT, {"$.pipeline_job_name": "a run"}) == words


def test_paths_of_artifacts() -> None:
    assert [local_path(u) for u in ("gs://a/b", "https://a/b", "/x")] == ["/gcs/a/b", "https://a/b", "/x"]


def test_the_pod_says_what_kfps_driver_would_make_of_the_task() -> None:
    wanted = Wish(required=[among("gpu", "general")], preferred=[among("gpu", weight=100), among("general", weight=50)])
    rules = affinity(wanted)["affinity"]["nodeAffinity"]
    (term,) = rules["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == ["gpu", "general"] and "weight" not in term
    assert [p["weight"] for p in rules["preferredDuringSchedulingIgnoredDuringExecution"]] == [100, 50]
    assert affinity(Wish()) == {}
    given = {
        "resourceCpuRequest": "500m",
        "resourceMemoryLimit": "2G",
        "accelerator": {"resourceType": "a/b", "resourceCount": "1"},
    }
    assert amounts({"resources": given}) == {"requests": {"cpu": "500m"}, "limits": {"memory": "2G", "a/b": "1"}}
