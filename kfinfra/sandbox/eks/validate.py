"""What EKS refuses in a request for a node group. At least as strict as EKS, and from its own sources.

Enumerations, limits and required members: botocore's eks/2017-11-01/service-2.json. Instance types: moto's copy of
ec2:DescribeInstanceTypes, and p2 and p3, which old accounts still have and which it lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from kfinfra.sandbox.eks.errors import Refusal, invalid

Body = Mapping[str, Any]

VERSIONS = ("1.31", "1.32", "1.33", "1.34")
MAX_TYPES, MAX_TAINTS, MAX_TAGS, MAX_NODES = 20, 50, 50, 450
OLD_TYPES = {f"p2.{s}": ("x86_64", True) for s in ("xlarge", "8xlarge", "16xlarge")} | {
    f"p3.{s}": ("x86_64", True) for s in ("2xlarge", "8xlarge", "16xlarge")
}
FAILING_TYPES = {"u-3tb1.56xlarge": "InsufficientInstanceCapacity", "u-6tb1.56xlarge": "VcpuLimitExceeded"}
"""Types whose instances never launch here: a group of them with a size above 0 ends as CREATE_FAILED."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
_SUBNET = re.compile(r"subnet-[0-9a-z]+")
_WORD = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_RESERVED = ("kubernetes.io/", "k8s.io/", "eks.amazonaws.com/")


@cache
def _shape(name: str) -> Any:
    from botocore.session import get_session

    return get_session().get_service_model("eks").shape_for(name)


def enumeration(shape: str) -> tuple[str, ...]:
    """The values that EKS's model has for one of its string shapes."""
    return tuple(_shape(shape).enum)


