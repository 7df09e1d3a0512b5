"""A prefix brought down to a folder, over HTTP: equal by content, resumed, and nothing of the user's overwritten unasked."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Attributes, Plain
from kfinfra.model.ports import Observed, Operation, Progress, ReadRequest, Step
from kfinfra.model.resource import Desired, Resource
from kfinfra.providers.aws import bulk
from kfinfra.providers.aws.client import Aws
from kfinfra.providers.aws.provider import AwsProvider
from kfinfra.providers.aws.record import PARTIAL, RECORD
from kfinfra.providers.aws.transfer import BotoTransfer, Transfer
from kfinfra.sandbox.aws import Aws as Server

KEYS = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
ADDRESS = Address("s3_sync", "down")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = Server()
    yield server.url
    server.stop()


@dataclass
class World:
    """A bucket with a prefix, a provider, and the folder it brings it to."""

    provider: AwsProvider
    s3: Any
    bucket: str
    root: Path

    @property
    def target(self) -> Path:
        return self.root / "down"

    def put(self, **files: str) -> None:
        for name, text in files.items():
            self.s3.put_object(Bucket=self.bucket, Key=f"p/{name.replace('__', '/')}", Body=text.encode())

    def desired(self, recorded: Attributes | None = None, depends: frozenset[Address] = frozenset(), **more: Plain) -> Desired:
        written: dict[str, Plain] = {
            "bucket": self.bucket,
            "prefix": "p",
            "direction": "download",
            "target": "down",
            "exclude": None,
        }
        every = {**written, "delete": False, "overwrite": False, "max_delete_percent": 50, "verify": False, **more}
        return self.provider.resolve(Desired(Resource(ADDRESS, every), "aws", depends), recorded)

    def run(self, prior: Attributes | None = None, owner: str = "me", **more: Plain) -> tuple[list[Step], Attributes]:
        attributes = dict(self.desired(prior, **more).resource.attributes)
        operation = Operation(ADDRESS, prior or {}, attributes, owner, "t", 60.0)
        running = self.provider.update(operation) if prior else self.provider.create(operation)
        steps = []
        while True:
            try:
                steps.append(next(running))
            except StopIteration as stop:
                return steps, stop.value

    def seen(self, recorded: Attributes) -> Observed:
        identity = {n: recorded[n] for n in ("bucket", "prefix")}
        return self.provider.refresh([ReadRequest(ADDRESS, identity, recorded)])[ADDRESS]

    def files(self) -> dict[str, str]:
        paths = (p for p in self.target.rglob("*") if p.is_file() and p.name != RECORD)
        return {str(p.relative_to(self.target)): p.read_text() for p in paths}


@pytest.fixture
def world(url: str, tmp_path: Path) -> Iterator[World]:
    env = {**KEYS, "AWS_ENDPOINT_URL": url, "KFINFRA_ROOT": str(tmp_path)}
    s3, bucket = Aws({}, env).s3, f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    made = World(AwsProvider({}, env), s3, bucket, tmp_path)
    yield made
    made.provider.close()


def refused(call: Any) -> DiagnosticError:
    with pytest.raises(DiagnosticError) as caught:
        call()
    return caught.value


def test_a_prefix_comes_down_and_a_second_look_finds_nothing_to_do(world: World) -> None:
    world.put(a="1", sub__b="2", sub__deep__c="3")
    world.s3.put_object(Bucket=world.bucket, Key="p/folder/", Body=b"")
    _, made = world.run()
    assert world.files() == {"a": "1", "sub/b": "2", "sub/deep/c": "3"}
    seen = world.seen(made)
    assert (seen.owner, seen.attributes) == ("me", made)
    assert world.desired(made).resource.attributes["manifest"] == made["manifest"]
    assert not (world.target / PARTIAL).exists()


def test_only_what_differs_is_fetched(world: World) -> None:
    world.put(a="1", b="2")
    _, made = world.run()
    before = (world.target / "b").stat().st_mtime_ns
    world.put(a="1!", c="3")
    steps, made = world.run(made)
    assert [s.total for s in steps if isinstance(s, Progress)][-1] == len("1!") + len("3")
    assert world.files() == {"a": "1!", "b": "2", "c": "3"}
    assert (world.target / "b").stat().st_mtime_ns == before


def test_a_sync_of_kfinfra_is_known_by_its_sha256(world: World) -> None:
    (world.root / "up").mkdir()
    (world.root / "up" / "a").write_text("1")
    address = Address("s3_sync", "up")
    written: dict[str, Plain] = {"bucket": world.bucket, "prefix": "p", "direction": "upload", "source": "up", "delete": False}
    up = world.provider.resolve(Desired(Resource(address, written), "aws"), None).resource.attributes
    waiting = world.desired().resource.attributes
    assert waiting["manifest"] is UNKNOWN, "what an upload of the same plan brings is not known yet"
    list(world.provider.create(Operation(address, {}, up, "me", "t", 60.0)))
    _, made = world.run()
    assert made["manifest"] == {"a": hashlib.sha256(b"1").hexdigest()}


def test_what_was_changed_here_is_drift_and_never_overwritten_unasked(world: World) -> None:
    world.put(a="1", b="2")
    _, made = world.run()
    (world.target / "a").write_text("mine")
    (world.target / "b").unlink()
    assert world.seen(made).attributes is not None
    assert (world.seen(made).attributes or {})["manifest"] == {"a": "changed here"}
    problem = refused(lambda: world.desired(made)).diagnostics[0]
    assert problem.summary == "Local changes would be overwritten"
    assert problem.detail.endswith("would be lost: a.")
    assert world.files() == {"a": "mine"}
    world.run(made, overwrite=True)
    assert world.files() == {"a": "1", "b": "2"}


def test_a_change_between_plan_and_apply_is_not_overwritten_either(world: World) -> None:
    world.put(a="1", b="2")
    attributes = dict(world.desired().resource.attributes)
    world.target.mkdir()
    (world.target / "a").write_text("mine")
    running = world.provider.create(Operation(ADDRESS, {}, attributes, "me", "t", 60.0))
    assert refused(lambda: list(running)).diagnostics[0].summary == "Local changes would be overwritten"
    assert world.files()["a"] == "mine"


def test_files_that_are_there_already_are_taken_over_where_they_are_the_same(world: World) -> None:
    world.put(a="1", b="2")
    world.target.mkdir()
    (world.target / "a").write_text("1")
    inode = (world.target / "a").stat().st_ino
    world.run()
    assert world.files() == {"a": "1", "b": "2"}
    assert (world.target / "a").stat().st_ino == inode


def test_what_is_gone_there_is_kept_here_unless_told(world: World) -> None:
    world.put(a="1", sub__b="2")
    _, made = world.run()
    world.s3.delete_object(Bucket=world.bucket, Key="p/sub/b")
    lines = list(world.provider.details(ADDRESS, made, world.desired(made).resource.attributes))
    assert [line.text for line in lines if not line.depth] == ["1 file no longer in the bucket, and kept (delete = false)"]
    _, made = world.run(made)
    assert "sub/b" in world.files()
    (world.target / "sub" / "b").write_text("mine")
    assert "would be lost: sub/b" in str(refused(lambda: world.desired(made, delete=True)))
    (world.target / "sub" / "b").write_text("2")
    world.run(made, delete=True)
    assert world.files() == {"a": "1"}
    assert not (world.target / "sub").exists()


def test_an_object_that_changes_meanwhile_is_not_taken_for_the_planned_one(world: World) -> None:
    world.put(a="1")
    attributes = dict(world.desired().resource.attributes)
    world.put(a="2")
    problem = refused(lambda: list(world.provider.create(Operation(ADDRESS, {}, attributes, "me", "t", 60.0))))
    assert problem.diagnostics[0].summary == "Object changed while it was synced"
    assert world.files() == {}


def test_an_empty_source_and_a_missing_bucket_are_refused_but_where_they_are_still_to_be_made(world: World) -> None:
    assert "holds no object" in str(refused(world.desired))
    upload = frozenset({Address("s3_sync", "up")})
    assert world.desired(depends=upload).resource.attributes["manifest"] is UNKNOWN
    assert "does not exist" in str(refused(lambda: world.desired(bucket="nowhere-at-all")))
    bucket = frozenset({Address("s3_bucket", "b")})
    assert world.desired(depends=bucket, bucket="nowhere-at-all").resource.attributes["manifest"] is UNKNOWN
    assert world.desired(bucket=UNKNOWN).resource.attributes["manifest"] is UNKNOWN


def test_most_files_are_not_deleted_at_once_without_being_told(world: World) -> None:
    world.put(**{f"f{i}": "x" for i in range(20)})
    _, made = world.run()
    for index in range(15):
        world.s3.delete_object(Bucket=world.bucket, Key=f"p/f{index}")
    problem = refused(lambda: world.desired(made, delete=True)).diagnostics[0]
    assert problem.summary == "Too many files would be deleted"
    assert problem.detail.startswith("15 of 20 files")
    world.run(made, delete=True, max_delete_percent=100)
    assert len(world.files()) == 5


@pytest.mark.parametrize("key", ["p/../x", "p/a//b", "p/./a", f"p/{RECORD}", f"p/{PARTIAL}/x"])
def test_a_key_that_leads_elsewhere_is_refused(world: World, key: str) -> None:
    world.put(a="1")
    world.s3.put_object(Bucket=world.bucket, Key=key, Body=b"x")
    assert refused(world.desired).diagnostics[0].summary == "Object key is no path"


def test_a_file_and_a_folder_of_one_name_are_refused(world: World) -> None:
    world.put(a="1", a__b="2")
    assert "no folder can hold both" in str(refused(world.desired))
    world.run(exclude=["/a/b"])
    assert world.files() == {"a": "1"}


def test_a_link_in_the_folder_leads_no_download_elsewhere(world: World) -> None:
    world.put(sub__b="2")
    world.target.mkdir()
    (world.root / "elsewhere").mkdir()
    (world.target / "sub").symlink_to(world.root / "elsewhere")
    assert "Path leads out of the folder" in str(refused(world.run))
    assert list((world.root / "elsewhere").iterdir()) == []


def test_another_folders_download_is_not_taken(world: World) -> None:
    world.put(a="1")
    world.run()
    assert "Folder is synced already" in str(refused(lambda: world.run(owner="somebody else")))


def test_destroying_takes_away_what_came_and_nothing_else(world: World) -> None:
    world.put(a="1", sub__b="2")
    _, made = world.run()
    (world.target / "mine").write_text("x")
    (world.target / "a").write_text("mine too")
    gone = Operation(ADDRESS, made, {}, "me", "t", 60.0)
    assert "Local changes would be overwritten" in str(refused(lambda: list(world.provider.delete(gone))))
    list(world.provider.delete(replace(gone, prior={**made, "overwrite": True})))
    assert world.files() == {"mine": "x"}
    assert world.seen(made) == Observed(None)
    assert list(world.provider.delete(gone)) == []


def test_an_interrupted_download_goes_on_and_leaves_nothing_half(world: World) -> None:
    world.put(a="1", b="2")
    _, made = world.run()
    (world.target / PARTIAL).mkdir()
    (world.target / PARTIAL / "0").write_text("half")
    record = json.loads((world.target / RECORD).read_text())
    del record["files"]["b"]
    (world.target / RECORD).write_text(json.dumps(record))
    inode = (world.target / "b").stat().st_ino
    steps, _ = world.run(made)
    assert [s.total for s in steps if isinstance(s, Progress)][-1] == len("2")
    assert (world.target / "b").stat().st_ino == inode
    assert not (world.target / PARTIAL).exists()


def test_the_direction_is_not_turned_round(world: World) -> None:
    world.put(a="1")
    (world.root / "up").mkdir()
    (world.root / "up" / "a").write_text("1")
    _, made = world.run()
    written = {**made, "direction": "upload", "source": "up", "target": None}
    problem = refused(lambda: world.provider.resolve(Desired(Resource(ADDRESS, written), "aws"), made)).diagnostics[0]
    assert problem.summary == "Direction cannot be changed"


def test_the_mark_moves_with_the_address(world: World) -> None:
    world.put(a="1")
    _, made = world.run()
    request = ReadRequest(ADDRESS, {"bucket": world.bucket, "prefix": "p"}, made)
    assert world.provider.mark(request, "other")
    assert world.seen(made).owner == "other"


def transfers(url: str) -> list[Transfer]:
    env = {**KEYS, "AWS_ENDPOINT_URL": url}
    aws = Aws({}, env)
    bucket = f"t-{uuid.uuid4()}"
    aws.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    fast = bulk.transfer_for(aws, bucket)
    assert isinstance(fast, bulk.ObstoreTransfer)
    return [BotoTransfer(aws, bucket), fast]


@pytest.mark.parametrize("size", [0, 10, 9_000_000, 70_000_000])
def test_both_transfers_do_the_same(url: str, tmp_path: Path, size: int) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(os.urandom(size))
    for sender in transfers(url):
        for key in ("p/k ü+&=#?%20", f"a//{size}"):
            sent: list[int] = []
            fetched: list[int] = []
            etag = sender.send(one, key, sent.append)
            assert etag.startswith('"')
            sender.fetch(key, etag, size, two, fetched.append)
            assert sum(sent) == sum(fetched) == size
            assert two.read_bytes() == one.read_bytes()
        with pytest.raises(DiagnosticError, match="no longer the object"):
            sender.fetch("p/none", etag, size, two, fetched.append)
        with pytest.raises(DiagnosticError, match="no longer the object"):
            sender.fetch(key, '"0123"', size, two, fetched.append)


def test_variables_of_this_process_lead_nothing_elsewhere(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    (tmp_path / "a").write_text("x")
    assert transfers(url)[1].send(tmp_path / "a", "a", print)


def test_a_setting_that_only_boto3_knows_keeps_to_boto3(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    encrypted = url.replace("http://", "https://")
    aws = Aws({}, {**KEYS, "AWS_ENDPOINT_URL": encrypted, "AWS_CA_BUNDLE": "/tmp/ca.pem"})
    assert isinstance(bulk.transfer_for(aws, "any"), BotoTransfer)


def test_certificates_mean_nothing_where_nothing_is_encrypted(url: str) -> None:
    aws = Aws({}, {**KEYS, "AWS_ENDPOINT_URL": url, "AWS_CA_BUNDLE": "/etc/hosts"})
    aws.s3.create_bucket(Bucket="certificates", CreateBucketConfiguration={"LocationConstraint": aws.s3.meta.region_name})
    assert isinstance(bulk.transfer_for(aws, "certificates"), bulk.ObstoreTransfer)
