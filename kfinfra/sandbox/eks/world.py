"""What one region holds: clusters, their node groups, and the tags of the Auto Scaling groups behind these."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kfinfra.sandbox.eks import groups as life
from kfinfra.sandbox.eks import validate
from kfinfra.sandbox.eks.errors import Refusal, invalid, missing
from kfinfra.sandbox.eks.groups import ACCOUNT, RELEASES, Group, Wire

GROUPS_OF_A_CLUSTER = 30
VERSION = "1.33"


@dataclass
class Cluster:
    """A cluster: `wire` is what DescribeCluster answers."""

    wire: Wire
    groups: dict[str, Group] = field(default_factory=dict)


@dataclass
class Region:
    """A region. `settle` is called with the time before anything else is asked of it."""

    name: str
    step: float
    now: float = 0.0
    clusters: dict[str, Cluster] = field(default_factory=dict)
    scaling_tags: dict[str, dict[str, Wire]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        role = f"arn:aws:iam::{ACCOUNT}:role/sandbox"
        self.create_cluster({"name": "sandbox", "version": VERSION, "roleArn": role, "resourcesVpcConfig": {}})

    def settle(self, now: float) -> None:
        """Ends what had to end by `now`, and forgets what is gone."""
        self.now = now
        for cluster in self.clusters.values():
            for group in cluster.groups.values():
                group.settle(now)
            for name in [n for n, g in cluster.groups.items() if g.gone]:
                for scaling in cluster.groups.pop(name).wire["resources"]["autoScalingGroups"]:
                    self.scaling_tags.pop(scaling["name"], None)

    def cluster(self, name: str) -> Cluster:
        """A cluster. Raises Refusal."""
        if name not in self.clusters:
            raise missing(f"No cluster found for name: {name}.")
        return self.clusters[name]

    def group(self, cluster: str, name: str) -> Group:
        """A node group. Raises Refusal."""
        found = self.cluster(cluster).groups.get(name)
        if found is None:
            raise missing(f"No node group found for name: {name}.")
        return found

    def create_cluster(self, body: Mapping[str, Any]) -> Wire:
        """A cluster, at once. Raises Refusal."""
        for member in ("name", "roleArn", "resourcesVpcConfig"):
            if body.get(member) is None:
                raise invalid(f"The following parameter is required: {member}")
        name, version = body["name"], body.get("version") or VERSION
        if name in self.clusters:
            raise Refusal("ResourceInUseException", f"Cluster already exists with name: {name}")
        if version not in validate.VERSIONS:
            raise invalid(f"unsupported Kubernetes version {version}")
        wire = {
            "name": name,
            "arn": f"arn:aws:eks:{self.name}:{ACCOUNT}:cluster/{name}",
            "createdAt": self.now,
            "version": version,
            "endpoint": f"https://{uuid.uuid4().hex.upper()}.gr7.{self.name}.eks.amazonaws.com",
            "roleArn": body["roleArn"],
            "resourcesVpcConfig": dict(body["resourcesVpcConfig"]),
            "status": "ACTIVE",
            "certificateAuthority": {"data": ""},
            "platformVersion": "eks.1",
            "tags": dict(body.get("tags") or {}),
        }
        self.clusters[name] = Cluster(wire)
        return wire

    def delete_cluster(self, name: str) -> Wire:
        """Takes an empty cluster away, at once. Raises Refusal."""
        cluster = self.cluster(name)
        if cluster.groups:
            raise Refusal("ResourceInUseException", "Cluster has nodegroups attached")
        del self.clusters[name]
        return {**cluster.wire, "status": "DELETING"}

    def create_group(self, cluster: str, body: Mapping[str, Any]) -> Wire:
        """A node group that is being created. The same token with the same words gives the same group. Raises Refusal."""
        found = self.cluster(cluster)
        token = body.get("clientRequestToken")
        same = next((g for g in found.groups.values() if token and g.token == token), None)
        if same is not None:
            if same.request != body:
                raise Refusal("InvalidRequestException", "The client request token was used with other parameters")
            return same.wire
        validate.check_create(body, found.wire["version"])
        name = body["nodegroupName"]
        if name in found.groups:
            detail = f"NodeGroup already exists with name {name} and cluster name {cluster}"
            raise Refusal("ResourceInUseException", detail)
        if len(found.groups) >= GROUPS_OF_A_CLUSTER:
            detail = f"The maximum number of nodegroups per cluster ({GROUPS_OF_A_CLUSTER}) has been reached"
            raise Refusal("ResourceLimitExceededException", detail)
        group = life.new_group(body, cluster, found.wire["version"], self.name, self.now)
        group.start("CREATING", self.now + self.step, lambda: life.created(group))
        found.groups[name] = group
        return group.wire

    def delete_group(self, cluster: str, name: str) -> Wire:
        """A node group that is being deleted. Raises Refusal."""
        group = self.group(cluster, name)
        if group.wire["status"] != "DELETING":
            life.begin_delete(group, self.now + self.step)
        return group.wire

    def update_config(self, cluster: str, name: str, body: Wire) -> Wire:
        """UpdateNodegroupConfig. Raises Refusal."""
        group = self.group(cluster, name)
        change = _config(group.wire, body)
        return life.begin_update(group, "ConfigUpdate", body, change, self.now + self.step, self.now)

    def update_version(self, cluster: str, name: str, body: Wire) -> Wire:
        """UpdateNodegroupVersion. Raises Refusal."""
        group = self.group(cluster, name)
        change = _version(group.wire, body, self.cluster(cluster).wire["version"])
        return life.begin_update(group, "VersionUpdate", body, change, self.now + self.step, self.now)


def _config(wire: Wire, body: Wire) -> Wire:
    """What an update of settings makes of a group. Raises Refusal."""
    known = {"labels", "taints", "scalingConfig", "updateConfig", "nodeRepairConfig", "warmPoolConfig"}
    given = body.keys() - {"clientRequestToken"}
    if not given or given - known:
        raise invalid(f"Unknown parameter: {min(given - known)}" if given else "No changes needed for nodegroup config")
    change: Wire = {}
    if "labels" in body:
        added, gone = body["labels"].get("addOrUpdateLabels") or {}, body["labels"].get("removeLabels") or []
        validate.check_labels(added)
        change["labels"] = {**{k: v for k, v in wire["labels"].items() if k not in gone}, **added}
    if "taints" in body:
        change["taints"] = _taints(wire.get("taints") or [], body["taints"])
    if "scalingConfig" in body:
        change["scalingConfig"] = {**wire["scalingConfig"], **body["scalingConfig"]}
        validate.check_scaling(change["scalingConfig"])
    if "updateConfig" in body:
        validate.check_update_config(body["updateConfig"])
        change["updateConfig"] = body["updateConfig"]
    if "nodeRepairConfig" in body:
        validate.check_repair(body["nodeRepairConfig"])
        change["nodeRepairConfig"] = body["nodeRepairConfig"]
    if "warmPoolConfig" in body:
        validate.check_warm_pool(body["warmPoolConfig"], wire)
        change["warmPoolConfig"] = body["warmPoolConfig"]
    return change


def _taints(had: list[Wire], delta: Wire) -> list[Wire]:
    added, gone = delta.get("addOrUpdateTaints") or [], delta.get("removeTaints") or []
    validate.check_taints(added)
    validate.check_taints(gone)
    table = {(t["key"], t["effect"]): t for t in had}
    for taint in gone:
        if table.pop((taint["key"], taint["effect"]), None) is None:
            raise invalid(f"Taint {taint['key']} with effect {taint['effect']} is not on the nodegroup")
    table |= {(t["key"], t["effect"]): t for t in added}
    validate.check_taints(table.values())
    return list(table.values())


def _version(wire: Wire, body: Wire, cluster_version: str) -> Wire:
    """What an update of versions makes of a group. Raises Refusal."""
    template, version = body.get("launchTemplate"), body.get("version")
    validate.check_version(version, cluster_version)
    if version is not None and validate.VERSIONS.index(version) < validate.VERSIONS.index(wire["version"]):
        raise Refusal("InvalidRequestException", f"Version {version} is older than the nodegroup's {wire['version']}")
    change: Wire = {"version": version or wire["version"]}
    change["releaseVersion"] = body.get("releaseVersion") or RELEASES[change["version"]]
    if not change["releaseVersion"].startswith(change["version"] + "."):
        raise invalid(f"Requested release version {change['releaseVersion']} is not valid for {change['version']}")
    if template is not None:
        validate.check_template_name(template)
        had = wire.get("launchTemplate")
        if had is None or any(template.get(n) not in (None, had[n]) for n in ("id", "name")):
            raise Refusal("InvalidRequestException", "You cannot specify another launch template than the nodegroup's")
        change["launchTemplate"] = {**had, "version": template.get("version") or "1"}
    return change