@cache
def instance_types() -> Mapping[str, tuple[str, bool]]:
    """Every instance type: its architecture and whether it has GPUs of NVIDIA's."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    found = {name: (_architecture(t), _nvidia(t)) for name, t in INSTANCE_TYPES.items()}
    return {**found, **OLD_TYPES}


def _architecture(facts: Body) -> str:
    return "arm64" if "arm64" in facts.get("ProcessorInfo", {}).get("SupportedArchitectures", ()) else "x86_64"


def _nvidia(facts: Body) -> bool:
    return any(g.get("Manufacturer") == "NVIDIA" for g in facts.get("GpuInfo", {}).get("Gpus", ()))


def check_create(body: Body, cluster_version: str) -> None:
    """CreateNodegroup. Raises Refusal."""
    stranger = next((n for n in body if n not in _shape("CreateNodegroupRequest").members), None)
    if stranger:
        raise invalid(f"Unknown parameter: {stranger}")
    for name in ("nodegroupName", "subnets", "nodeRole"):
        if not body.get(name):
            raise invalid(f"The following parameter is required: {name}")
    if not _NAME.fullmatch(body["nodegroupName"]):
        raise invalid("The nodegroup name parameter contains invalid characters")
    if not _ROLE.fullmatch(body["nodeRole"]):
        raise invalid("The role ARN provided is invalid")
    for subnet in body["subnets"]:
        if not _SUBNET.fullmatch(subnet):
            raise invalid(f"The subnet ID '{subnet}' does not exist")
    _check_template(body)
    _one_of("AMITypes", body.get("amiType"), "amiType")
    _one_of("CapacityTypes", body.get("capacityType"), "capacityType")
    check_scaling(body.get("scalingConfig") or {"minSize": 1, "maxSize": 2, "desiredSize": 2})
    check_update_config(body.get("updateConfig"))
    check_repair(body.get("nodeRepairConfig"))
    check_warm_pool(body.get("warmPoolConfig"), body)
    check_labels(body.get("labels") or {})
    check_taints(body.get("taints") or [])
    check_tags(body.get("tags") or {})
    check_version(body.get("version"), cluster_version)
    _check_types(body)


def _check_template(body: Body) -> None:
    template = body.get("launchTemplate")
    if template is None:
        if body.get("amiType") == "CUSTOM":
            raise invalid("Launch template must be provided when the AMI type is CUSTOM")
        if body.get("capacityType") == "CAPACITY_BLOCK":
            raise invalid("Launch template must be provided for capacity type CAPACITY_BLOCK")
        return
    check_template_name(template)
    if body.get("diskSize") is not None:
        raise invalid("Disk size must be specified within the launch template.")
    if body.get("remoteAccess") is not None:
        raise invalid("Remote access configuration cannot be specified with a launch template.")


def check_template_name(template: Body) -> None:
    """A launch template goes by its id or by its name. Raises Refusal."""
    if bool(template.get("id")) == bool(template.get("name")):
        raise Refusal("InvalidRequestException", "Exactly one of launch template id and launch template name must be specified")


def _check_types(body: Body) -> None:
    types = body.get("instanceTypes") or ([] if body.get("launchTemplate") else ["t3.medium"])
    if len(types) > MAX_TYPES:
        raise invalid(f"Instance types list cannot have more than {MAX_TYPES} items")
    table = instance_types()
    unknown = [t for t in types if t not in table]
    if unknown:
        raise invalid(f"The following supplied instance types do not exist: [{', '.join(unknown)}]")
    if len(set(types)) < len(types):
        raise invalid("Instance types list contains duplicates")
    if not types or (body.get("launchTemplate") and not body.get("amiType")):
        return
    ami = body.get("amiType") or "AL2023_x86_64_STANDARD"
    wrong = [t for t in types if table[t][0] != ("arm64" if "ARM_64" in ami else "x86_64")]
    if "NVIDIA" in ami:
        wrong += [t for t in types if not table[t][1]]
    if wrong:
        raise invalid(f"[{', '.join(dict.fromkeys(wrong))}] is not a valid instance type for requested amiType {ami}")


def check_scaling(sizes: Body) -> None:
    """Sizes as a whole, those that an update leaves out filled in. Raises Refusal."""
    low, high, desired = sizes.get("minSize"), sizes.get("maxSize"), sizes.get("desiredSize")
    for name, value in (("minSize", low), ("maxSize", high), ("desiredSize", desired)):
        if not isinstance(value, int) or isinstance(value, bool) or value < (1 if name == "maxSize" else 0):
            raise invalid(f"Invalid value for {name}: {value}")
    assert isinstance(low, int) and isinstance(high, int) and isinstance(desired, int)
    if low > high:
        raise invalid(f"Minimum capacity {low} can't be greater than maximum capacity {high}")
    if desired < low:
        raise invalid(f"Minimum capacity {low} can't be greater than desired size {desired}")
    if desired > high:
        raise invalid(f"Desired capacity {desired} can't be greater than max size {high}")
    if high > MAX_NODES:
        raise Refusal("ResourceLimitExceededException", f"Nodes per node group are limited to {MAX_NODES}")


def check_update_config(config: Body | None) -> None:
    """A number or a percentage. Raises Refusal."""
    if config is None:
        return
    number, part = config.get("maxUnavailable"), config.get("maxUnavailablePercentage")
    if (number is None) == (part is None):
        raise invalid("Exactly one of maxUnavailable and maxUnavailablePercentage must be specified")
    value = number if part is None else part
    if not isinstance(value, int) or not 1 <= value <= 100:
        raise invalid(f"Invalid value for update config: {value}")
    _one_of("NodegroupUpdateStrategies", config.get("updateStrategy"), "updateStrategy")


def check_repair(config: Body | None) -> None:
    """Thresholds as a number or a percentage, overrides whole. Raises Refusal."""
    if config is None:
        return
    _members("NodeRepairConfig", config)
    if not isinstance(config.get("enabled", False), bool):
        raise invalid("nodeRepairConfig.enabled must be a boolean")
    for name in ("maxUnhealthyNodeThreshold", "maxParallelNodesRepaired"):
        given = [config.get(f"{name}{kind}") for kind in ("Count", "Percentage")]
        if all(v is not None for v in given):
            raise invalid(f"Only one of {name}Count and {name}Percentage can be specified")
        if any(v is not None and (not isinstance(v, int) or v < 1) for v in given) or (given[1] or 0) > 100:
            raise invalid(f"Invalid value for {name}")
    for override in config.get("nodeRepairConfigOverrides") or ():
        _members("NodeRepairConfigOverrides", override)
        if len(override) < 4:
            raise invalid("A node repair override needs condition, reason, wait time and action")
        _one_of("RepairAction", override.get("repairAction"), "repairAction", required=True)


def check_warm_pool(config: Body | None, group: Body) -> None:
    """Sizes and the state of waiting nodes. Raises Refusal."""
    if config is None:
        return
    _members("WarmPoolConfig", config)
    _one_of("WarmPoolState", config.get("poolState"), "poolState")
    if config.get("enabled") and group.get("capacityType") == "SPOT":
        raise invalid("Warm pools are not supported for node groups with Spot capacity")
    low, high = config.get("minSize", 0), config.get("maxGroupPreparedCapacity")
    if low < 0 or (high is not None and low > high):
        raise invalid(f"Invalid warm pool sizes: {low}, {high}")


def _members(shape: str, config: Body) -> None:
    stranger = next((n for n in config if n not in _shape(shape).members), None)
    if stranger:
        raise invalid(f"Unknown parameter: {stranger}")


def check_labels(labels: Body) -> None:
    """Keys and values as Kubernetes has them, none that EKS keeps. Raises Refusal."""
    for key, value in labels.items():
        if key.startswith(_RESERVED):
            raise invalid(f"Label cannot contain reserved prefixes [{', '.join(_RESERVED)}]")
        if not _is_key(key) or not isinstance(value, str) or not _WORD.fullmatch(value):
            raise invalid(f"Label {key}={value} is not valid")


def check_taints(taints: Iterable[Body]) -> None:
    """Keys, values and effects. Raises Refusal."""
    seen: set[tuple[str, str]] = set()
    for taint in taints:
        key, value, effect = str(taint.get("key", "")), taint.get("value") or "", taint.get("effect")
        _one_of("TaintEffect", effect, "taint effect", required=True)
        if not _is_key(key) or (value and not _WORD.fullmatch(value)):
            raise invalid(f"Taint {key}={value} is not valid")
        if (key, str(effect)) in seen:
            raise invalid(f"Taint {key} with effect {effect} is given more than once")
        seen.add((key, str(effect)))
    if len(seen) > MAX_TAINTS:
        raise invalid(f"Taints list cannot have more than {MAX_TAINTS} items")


def _is_key(key: str) -> bool:
    return 1 <= len(key) <= 63 and bool(_WORD.fullmatch(key.rpartition("/")[2]))


def check_tags(tags: Body) -> None:
    """At most 50, none of AWS's own. Raises Refusal."""
    if len(tags) > MAX_TAGS:
        raise invalid(f"Tags cannot have more than {MAX_TAGS} items")
    for key, value in tags.items():
        if not re.fullmatch(r"[\w +\-=.:/@]{1,128}", key) or not re.fullmatch(r"[\w +\-=.:/@]{0,256}", str(value)):
            raise invalid(f"Invalid tag {key}")
        if key.lower().startswith("aws:"):
            raise invalid("aws: prefixed tag key names are not allowed for external use")


def check_version(version: str | None, cluster_version: str) -> None:
    """Nodes may be older than the cluster, never newer. Raises Refusal."""
    if version is None:
        return
    if version not in VERSIONS:
        raise invalid(f"unsupported Kubernetes version {version}")
    if VERSIONS.index(version) > VERSIONS.index(cluster_version):
        raise invalid(f"Nodegroup Kubernetes version {version} can't be newer than the cluster's {cluster_version}")


def _one_of(shape: str, value: object, name: str, *, required: bool = False) -> None:
    if (value is not None or required) and value not in enumeration(shape):
        raise invalid(f"Invalid value for {name}: {value}. Valid values are [{', '.join(enumeration(shape))}]")
