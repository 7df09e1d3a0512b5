"""Tasks that no node of their groups can take are told in the plan, and only those."""

from __future__ import annotations

import pytest

from kfinfra.facts.instance_types import INSTANCE_TYPES
from kfinfra.model.plain import UNKNOWN, Attributes, Plain
from kfinfra.pipelines.capacity import unplaceable
from kfinfra.pipelines.notes import misplaced


def group(name: str, *types: str) -> Plain:
    return {"name": name, "instance_types": list(types), "taints": [], "ami_type": None, "capacity_type": None}


def asking(where: Plain, limits: Attributes | None = None, **requests: Plain) -> Attributes:
    return {"node_group": where, "resources": {"requests": dict(requests), "limits": dict(limits or {})}}


GENERAL, GPU = group("general", "m5.xlarge"), group("gpu", "g4dn.xlarge")


def test_a_p2_xlarge_offers_what_nodeadm_leaves() -> None:
    p2 = INSTANCE_TYPES["p2.xlarge"]
    assert (p2.pods, float(p2.offered_cpu), p2.offered_memory) == (58, 3.92, 61471 * 1024**2)
    assert float(INSTANCE_TYPES["m5.large"].offered_cpu) == 1.93 and float(INSTANCE_TYPES["m5.2xlarge"].offered_cpu) == 7.91


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (asking(GENERAL, cpu="4"), "asks for 4 CPUs, and no node of general offers that (m5.xlarge: 3.92 CPUs)"),
        (asking(GENERAL, memory="16Gi"), "16Gi of memory"),
        (asking(GENERAL, {"cpu": "8"}), "asks for 8 CPUs"),
        (asking(GENERAL, {"nvidia.com/gpu": 1}), "1 nvidia.com/gpu, and no node of general offers that (m5.xlarge: 0 nvidia"),
        (asking([GENERAL, GPU], {"nvidia.com/gpu": 2}), "no node of general and gpu"),
        (asking(group("neuron", "inf2.xlarge"), {"nvidia.com/gpu": 1}), "nvidia.com/gpu"),
    ],
)
def test_what_fits_nowhere_is_told(settings: Attributes, words: str) -> None:
    ((summary, detail, hint),) = unplaceable(settings)
    assert summary == "Task fits on no node" and words in detail and "larger nodes" in hint


@pytest.mark.parametrize(
    "settings",
    [
        asking(GENERAL, cpu="3900m", memory="8Gi"),
        asking(GENERAL, {"cpu": "8"}, cpu="1"),
        asking([GENERAL, group("big", "m5.4xlarge")], cpu="8"),
        asking(group("mixed", "m5.large", "m5.4xlarge"), cpu="8"),
        asking(group("new", "x99.huge"), cpu="500"),
        asking(group("template"), cpu="500"),
        asking([GENERAL, group("template")], cpu="500"),
        asking({"name": UNKNOWN, "instance_types": UNKNOWN}, cpu="500"),
        asking(GENERAL, cpu=UNKNOWN),
        asking(GPU, {"nvidia.com/gpu": 1}),
        asking(None, cpu="500"),
    ],
)
def test_what_may_fit_is_not(settings: Attributes) -> None:
    assert list(unplaceable(settings)) == []


def test_the_plan_names_the_task() -> None:
    (note,) = misplaced({"node_group": GENERAL}, {"fit": {"resources": {"requests": {"cpu": "64"}}}})
    assert note.summary == "Task fits on no node" and note.detail.startswith("Task fit: it asks for 64 CPUs")
