"""EKS managed node groups: observed, created, changed and deleted; `nodegroup_watch` follows what was begun."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.address import Address
from kfinfra.model.ports import Checkpoint, Observed, Operation, ReadRequest, Run, Step, Wait
from kfinfra.providers.aws import nodegroup_translate as translate
from kfinfra.providers.aws import nodegroup_watch as watch
from kfinfra.providers.aws import scaling_groups
from kfinfra.providers.aws.client import Aws, code_of, translated

READERS = 16
IN_PLACE = frozenset(
    {"labels", "taints", "scaling", "update_config", "node_repair", "node_repair_config", "warm_pool", "tags", "autoscaler_tags"}
)
_SCALING_TAGS_OF = {"labels", "taints", "autoscaler_tags"}

Waiting = Generator[Step, None, translate.Wire]


def observe(aws: Aws, requests: Sequence[ReadRequest], default_tags: Mapping[str, str]) -> dict[Address, Observed]:
    """Looks up many groups: one list a cluster says which are there, those are described side by side."""
    with ThreadPoolExecutor(READERS) as pool:
        clusters = sorted({str(r.identity["cluster"]) for r in requests})
        names = dict(zip(clusters, pool.map(lambda c: _names(aws, c), clusters), strict=True))
        found = pool.map(lambda r: _observe(aws, r, names[str(r.identity["cluster"])], default_tags), requests)
        return scaling_groups.compared(aws, dict(zip((r.address for r in requests), found, strict=True)))


def _names(aws: Aws, cluster: str) -> frozenset[str] | DiagnosticError:
    from botocore.exceptions import ClientError

    try:
        with translated(f"list the node groups of {cluster}"):
            try:
                pages = list(aws.service("eks").get_paginator("list_nodegroups").paginate(clusterName=cluster))
            except ClientError as problem:
                if code_of(problem) == watch.MISSING:
                    return frozenset()
                raise
    except DiagnosticError as problem:
        return problem
    return frozenset(name for page in pages for name in page["nodegroups"])


def _observe(
    aws: Aws, request: ReadRequest, names: frozenset[str] | DiagnosticError, default_tags: Mapping[str, str]
) -> Observed:
    if isinstance(names, DiagnosticError):
        return Observed(None, names.diagnostics)
    cluster, name = str(request.identity["cluster"]), str(request.identity["name"])
    if name not in names:
        return Observed(None)
    try:
        group = watch.describe(aws, cluster, name)
    except DiagnosticError as problem:
        return Observed(None, problem.diagnostics)
    if group is None:
        return Observed(None)
    attributes = translate.observed(group, default_tags, request.recorded)
    return Observed(attributes, owner=group.get("tags", {}).get(translate.OWNER))


def create(aws: Aws, operation: Operation, default_tags: Mapping[str, str]) -> Run:
    """Makes the group and waits until its nodes are there. One that bears our mark already is taken over and adjusted."""
    desired = operation.desired
    cluster, name = str(desired["cluster"]), str(desired["name"])
    group = watch.describe(aws, cluster, name)
    if group is not None and group.get("tags", {}).get(translate.OWNER) != operation.owner:
        raise _exists(cluster, name)
    if group is not None and group["status"] == "DELETING":
        yield from watch.gone(aws, cluster, name)
        group = None
    adopted = group is not None
    if group is None:
        group = _make(aws, operation, default_tags)
    yield Checkpoint(translate.observed(group, default_tags, desired))
    group = yield from watch.active(aws, cluster, name)
    if adopted:
        return (yield from _change(aws, operation, group, default_tags, IN_PLACE))
    scaling_groups.tag(aws, translate.asg_names(group), translate.observed(group, default_tags, desired), {})
    return translate.observed(group, default_tags, desired)


def _make(aws: Aws, operation: Operation, default_tags: Mapping[str, str]) -> translate.Wire:
    from botocore.exceptions import ClientError

    cluster, name = str(operation.desired["cluster"]), str(operation.desired["name"])
    tags = translate.group_tags(operation.desired, default_tags, operation.owner)
    request = translate.create_request(operation.desired, tags, operation.token)
    with translated(f"create the node group {name}"):
        try:
            return dict(aws.service("eks").create_nodegroup(**request)["nodegroup"])
        except ClientError as problem:
            if code_of(problem) == watch.BUSY and "already exists" in str(problem):
                raise _exists(cluster, name) from problem
            if code_of(problem) == watch.MISSING:
                hint = "check `cluster`, and the region and account in use"
                raise DiagnosticError(
                    error("Cluster does not exist", f"There is no EKS cluster {cluster} to make {name} in.", hint=hint)
                ) from problem
            raise


def _exists(cluster: str, name: str) -> DiagnosticError:
    detail = f"The cluster {cluster} has a node group {name} that was not made by this configuration."
    return DiagnosticError(error("Node group already exists", detail, hint="choose another name, or import it"))


def update(aws: Aws, operation: Operation, default_tags: Mapping[str, str]) -> Run:
    """Changes what differs, one change at a time: versions first, then settings, then tags."""
    cluster, name = str(operation.desired["cluster"]), str(operation.desired["name"])
    group = watch.describe(aws, cluster, name)
    if group is None:
        detail = f"The cluster {cluster} has no node group {name} any more."
        raise DiagnosticError(error("Node group is gone", detail, hint="plan again"))
    return (yield from _change(aws, operation, group, default_tags, operation.changed))


def _change(
    aws: Aws, operation: Operation, group: translate.Wire, default_tags: Mapping[str, str], changed: frozenset[str]
) -> Run:
    desired, eks = operation.desired, aws.service("eks")
    cluster, name = str(desired["cluster"]), str(desired["name"])
    before = translate.observed(group, default_tags, operation.prior)
    for call, wire, what in (
        (eks.update_nodegroup_version, translate.version_update(desired, before, changed), "version"),
        (eks.update_nodegroup_config, translate.config_update(desired, before, changed), "settings"),
    ):
        if wire:
            token = str(uuid.uuid5(uuid.UUID(operation.token), f"{what}/{group.get('modifiedAt')}"))
            request = {"clusterName": cluster, "nodegroupName": name, **wire, "clientRequestToken": token}
            group = yield from _updated(aws, name, what, call, request)
            yield Checkpoint(translate.observed(group, default_tags, desired))
    if "tags" in changed:
        _tag(aws, group, translate.group_tags(desired, default_tags, operation.owner))
    if changed & _SCALING_TAGS_OF:
        after = {**translate.observed(group, default_tags, desired), "autoscaler_tags": desired.get("autoscaler_tags")}
        scaling_groups.tag(aws, translate.asg_names(group), after, before)
    return translate.observed(watch.still(watch.describe(aws, cluster, name), name), default_tags, desired)


def _updated(aws: Aws, name: str, what: str, call: Callable[..., Any], request: translate.Wire) -> Waiting:
    """Asks for an update, while another one runs again and again, and sees it through."""
    for seconds in watch.pauses():
        answer = watch.ask(f"update the {what} of the node group {name}", call, watch.BUSY, **request)
        if answer is not None:
            break
        yield Wait(seconds, "waiting for another change of the group to end")
    yield from watch.ended(aws, request["clusterName"], name, what, answer["update"]["id"] if answer else "")
    return (yield from watch.active(aws, request["clusterName"], name))


def delete(aws: Aws, operation: Operation) -> Run:
    """Deletes the group and waits until it is gone."""
    cluster, name = str(operation.prior["cluster"]), str(operation.prior["name"])
    eks = aws.service("eks")
    for seconds in watch.pauses():
        group = watch.describe(aws, cluster, name)
        if group is None:
            return {}
        if (owner := group.get("tags", {}).get(translate.OWNER)) != operation.owner:
            raise _not_ours(operation, owner)
        if group["status"] == "DELETING":
            break
        doing = f"delete the node group {name}"
        if watch.ask(doing, eks.delete_nodegroup, watch.BUSY, clusterName=cluster, nodegroupName=name) is not None:
            break
        yield Wait(seconds, "waiting for another change of the group to end")
    yield from watch.gone(aws, cluster, name)
    return {}


def _not_ours(operation: Operation, owner: str | None) -> DiagnosticError:
    mark = f'"{owner}"' if owner else "missing"
    detail = f"The node group {operation.prior['name']} is not deleted: its tag {translate.OWNER} is {mark}, so it is not ours."
    hint = f"drop it from state (kfinfra state rm {operation.address}), or delete it with aws eks delete-nodegroup"
    return DiagnosticError(error("Node group is not ours", detail, hint=hint))


def _tag(aws: Aws, group: translate.Wire, wanted: Mapping[str, str]) -> None:
    eks, arn, had = aws.service("eks"), group["nodegroupArn"], group.get("tags") or {}
    gone = sorted(k for k in had if k not in wanted and not k.startswith("aws:"))
    with translated(f"tag the node group {group['nodegroupName']}"):
        if gone:
            eks.untag_resource(resourceArn=arn, tagKeys=gone)
        eks.tag_resource(resourceArn=arn, tags=dict(wanted))
