"""Node groups between kfinfra's attributes and EKS's wire shapes: requests, deltas, observations, tags. Pure; no SDK."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from kfinfra.facts.instance_types import known
from kfinfra.model.plain import Attributes, Plain
from kfinfra.providers.aws import nodegroup_upkeep as upkeep

OWNER = "kfinfra.dev/owner"
NODE_TEMPLATE = "k8s.io/cluster-autoscaler/node-template"
"""How the cluster autoscaler learns what a node of an empty group would be like (its FAQ for AWS)."""

Wire = dict[str, Any]

_EFFECTS = {"NoSchedule": "NO_SCHEDULE", "PreferNoSchedule": "PREFER_NO_SCHEDULE", "NoExecute": "NO_EXECUTE"}
_SPOKEN = {wire: spoken for spoken, wire in _EFFECTS.items()}
_STRICTER = ("PreferNoSchedule", "NoSchedule", "NoExecute")


def table(value: Plain) -> Mapping[str, Plain]:
    """A map, empty where it is null."""
    return value if isinstance(value, dict) else {}


def items(value: Plain) -> list[Plain]:
    """A list, empty where it is null."""
    return value if isinstance(value, list) else []


def create_request(desired: Attributes, tags: Mapping[str, str], token: str) -> Wire:
    """CreateNodegroup. What is not written is not sent, so that EKS chooses; `desired` alone is always said."""
    scaling = table(desired["scaling"])
    low = scaling["min"]
    first = scaling.get("desired")
    wire: Wire = {
        "clusterName": desired["cluster"],
        "nodegroupName": desired["name"],
        "subnets": desired["subnets"],
        "nodeRole": desired["node_role"],
        "scalingConfig": {"minSize": low, "maxSize": scaling["max"], "desiredSize": low if first is None else first},
        "instanceTypes": desired.get("instance_types"),
        "amiType": desired.get("ami_type"),
        "capacityType": desired.get("capacity_type"),
        "diskSize": desired.get("disk_size"),
        "launchTemplate": template(desired.get("launch_template")),
        "labels": dict(table(desired.get("labels"))),
        "taints": [wire_taint(t) for t in items(desired.get("taints"))],
        "updateConfig": upkeep.update_config(desired.get("update_config")),
        "nodeRepairConfig": upkeep.repair_config(desired) if desired.get("node_repair") else None,
        "warmPoolConfig": upkeep.warm_pool(desired["warm_pool"]) if desired.get("warm_pool") is not None else None,
        "version": desired.get("version"),
        "releaseVersion": desired.get("release_version"),
        "remoteAccess": _remote_access(desired.get("remote_access")),
        "tags": dict(tags),
        "clientRequestToken": token,
    }
    return {name: value for name, value in wire.items() if value is not None and value not in ({}, [])}


def wire_taint(taint: Plain) -> Wire:
    """A taint in EKS's spelling; an empty value is left out."""
    held = table(taint)
    value = {"value": held["value"]} if held.get("value") else {}
    return {"key": held["key"], **value, "effect": _EFFECTS[str(held["effect"])]}


def template(value: Plain) -> Wire | None:
    """A launch template: by its id where that is known, for EKS refuses both names of it."""
    held = table(value)
    if not held:
        return None
    named = {"id": held["id"]} if held.get("id") else {"name": held["name"]}
    return {**named, **({"version": held["version"]} if held.get("version") else {})}


def _remote_access(value: Plain) -> Wire | None:
    held = table(value)
    if not held:
        return None
    groups = items(held.get("source_security_groups"))
    return {"ec2SshKey": held["ec2_ssh_key"], **({"sourceSecurityGroups": groups} if groups else {})}


def observed(group: Wire, default_tags: Mapping[str, str], recorded: Attributes) -> dict[str, Plain]:
    """A node group that EKS described. `recorded` gives what EKS does not hold, and whether empty was written as empty."""
    own: dict[str, Plain] = {
        k: v for k, v in group.get("tags", {}).items() if not k.startswith("aws:") and k != OWNER and default_tags.get(k) != v
    }
    taints: list[Plain] = [
        {"key": t["key"], "value": t.get("value") or "", "effect": _SPOKEN.get(t["effect"], t["effect"])}
        for t in group.get("taints") or ()
    ]
    return {
        "cluster": group["clusterName"],
        "name": group["nodegroupName"],
        "subnets": sorted(group["subnets"]),
        "node_role": group["nodeRole"],
        "instance_types": group.get("instanceTypes"),
        "ami_type": group.get("amiType"),
        "capacity_type": group.get("capacityType"),
        "disk_size": group.get("diskSize"),
        "launch_template": _template(group.get("launchTemplate")),
        "labels": dict(group.get("labels") or {}) or _empty(recorded, "labels"),
        "taints": taints or _empty(recorded, "taints"),
        "scaling": _scaling(group.get("scalingConfig") or {}),
        **upkeep.observed(group),
        "version": group.get("version"),
        "release_version": group.get("releaseVersion"),
        "force_update": recorded.get("force_update", False),
        "remote_access": _observed_access(group.get("remoteAccess")),
        "autoscaler_tags": recorded.get("autoscaler_tags", True),
        "tags": own or _empty(recorded, "tags"),
        "arn": group["nodegroupArn"],
        "status": group["status"],
        "asg_names": list(asg_names(group)),
    }


def _empty(recorded: Attributes, name: str) -> Plain:
    return recorded.get(name) if recorded.get(name) in ({}, []) else None


