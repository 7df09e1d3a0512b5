"""What is wrong with a node group before AWS is asked: the API's limits and enumerations, and what cannot work on EC2.

Limits and enumerations are botocore's (eks/2017-11-01/service-2.json), label syntax is Kubernetes' (kubernetes.io/docs,
"Labels and Selectors"), service quotas are docs.aws.amazon.com/eks/latest/userguide/service-quotas.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kfinfra.diag import did_you_mean
from kfinfra.model.plain import UNKNOWN, Attributes, Plain, is_known
from kfinfra.model.schema import Problem
from kfinfra.providers.aws import nodegroup_instances
from kfinfra.providers.aws import nodegroup_upkeep as upkeep

AMI_TYPES = (
    *("AL2_x86_64", "AL2_x86_64_GPU", "AL2_ARM_64", "CUSTOM"),
    *("AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD", "AL2023_x86_64_NEURON", "AL2023_x86_64_NVIDIA"),
    *("AL2023_ARM_64_NVIDIA", "BOTTLEROCKET_ARM_64", "BOTTLEROCKET_x86_64", "BOTTLEROCKET_ARM_64_FIPS"),
    *("BOTTLEROCKET_x86_64_FIPS", "BOTTLEROCKET_ARM_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA"),
    *("BOTTLEROCKET_ARM_64_NVIDIA_FIPS", "BOTTLEROCKET_x86_64_NVIDIA_FIPS"),
    *(f"WINDOWS_{kind}_{year}_x86_64" for year in (2019, 2022, 2025) for kind in ("CORE", "FULL")),
)
CAPACITY_TYPES = ("ON_DEMAND", "SPOT", "CAPACITY_BLOCK")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
MAX_NODES, MAX_TAINTS, MAX_TYPES, MAX_SCALING_TAGS = 450, 50, 20, 45

_NAME = re.compile(r"[A-Za-z0-9][\w-]{0,62}", re.ASCII)
_CLUSTER = re.compile(r"[0-9A-Za-z][\w-]{0,99}", re.ASCII)
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")
_WORD = re.compile(r"[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?", re.ASCII)
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_RESERVED = ("kubernetes.io/", "k8s.io/", "eks.amazonaws.com/")
_VERSION = re.compile(r"1\.[2-9]\d")


def check_name(value: Plain) -> Iterable[Problem]:
    """A node group's name: at most 63 letters, digits, hyphens and underscores."""
    if not _NAME.fullmatch(str(value)):
        detail = f'"{value}" is no node group name: at most 63 letters, digits, - and _, beginning with a letter or digit.'
        yield Problem((), "Invalid node group name", detail)


def check_cluster(value: Plain) -> Iterable[Problem]:
    """A cluster's name: at most 100 letters, digits, hyphens and underscores."""
    if not _CLUSTER.fullmatch(str(value)):
        detail = f'"{value}" is no cluster name: at most 100 letters, digits, - and _, beginning with a letter or digit.'
        yield Problem((), "Invalid cluster name", detail)


def check_role(value: Plain) -> Iterable[Problem]:
    """EKS takes a role's ARN, not its name."""
    if not _ROLE.fullmatch(str(value)):
        hint = "write arn:aws:iam::ACCOUNT:role/NAME"
        yield Problem((), "Invalid node role", f'"{value}" is not the ARN of an IAM role.', hint)


def check_subnets(value: Plain) -> Iterable[Problem]:
    """At least one."""
    if value == []:
        yield Problem((), "No subnets", "A node group needs at least one subnet.")


def check_ami_type(value: Plain) -> Iterable[Problem]:
    """One of EKS's; CUSTOM is what EKS answers for a launch template's image, and is not written."""
    if value == "CUSTOM":
        detail = "EKS works out CUSTOM itself, from a launch template with an image of its own."
        yield Problem((), "Invalid AMI type", detail, "leave ami_type out, and name the launch template")
    elif value not in AMI_TYPES:
        yield Problem((), "Invalid AMI type", f'"{value}" is no AMI type of EKS.{did_you_mean(str(value), AMI_TYPES)}')


def check_capacity_type(value: Plain) -> Iterable[Problem]:
    """One of EKS's."""
    if value not in CAPACITY_TYPES:
        detail = f'"{value}" is none of {", ".join(CAPACITY_TYPES)}.{did_you_mean(str(value).upper(), CAPACITY_TYPES)}'
        yield Problem((), "Invalid capacity type", detail)


def check_effect(value: Plain) -> Iterable[Problem]:
    """One of Kubernetes' spelling; the API's own (NO_SCHEDULE) is answered with the one to write."""
    if value not in EFFECTS:
        spoken = "".join(w.capitalize() for w in str(value).split("_")) if "_" in str(value) else str(value)
        detail = f'"{value}" is none of {", ".join(EFFECTS)}.{did_you_mean(spoken, EFFECTS)}'
        yield Problem((), "Invalid taint effect", detail)


def check_key(value: Plain) -> Iterable[Problem]:
    """The syntax of label and taint keys, at most 63 characters on EKS."""
    prefix, slash, word = str(value).rpartition("/")
    if len(str(value)) > 63:
        yield Problem((), "Invalid key", f'"{value}" has {len(str(value))} characters; EKS takes at most 63.')
    elif not _WORD.fullmatch(word) or (slash and not _DOMAIN.fullmatch(prefix)):
        detail = f'"{value}" is no key of Kubernetes: [DOMAIN/]NAME, of letters, digits, - _ and dots.'
        yield Problem((), "Invalid key", detail)


