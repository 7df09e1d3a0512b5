"""The ownership mark of objects that exist: put on them, or taken off. Nothing else of an object is touched."""

from __future__ import annotations

from pathlib import Path

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.ports import ReadRequest
from kfinfra.providers.aws import buckets, download, nodegroup_watch, sync
from kfinfra.providers.aws.client import Aws, translated
from kfinfra.providers.aws.nodegroup_translate import OWNER
from kfinfra.providers.aws.prefix import Prefix
from kfinfra.providers.aws.sync_schema import DOWNLOAD


def mark(aws: Aws, root: Path, request: ReadRequest, owner: str | None) -> bool:
    """Gives the object of `request` the mark `owner`, or none. Raises DiagnosticError where there is no such object."""
    match request.address.type:
        case "node_group":
            _node_group(aws, str(request.identity["cluster"]), str(request.identity["name"]), owner)
        case "s3_sync" if request.recorded.get("direction") == DOWNLOAD:
            download.mark(root, request.recorded, owner)
        case "s3_sync":
            sync.mark(Prefix(aws, str(request.identity["bucket"]), str(request.identity["prefix"])), owner)
        case _:
            buckets.mark(aws, str(request.identity["name"]), owner)
    return True


def _node_group(aws: Aws, cluster: str, name: str, owner: str | None) -> None:
    group = nodegroup_watch.describe(aws, cluster, name)
    if group is None:
        raise DiagnosticError(error("Node group is gone", f"The cluster {cluster} has no node group {name} any more."))
    eks = aws.service("eks")
    with translated(f"tag the node group {name}"):
        if owner is None:
            eks.untag_resource(resourceArn=group["nodegroupArn"], tagKeys=[OWNER])
        else:
            eks.tag_resource(resourceArn=group["nodegroupArn"], tags={OWNER: owner})