def _template(wire: Wire | None) -> Plain:
    return {n: wire.get(n) for n in ("id", "name", "version")} if wire else None


def _scaling(wire: Wire) -> Plain:
    return {"min": wire.get("minSize"), "max": wire.get("maxSize"), "desired": wire.get("desiredSize")}


def _observed_access(wire: Wire | None) -> Plain:
    if not wire or not wire.get("ec2SshKey"):
        return None
    groups: Plain = sorted(wire.get("sourceSecurityGroups") or ()) or None
    return {"ec2_ssh_key": wire["ec2SshKey"], "source_security_groups": groups}


def asg_names(group: Wire) -> list[str]:
    """The Auto Scaling groups behind a node group; none until EKS has made them."""
    return [str(g["name"]) for g in (group.get("resources") or {}).get("autoScalingGroups") or ()]


def issues(group: Wire) -> list[Wire]:
    """The health issues of a node group."""
    return list((group.get("health") or {}).get("issues") or ())


def version_update(desired: Attributes, live: Attributes, changed: Collection[str]) -> Wire:
    """What UpdateNodegroupVersion has to be told, empty where nothing of it changed."""
    wire: Wire = {}
    if "version" in changed and desired.get("version") not in (None, live.get("version")):
        wire["version"] = desired["version"]
    if "release_version" in changed and desired.get("release_version") not in (None, live.get("release_version")):
        wire["releaseVersion"] = desired["release_version"]
    wanted, had = table(desired.get("launch_template")), table(live.get("launch_template"))
    if "launch_template" in changed and wanted.get("version") not in (None, had.get("version")):
        wire["launchTemplate"] = template({**had, "version": wanted["version"]})
    return {**wire, "force": True} if wire and desired.get("force_update") else wire


def config_update(desired: Attributes, live: Attributes, changed: Collection[str]) -> Wire:
    """What UpdateNodegroupConfig has to be told: deltas from `live`, empty where nothing of it changed."""
    wire: Wire = {
        "labels": _label_delta(table(desired.get("labels")), table(live.get("labels"))) if "labels" in changed else {},
        "taints": _taint_delta(desired.get("taints"), live.get("taints")) if "taints" in changed else {},
        "scalingConfig": _sizes(table(desired.get("scaling")), table(live.get("scaling"))) if "scaling" in changed else {},
        "updateConfig": upkeep.update_config(desired.get("update_config")) if "update_config" in changed else {},
        "nodeRepairConfig": upkeep.repair_config(desired) if {"node_repair", "node_repair_config"} & set(changed) else {},
        "warmPoolConfig": upkeep.warm_pool(desired.get("warm_pool")) if "warm_pool" in changed else {},
    }
    return {name: value for name, value in wire.items() if value}


def _label_delta(wanted: Mapping[str, Plain], had: Mapping[str, Plain]) -> Wire:
    changed = {k: v for k, v in wanted.items() if had.get(k) != v}
    gone = sorted(had.keys() - wanted.keys())
    return {**({"addOrUpdateLabels": changed} if changed else {}), **({"removeLabels": gone} if gone else {})}


def _taint_delta(wanted: Plain, had: Plain) -> Wire:
    new = {(t["key"], t["effect"]): t for t in map(wire_taint, items(wanted))}
    old = {(t["key"], t["effect"]): t for t in map(wire_taint, items(had))}
    changed = [t for k, t in sorted(new.items()) if old.get(k) != t]
    gone = [t for k, t in sorted(old.items()) if k not in new]
    return {**({"addOrUpdateTaints": changed} if changed else {}), **({"removeTaints": gone} if gone else {})}


def _sizes(wanted: Mapping[str, Plain], had: Mapping[str, Plain]) -> Wire:
    """Smallest and largest; how many there are is the autoscaler's, unless it lies outside of these now."""
    low, high, now = wanted["min"], wanted["max"], had.get("desired")
    if low == had.get("min") and high == had.get("max"):
        return {}
    sizes: Wire = {"minSize": low, "maxSize": high}
    if isinstance(now, int) and isinstance(low, int) and isinstance(high, int) and not low <= now <= high:
        sizes["desiredSize"] = min(max(now, low), high)
    return sizes


def group_tags(desired: Attributes, default_tags: Mapping[str, str], owner: str) -> dict[str, str]:
    """All tags of the node group, the mark of ownership among them."""
    own = {k: str(v) for k, v in table(desired.get("tags")).items()}
    return {**default_tags, **own, OWNER: owner}


def scaling_tags(attributes: Attributes) -> dict[str, str]:
    """What the Auto Scaling group is to be told of a node: labels, taints, devices. Empty where it is turned off."""
    if not attributes.get("autoscaler_tags"):
        return {}
    tags = {f"{NODE_TEMPLATE}/label/{k}": str(v) for k, v in table(attributes.get("labels")).items()}
    taints = [table(t) for t in items(attributes.get("taints"))]
    for taint in sorted(taints, key=lambda t: _STRICTER.index(str(t["effect"]))):
        tags[f"{NODE_TEMPLATE}/taint/{taint['key']}"] = f"{taint.get('value') or ''}:{taint['effect']}"
    types = items(attributes.get("instance_types"))
    found = known(types)
    if found and len(found) == len(types) and len({t.device for t in found}) == 1 and found[0].device:
        tags[f"{NODE_TEMPLATE}/resources/{found[0].device}"] = str(min(t.accelerators for t in found))
    return tags