def check_value(value: Plain) -> Iterable[Problem]:
    """The syntax of label and taint values."""
    if value != "" and not _WORD.fullmatch(str(value)):
        detail = (
            f'"{value}" is no value of Kubernetes: at most 63 letters, digits, - _ and dots, none of the last three at an end.'
        )
        yield Problem((), "Invalid value", detail)


def check_labels(value: Plain) -> Iterable[Problem]:
    """Keys and values; EKS keeps some prefixes for itself, and takes no empty value."""
    for key, text in (value if isinstance(value, dict) else {}).items():
        yield from (Problem((key,), p.summary, p.detail) for p in (*check_key(key), *check_value(text)))
        if text == "":
            yield Problem((key,), "Invalid value", f'The label "{key}" is empty: EKS takes values of 1 to 63 characters.')
        if key.startswith(_RESERVED):
            yield Problem((key,), "Reserved label", f'"{key}" begins with a prefix that EKS keeps for itself.')


def check_taints(value: Plain) -> Iterable[Problem]:
    """At most 50, and no key with the same effect twice."""
    taints = value if isinstance(value, list) else []
    if len(taints) > MAX_TAINTS:
        yield Problem((), "Too many taints", f"{len(taints)} taints are more than the {MAX_TAINTS} that EKS takes.")
    seen: set[tuple[Plain, Plain]] = set()
    for index, taint in enumerate(taints):
        pair = (taint.get("key"), taint.get("effect")) if isinstance(taint, dict) else (None, None)
        if pair in seen:
            yield Problem((index,), "Duplicate taint", f'The key "{pair[0]}" has the effect {pair[1]} twice.')
        seen.add(pair)


def check_instance_types(value: Plain) -> Iterable[Problem]:
    """1 to 20, none twice."""
    types = value if isinstance(value, list) else []
    if not 1 <= len(types) <= MAX_TYPES:
        yield Problem((), "Invalid number of instance types", f"{len(types)} instance types; EKS takes 1 to {MAX_TYPES}.")
    for index, name in enumerate(types):
        if name in types[:index]:
            yield Problem((index,), "Duplicate instance type", f'"{name}" stands twice.')


def check_size(value: Plain) -> Iterable[Problem]:
    """A number of nodes; EKS's quota is 450 a group."""
    return upkeep.whole(0, MAX_NODES, "number of nodes")(value)


def check_disk(value: Plain) -> Iterable[Problem]:
    """EBS volumes have 1 GiB to 16 TiB."""
    return upkeep.whole(1, 16384, "disk size")(value)


def check_version(value: Plain) -> Iterable[Problem]:
    """Major and minor, as text: the number 1.30 is 1.3."""
    if not _VERSION.fullmatch(str(value)):
        yield Problem((), "Invalid Kubernetes version", f'"{value}" is no version of Kubernetes on EKS.', 'write it as "1.33"')


def template_appears(old: Plain, new: Plain) -> bool:
    """Whether a launch template comes or goes; its version alone changes in place."""
    return (old is None) != (new is None)


def check_node_group(attributes: Attributes) -> Iterable[Problem]:
    """What the attributes mean together."""
    yield from _scaling(attributes.get("scaling"))
    yield from upkeep.check(attributes)
    yield from _template(attributes)
    yield from _scaling_tags(attributes)
    yield from nodegroup_instances.check(attributes)


def _scaling(scaling: Plain) -> Iterator[Problem]:
    sizes = scaling if isinstance(scaling, dict) else {}
    low, high, desired = sizes.get("min"), sizes.get("max"), sizes.get("desired")
    if high == 0:
        detail = "The largest size of a node group is at least 1; min = 0 is what lets it be empty."
        yield Problem(("scaling", "max"), "Invalid scaling", detail)
    elif isinstance(low, int) and isinstance(high, int) and low > high:
        yield Problem(("scaling", "min"), "Invalid scaling", f"min = {low} is more than max = {high}.")
    elif isinstance(desired, int) and isinstance(low, int) and isinstance(high, int) and not low <= desired <= high:
        detail = f"desired = {desired} is not between min = {low} and max = {high}."
        yield Problem(("scaling", "desired"), "Invalid scaling", detail)


def _template(attributes: Attributes) -> Iterator[Problem]:
    template = attributes.get("launch_template")
    if template is None or template is UNKNOWN:
        if template is None and attributes.get("capacity_type") == "CAPACITY_BLOCK":
            detail = "A capacity block is named by a launch template (its market type is capacity-block)."
            yield Problem(("capacity_type",), "Capacity block without a launch template", detail, "add launch_template = { … }")
        return
    if isinstance(template, dict) and (template.get("id") is None) == (template.get("name") is None):
        detail = "A launch template is named by exactly one of id and name."
        yield Problem(("launch_template",), "Invalid launch template", detail)
    for name in ("disk_size", "remote_access"):
        if attributes.get(name) is not None:
            detail = f'EKS takes no "{name}" beside a launch template.'
            yield Problem((name,), "Conflict with the launch template", detail, f"write it in the template, and leave {name} out")


def _scaling_tags(attributes: Attributes) -> Iterator[Problem]:
    labels, taints = attributes.get("labels"), attributes.get("taints")
    if not attributes.get("autoscaler_tags") or not is_known(labels) or not is_known(taints):
        return
    keys = {t.get("key") for t in taints if isinstance(t, dict)} if isinstance(taints, list) else set()
    count = len(keys) + (len(labels) if isinstance(labels, dict) else 0)
    if count > MAX_SCALING_TAGS:
        detail = f"{count} labels and taints would be more tags than an Auto Scaling group holds (50, of which EKS takes some)."
        yield Problem(("autoscaler_tags",), "Too many tags for the autoscaler", detail, "autoscaler_tags = false turns them off")
