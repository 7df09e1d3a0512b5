"""How many requests a refresh makes of AWS, counted at the server; and what a sync makes of what a killed one left."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import Plain
from kfinfra.model.ports import Operation, Progress, ReadRequest
from kfinfra.providers.aws import prefix, sync
from kfinfra.providers.aws.client import Aws
from kfinfra.providers.aws.file_index import index_path, look, now
from kfinfra.providers.aws.provider import make_provider
from kfinfra.providers.aws.scan import scan
from kfinfra.sandbox.aws import with_bucket_tags
from kfinfra.sandbox.eks.app import make_app
from kfinfra.sandbox.http import Served

KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1"}
WHERE = {"LocationConstraint": "eu-west-1"}


class Counted:
    """moto's S3 behind a counter of requests."""

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app

        self.calls: Counter[str] = Counter()
        self.meanwhile: Callable[[str], None] = lambda path: None
        self._app = with_bucket_tags(DomainDispatcherApplication(create_backend_app))
        self.server = make_server("127.0.0.1", 0, self._count, threaded=True, request_handler=MotoRequestHandler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _count(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        query = environ["QUERY_STRING"].split("=")[0]
        self.calls[f"{environ['REQUEST_METHOD']} {query}".strip()] += 1
        if environ["REQUEST_METHOD"] == "PUT":
            self.meanwhile(environ["PATH_INFO"])
        return self._app(environ, start_response)


@pytest.fixture(scope="module")
def s3() -> Iterator[Counted]:
    counted = Counted()
    yield counted
    counted.server.shutdown()


@pytest.fixture(scope="module")
def aws(s3: Counted) -> Aws:
    return Aws({}, {**KEYS, "AWS_ENDPOINT_URL": s3.url})


class CountedEks:
    """The sandbox's EKS behind a counter of requests."""

    def __init__(self) -> None:
        self.app: Any = make_app(0)
        self.calls: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.calls[f"{scope['method']} {'/'.join(scope['path'].split('/')[:4])}"] += 1
        await self.app(scope, receive, send)


@pytest.mark.parametrize("count", [1, 5])
def test_a_bucket_costs_a_call_for_each_setting_and_no_more(s3: Counted, aws: Aws, count: int) -> None:
    names = [f"counted-{count}-{n}" for n in range(count)]
    for name in names:
        aws.s3.create_bucket(Bucket=name, CreateBucketConfiguration=WHERE)
    provider = make_provider({}, {**KEYS, "AWS_ENDPOINT_URL": s3.url})
    s3.calls.clear()
    found = provider.refresh([ReadRequest(Address("s3_bucket", n), {"name": n}, {}) for n in names])
    assert all(o.attributes is not None for o in found.values())
    settings = ("tagging", "publicAccessBlock", "lifecycle", "policy", "encryption", "versioning")
    assert s3.calls == {"HEAD": count, **{f"GET {s}": count for s in settings}}
    provider.close()


@pytest.mark.parametrize("count", [1, 5])
def test_node_groups_cost_a_list_a_call_each_and_one_for_their_scaling_groups(count: int) -> None:
    eks = CountedEks()
    served = Served(eks)
    endpoints = {"AWS_ENDPOINT_URL_EKS": served.url, "AWS_ENDPOINT_URL_AUTO_SCALING": served.url}
    provider = make_provider({}, {**KEYS, **endpoints})
    client = Aws({}, {**KEYS, **endpoints}).service("eks")
    names = [f"g{n}" for n in range(count)]
    for name in names:
        more = {"subnets": ["subnet-1"], "nodeRole": "arn:aws:iam::123456789012:role/nodes", "labels": {"pool": name}}
        client.create_nodegroup(clusterName="sandbox", nodegroupName=name, **more)
    recorded: dict[str, Plain] = {"autoscaler_tags": True}
    requests = [ReadRequest(Address("node_group", n), {"cluster": "sandbox", "name": n}, recorded) for n in names]
    provider.refresh(requests)
    eks.calls.clear()
    found = provider.refresh(requests)
    assert all(o.attributes is not None for o in found.values())
    assert eks.calls == {"GET /clusters/sandbox/node-groups": 1 + count, "POST /": 1}
    provider.close()
    served.stop()


def operation(owner: str, files: list[str], **more: Plain) -> Operation:
    manifest: dict[str, Plain] = {name: sha256(name.encode()).hexdigest() for name in files}
    desired: dict[str, Plain] = {"bucket": "synced", "prefix": "p", "source": ".", "manifest": manifest, **more}
    return Operation(Address("s3_sync", "a"), {"bucket": "synced", "prefix": "p"}, desired, owner, "t", 60.0)


def folder(root: Path, files: list[str]) -> Path:
    root.mkdir(exist_ok=True)
    for name in files:
        (root / name).write_text(name)
    return root


def test_files_are_deleted_a_thousand_in_a_request(s3: Counted, aws: Aws, tmp_path: Path) -> None:
    names = [f"n{n:02}" for n in range(12)]
    aws.s3.create_bucket(Bucket="synced", CreateBucketConfiguration=WHERE)
    list(sync.upload(aws, folder(tmp_path, names), operation("me", names)))
    s3.calls.clear()
    list(sync.upload(aws, tmp_path, operation("me", names[:2], delete=True)))
    assert s3.calls["POST delete"] == 1 and s3.calls["DELETE"] == 0
    place = prefix.Prefix(aws, "synced", "p")
    assert set(place.objects()) == {*names[:2], prefix.MANIFEST}
    steps = [s for s in sync.remove(aws, operation("me", names[:2])) if isinstance(s, Progress)]
    assert [s.done for s in steps] == [2]
    assert place.objects() == {}
    assert list(place.delete(f"none-{n}" for n in range(2500))) == [1000, 1000, 500]


def test_an_upload_in_parts_that_was_killed_is_ended_by_the_next_sync_and_no_other(aws: Aws, tmp_path: Path) -> None:
    aws.s3.create_bucket(Bucket="parts", CreateBucketConfiguration=WHERE)
    for key in ("p/big", "p/of-others", "q/big"):
        aws.s3.create_multipart_upload(Bucket="parts", Key=key)
    wanted = operation("me", ["big"], bucket="parts")
    list(sync.upload(aws, folder(tmp_path, ["big"]), wanted))
    left = [u["Key"] for u in aws.s3.list_multipart_uploads(Bucket="parts")["Uploads"]]
    assert left == ["p/of-others", "q/big"]


def test_a_manifest_that_is_none_is_said_to_be_damaged(aws: Aws) -> None:
    aws.s3.create_bucket(Bucket="damaged", CreateBucketConfiguration=WHERE)
    aws.s3.put_object(Bucket="damaged", Key="p/.kfinfra-manifest.json", Body=b"<html>")
    with pytest.raises(DiagnosticError, match="Manifest is damaged") as raised:
        sync.observe(aws, {"bucket": "damaged", "prefix": "p"}, {})
    assert "s3://damaged/p/.kfinfra-manifest.json" in raised.value.diagnostics[0].detail


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda path: path.write_text("more than there was"), True),
        (lambda path: path.write_text("gib"), True),
        (lambda path: path.unlink(), True),
        (lambda path: path.with_name("new").write_text("big") and path.with_name("new").replace(path), True),
        (lambda path: path.chmod(0o600), False),
    ],
)
@pytest.mark.parametrize("young", [False, True])
def test_a_file_that_is_changed_while_it_is_sent_is_not_in_the_manifest(
    s3: Counted, aws: Aws, tmp_path: Path, change: Callable[[Path], object], told: bool, young: bool
) -> None:
    bucket = tmp_path.name.replace("_", "-").lower()[:50].strip("-")
    aws.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=WHERE)
    path = folder(tmp_path, ["big"]) / "big"
    ago = path.stat().st_mtime_ns - (0 if young else 10**12)
    os.utime(path, ns=(ago, ago))
    s3.meanwhile = lambda key: change(path) if key.endswith("/big") else None  # type: ignore[func-returns-value]
    wanted = operation("me", ["big"], bucket=bucket)
    try:
        if told:
            with pytest.raises(DiagnosticError, match="changed while it was synced"):
                list(sync.upload(aws, tmp_path, wanted))
        else:
            list(sync.upload(aws, tmp_path, wanted))
    finally:
        s3.meanwhile = lambda path: None
    found = prefix.Prefix(aws, bucket, "p").manifest()
    assert (found is None or not found.files) if told else (found is not None and set(found.files) == {"big"})


