"""Credentials as boto3's users expect them, and a sync that goes on where it was interrupted, over HTTP."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import Plain
from kfinfra.model.ports import Operation, Progress
from kfinfra.providers.aws import buckets, sync
from kfinfra.providers.aws.client import Aws, translated
from kfinfra.providers.aws.prefix import Entry, Manifest, Prefix, quoted
from kfinfra.sandbox.aws import Aws as Server

ROLE = {"role_arn": "arn:aws:iam::123456789012:role/deploy", "session_name": "ci"}


@pytest.fixture(scope="module")
def env() -> Iterator[dict[str, str]]:
    server = Server()
    keys = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
    made = {**keys, "AWS_ENDPOINT_URL": server.url}
    Aws({}, made).s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield made
    server.stop()


def test_a_role_is_taken_with_credentials_of_its_own(env: dict[str, str]) -> None:
    plain, role = Aws({}, env), Aws({"assume_role": dict(ROLE)}, env)
    assert plain.service("sts").get_caller_identity()["Arn"] != role.service("sts").get_caller_identity()["Arn"]
    assert "assumed-role/deploy/ci" in role.service("sts").get_caller_identity()["Arn"]
    assert "Buckets" in role.s3.list_buckets()


def operation(owner: str, files: dict[str, str]) -> Operation:
    manifest: dict[str, Plain] = {n: hashlib.sha256(t.encode()).hexdigest() for n, t in files.items()}
    desired: dict[str, Plain] = {"bucket": "data", "prefix": "p", "source": ".", "manifest": manifest}
    return Operation(Address("s3_sync", "a"), {}, desired, owner, "t", 60.0)


def test_a_sync_that_was_interrupted_sends_only_the_rest(env: dict[str, str], tmp_path: Path) -> None:
    aws, files = Aws({}, env), {"a": "1", "b": "2", "c": "3"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    first = {n: files[n] for n in ("a", "b")}
    list(sync.upload(aws, tmp_path, operation("me", first)))
    aws.s3.put_object(Bucket="data", Key="p/b", Body=b"by hand")
    steps = list(sync.upload(aws, tmp_path, operation("me", files)))
    assert [s.total for s in steps if isinstance(s, Progress)] == [2, 2]
    assert aws.s3.get_object(Bucket="data", Key="p/b")["Body"].read() == b"2"


def test_a_prefix_of_another_configuration_is_not_taken(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    theirs, mine = operation("somebody", {"a": "mine"}), operation("somebody else", {"a": "mine"})
    list(sync.upload(Aws({}, env), tmp_path, replace(theirs, desired={**theirs.desired, "prefix": "q"})))
    with pytest.raises(DiagnosticError, match="synced already"):
        list(sync.upload(Aws({}, env), tmp_path, replace(mine, desired={**mine.desired, "prefix": "q"})))


def test_two_syncs_at_once_do_not_write_over_each_others_manifest(env: dict[str, str], tmp_path: Path) -> None:
    aws = Aws({}, env)
    aws.s3.create_bucket(Bucket="fence", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    place = Prefix(aws, "fence", "p")
    place.write(Manifest("me"))
    mine, theirs = place.manifest(), place.manifest()
    assert mine is not None and theirs is not None
    place.write(replace(mine, etag=place.write(replace(mine, left=["x"])), left=["y"]))
    with pytest.raises(DiagnosticError, match="synced meanwhile"):
        place.write(theirs)
    with pytest.raises(DiagnosticError, match="synced meanwhile"):
        place.write(Manifest("me"))


def test_verify_reads_what_lies_in_the_bucket(env: dict[str, str], tmp_path: Path) -> None:
    aws, files = Aws({}, env), {"a": "1", "b": "2"}
    aws.s3.create_bucket(Bucket="verified", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    asked = operation("me", files)
    asked = replace(asked, desired={**asked.desired, "bucket": "verified"})
    list(sync.upload(aws, tmp_path, asked))
    place = Prefix(aws, "verified", "p")
    manifest = place.manifest()
    assert manifest is not None
    place.write(replace(manifest, files={**manifest.files, "a": Entry("0" * 64, manifest.files["a"].etag)}))
    identity: dict[str, Plain] = {"bucket": "verified", "prefix": "p"}
    trusting, _ = sync.observe(aws, identity, {})
    assert trusting.attributes is not None and trusting.attributes["manifest"]["a"] == "0" * 64  # type: ignore[index, call-overload]
    verified, _ = sync.observe(aws, identity, {"verify": True})
    assert verified.attributes is not None
    assert verified.attributes["manifest"] == {
        "a": f"spoiled (sha256 {hashlib.sha256(b'1').hexdigest()})",
        "b": hashlib.sha256(b"2").hexdigest(),
    }


class Elsewhere(BaseHTTPRequestHandler):
    """What is no AWS: a login page, or a proxy's refusal."""

    status = 200

    def _answer(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", "12")
        self.end_headers()
        self.wfile.write(b"<html>login>" if self.command != "HEAD" else b"")

    do_GET = do_HEAD = do_PUT = do_POST = _answer

    def log_message(self, *words: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_a_login_page_is_not_taken_for_aws(status: int) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Page", (Elsewhere,), {"status": status}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    keys = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
    aws = Aws({}, {**keys, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"})
    calls = (lambda: aws.s3.head_bucket(Bucket="b"), lambda: aws.service("eks").list_nodegroups(clusterName="c"))
    for call in calls:
        with pytest.raises(DiagnosticError) as caught, translated("look"):
            call()
        (found,) = caught.value.diagnostics
        assert found.summary == "Not an AWS server"
        assert f"HTTP {status}" in found.detail
    server.shutdown()


PROFILES = """\
[profile process]
credential_process = /bin/false
[profile half]
aws_access_key_id = x
[profile role]
role_arn = arn:aws:iam::123456789012:role/x
source_profile = missing
[profile sso]
sso_session = s
sso_account_id = 123456789012
sso_role_name = x
[sso-session s]
sso_region = eu-west-1
sso_start_url = https://x.awsapps.com/start
"""


@pytest.mark.parametrize("profile", ["process", "half", "role", "sso", "nowhere"])
def test_credentials_that_cannot_be_had_are_one_diagnostic(profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(PROFILES)
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(DiagnosticError) as caught, translated("look"):
        Aws({"profile": profile, "region": "eu-west-1"}, dict(os.environ)).s3.list_buckets()
    (found,) = caught.value.diagnostics
    assert (found.summary, found.hint) == ("No AWS credentials", "set AWS_PROFILE, or log in (aws sso login)")


def test_a_refused_connection_says_where_it_was_tried() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}
    aws = Aws({}, {**keys, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    with pytest.raises(DiagnosticError, match=r"AWS cannot be reached: Could not look: .*127.0.0.1:9"), translated("look"):
        aws.s3.list_buckets()


def test_a_profile_of_this_process_that_is_not_the_environments_has_no_say(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken").write_text("[broken")
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "broken"))
    assert "Buckets" in Aws({}, {**env, "AWS_CONFIG_FILE": os.devnull}).s3.list_buckets()


def test_what_somebody_made_in_the_place_of_ours_is_not_deleted(env: dict[str, str], tmp_path: Path) -> None:
    aws = Aws({}, env)
    aws.s3.create_bucket(Bucket="replaced", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    aws.s3.put_object(Bucket="replaced", Key="theirs", Body=b"x")
    prior: dict[str, Plain] = {"name": "replaced", "force_destroy": True}
    with pytest.raises(DiagnosticError, match="Bucket is not ours"):
        list(buckets.delete(aws, Operation(Address("s3_bucket", "b"), prior, {}, "me", "t", 60.0)))
    assert aws.s3.get_object(Bucket="replaced", Key="theirs")["Body"].read() == b"x"
    (tmp_path / "a").write_text("mine")
    theirs = operation("somebody", {"a": "mine"})
    place: dict[str, Plain] = {**theirs.desired, "prefix": "theirs"}
    list(sync.upload(aws, tmp_path, replace(theirs, desired=place)))
    with pytest.raises(DiagnosticError, match="Synced folder is not ours"):
        list(sync.remove(aws, Operation(theirs.address, place, {}, "me", "t", 60.0)))
    assert aws.s3.get_object(Bucket="data", Key="theirs/a")["Body"].read() == b"mine"


def test_an_etag_is_the_same_with_and_without_quotes() -> None:
    assert quoted("abc") == quoted('"abc"') == '"abc"'


def test_a_login_page_that_everything_is_redirected_to_is_told() -> None:
    class Page(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(302)
            self.send_header("Location", "https://login.example/dex")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    env = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": url}
    try:
        with pytest.raises(DiagnosticError) as caught, translated("read the bucket"):
            Aws({}, env).s3.head_bucket(Bucket="data")
    finally:
        server.shutdown()
    (found,) = caught.value.diagnostics
    assert found.summary == "Not an AWS server"
    assert found.detail == "HeadBucket was answered with a redirect (HTTP 302) to https://login.example/dex."
