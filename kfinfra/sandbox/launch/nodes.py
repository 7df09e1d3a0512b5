"""The nodes that pods may run on: those of EKS's node groups, and a few of the cluster's own, where KFP itself runs."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache

from kfinfra.sandbox.eks.world import Region
from kfinfra.sandbox.launch.cluster import capacity
from kfinfra.sandbox.launch.placement import Group

SYSTEM = Group("system", 3, {"node.kubernetes.io/instance-type": "m5.xlarge"}, (), capacity(4, 16384, "", 0))
"""Nodes that nobody declared: every cluster has some, or nothing of KFP would run."""

_OLD = {"p2.xlarge": (4, 62464, 1), "p2.8xlarge": (32, 499712, 8), "p2.16xlarge": (64, 749568, 16)}
"""What AWS no longer lists, and moto with it (aws.amazon.com/ec2/instance-types/p2): vCPUs, MiB, GPUs."""


def groups(regions: Mapping[str, Region]) -> list[Group]:
    """The groups whose nodes can be there: of all regions and clusters, since one sandbox is one cluster."""
    out = [SYSTEM]
    for region in regions.values():
        for cluster in region.clusters.values():
            for group in cluster.groups.values():
                wire = group.wire
                if wire["status"] in ("ACTIVE", "UPDATING", "DEGRADED"):
                    most = int(wire["scalingConfig"]["maxSize"])
                    types = wire.get("instanceTypes") or ["t3.medium"]
                    labels = {**(wire.get("labels") or {}), "node.kubernetes.io/instance-type": types[0]}
                    out.append(Group(wire["nodegroupName"], most, labels, wire.get("taints") or (), offered(types[0])))
    return out


@cache
def offered(name: str) -> Mapping[str, Fraction]:
    """What a node of an instance type offers; of one that is not known as much as of an m5.xlarge."""
    if name in _OLD:
        cpus, memory, devices = _OLD[name]
        return capacity(cpus, memory, "nvidia.com/gpu", devices)
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    found = INSTANCE_TYPES.get(name)
    if found is None:
        return SYSTEM.capacity
    gpus = (found.get("GpuInfo") or {}).get("Gpus") or ()
    neuron = (found.get("InferenceAcceleratorInfo") or {}).get("Accelerators") or ()
    device, count = ("nvidia.com/gpu", sum(int(g["Count"]) for g in gpus)) if gpus else ("", 0)
    if neuron:
        device, count = "aws.amazon.com/neuron", sum(int(a["Count"]) for a in neuron)
    return capacity(int(found["VCpuInfo"]["DefaultVCpus"]), int(found["MemoryInfo"]["SizeInMiB"]), device, count)