def test_a_file_is_read_once_where_it_looks_as_it_did_in_the_scan(aws: Aws, tmp_path: Path) -> None:
    aws.s3.create_bucket(Bucket="once", CreateBucketConfiguration=WHERE)
    wanted = operation("me", ["a", "b"], bucket="once")
    index = index_path(tmp_path, wanted.address)
    scan(folder(tmp_path / "files", ["a", "b"]), [], index)
    first, rest = index.read_text().split("\n", 1)
    other = sha256(b"what only the index says").hexdigest()
    index.write_text(f"{int(first) + 10**15}\n{rest.replace(sha256(b'a').hexdigest(), other)}")
    while not look(tmp_path / "files" / "b").is_older_than(now()):
        time.sleep(0.01)
    planned: dict[str, Plain] = {"a": other, "b": sha256(b"b").hexdigest()}
    list(sync.upload(aws, tmp_path, replace(wanted, desired={**wanted.desired, "source": "files", "manifest": planned})))
    found = prefix.Prefix(aws, "once", "p").manifest()
    assert found is not None and {n: e.sha256 for n, e in found.files.items()} == planned
    (tmp_path / "files" / "a").write_text("A")
    again = {**wanted.desired, "source": "files", "prefix": "q", "manifest": planned}
    with pytest.raises(DiagnosticError, match="changed while it was synced"):
        list(sync.upload(aws, tmp_path, replace(wanted, prior={}, desired=again)))


def test_a_prefix_lists_keys_of_every_form(aws: Aws) -> None:
    aws.s3.create_bucket(Bucket="odd", CreateBucketConfiguration=WHERE)
    names = ["a//b", "é ü", "1 + 1", "100%25", "<&>\"'", "folder/", "p/p/p", "~"]
    sent = {name: aws.s3.put_object(Bucket="odd", Key=f"p/{name}", Body=name.encode())["ETag"] for name in names}
    aws.s3.put_object(Bucket="odd", Key="p-other/x", Body=b"")
    assert prefix.Prefix(aws, "odd", "p").objects() == {n: prefix.Listed(sent[n], len(n.encode())) for n in names}
