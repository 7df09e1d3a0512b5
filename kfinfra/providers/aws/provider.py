"""The aws provider: which room does what, for node groups, buckets and synced folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import DetailLine, Observed, Operation, Provider, ReadRequest, Run
from kfinfra.model.resource import Desired
from kfinfra.providers.aws import buckets, download, marks, nodegroups, reading, sync, sync_details, sync_plan
from kfinfra.providers.aws.client import Aws
from kfinfra.providers.aws.sync_schema import DOWNLOAD

READERS = 16


class AwsProvider:
    """EKS node groups and S3 over boto3."""

    def __init__(self, config: Attributes, env: Mapping[str, str]) -> None:
        self._aws = Aws(config, env)
        self._root = Path(env.get("KFINFRA_ROOT", "."))
        self._sizes: dict[Address, dict[str, int]] = {}
        self._coming: dict[Address, Mapping[str, int]] = {}
        self._seen: dict[Address, Attributes] = {}
        self._filling: set[tuple[Plain, Plain]] = set()
        tags = config.get("default_tags")
        self._tags = {k: str(v) for k, v in tags.items()} if isinstance(tags, dict) else {}

    def resolve(self, desired: Desired, recorded: Attributes | None) -> Desired:
        """A synced folder is scanned, a prefix to download listed: the manifest is known in the plan."""
        if desired.address.type != "s3_sync":
            return desired
        whole, self._coming[desired.address] = sync_plan.resolved(self._aws, self._root, desired, recorded, self._filling)
        found = whole.resource.attributes
        if found.get("direction") != DOWNLOAD:
            seen = self._seen.get(desired.address, recorded or {})
            place = (found.get("bucket"), found.get("prefix"))
            (self._filling.discard if seen.get("manifest") == found.get("manifest") else self._filling.add)(place)
        return whole

    def refresh(self, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
        """Node groups are listed once a cluster; S3 has no list with detail: its objects are read concurrently."""
        groups = [r for r in requests if r.address.type == "node_group"]
        others = [r for r in requests if r.address.type != "node_group"]
        found = nodegroups.observe(self._aws, groups, self._tags) if groups else {}
        with ThreadPoolExecutor(READERS) as pool:
            return {**found, **dict(zip((r.address for r in others), pool.map(self._observe, others), strict=True))}

    def _observe(self, request: ReadRequest) -> Observed:
        try:
            if request.address.type == "s3_sync":
                seen, self._sizes[request.address] = self._observe_sync(request)
                self._seen[request.address] = seen.attributes or {}
                return seen
            found = buckets.observe(self._aws, str(request.identity["name"]), self._tags)
        except DiagnosticError as problem:
            return Observed(None, problem.diagnostics)
        if found.attributes is None:
            return found
        kept = request.recorded.get("force_destroy", False)
        return replace(found, attributes={**found.attributes, "force_destroy": kept})

    def _observe_sync(self, request: ReadRequest) -> tuple[Observed, dict[str, int]]:
        if request.recorded.get("direction") == DOWNLOAD:
            return download.observe(self._root, request.recorded)
        return sync.observe(self._aws, request.identity, request.recorded)

    def read(self, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
        """Clusters, node groups, buckets and prefixes, side by side."""
        with ThreadPoolExecutor(READERS) as pool:
            return dict(zip((r.address for r in requests), pool.map(self._read, requests), strict=True))

    def _read(self, request: ReadRequest) -> Observed:
        try:
            if request.address.type == "eks_cluster":
                return reading.cluster(self._aws, str(request.identity["name"]))
            found = self.refresh([request])[request.address]
        except DiagnosticError as problem:
            return Observed(None, problem.diagnostics)
        if found.attributes is not None or found.diagnostics:
            return found
        return reading.not_there(self._aws, request)

    def details(self, address: Address, before: Attributes | None, after: Attributes | None) -> Iterable[DetailLine]:
        """A synced folder's files."""
        if address.type != "s3_sync":
            return ()
        coming, there = self._coming.get(address, {}), self._sizes.get(address, {})
        if after is not None and after.get("direction") != DOWNLOAD:
            coming = sync_details.sizes(self._root / str(after.get("source") or ""), before, after)
        return sync_details.details(before, after, coming, there)

    def create(self, operation: Operation) -> Run:
        """Makes a node group or a bucket, or uploads a folder."""
        if operation.address.type == "node_group":
            return nodegroups.create(self._aws, operation, self._tags)
        if operation.address.type == "s3_sync":
            return self._sync(operation)
        return buckets.create(self._aws, operation, self._tags)

    def update(self, operation: Operation) -> Run:
        """Sets what changed of a node group or a bucket, or uploads what changed of a folder."""
        if operation.address.type == "node_group":
            return nodegroups.update(self._aws, operation, self._tags)
        if operation.address.type == "s3_sync":
            return self._sync(operation)
        return self._configure(operation)

    def _sync(self, operation: Operation) -> Run:
        if operation.desired.get("direction") == DOWNLOAD:
            return (yield from download.fetch(self._aws, self._root, operation))
        made = yield from sync.upload(self._aws, self._root, operation)
        self._filling.discard((operation.desired["bucket"], operation.desired["prefix"]))
        return made

    def _configure(self, operation: Operation) -> Run:
        yield from ()
        return buckets.configure(self._aws, operation, self._tags, everything=False)

    def delete(self, operation: Operation) -> Run:
        """Deletes a node group, a bucket, or what was uploaded."""
        if operation.address.type == "node_group":
            return nodegroups.delete(self._aws, operation)
        if operation.address.type == "s3_sync":
            if operation.prior.get("direction") == DOWNLOAD:
                return download.remove(self._root, operation)
            return sync.remove(self._aws, operation)
        return buckets.delete(self._aws, operation)

    def mark(self, request: ReadRequest, owner: str | None) -> bool:
        """Sets or removes the tag of ownership."""
        return marks.mark(self._aws, self._root, request, owner)

    def close(self) -> None:
        """Ends connections."""
        self._aws.close()


def make_provider(config: Attributes, env: Mapping[str, str]) -> Provider:
    """The provider of one `provider "aws"` block. Connects at the first call."""
    return AwsProvider(config, env)
