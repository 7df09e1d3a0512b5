"""State in S3: what the server does with conditions, what it refuses, and answers that are lost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kfinfra.config.backends import Backend
from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.state.document import State
from kfinfra.state.journal import Failure, Intent
from kfinfra.state.sealing import Unsealed
from kfinfra.state.store import StateStore
from kfinfra.stores.lock_object import LockObject
from kfinfra.stores.locking import new_holder
from kfinfra.stores.making import make_workspaces
from kfinfra.stores.remote import RemoteStore
from kfinfra.stores.s3 import S3Objects
from tests.fakes.s3 import ENV, Answer, FakeS3, failed

PVC = Address("pvc", "data")
INTENT = Intent(PVC, "create", {"name": "data"}, "kubernetes", "t", "d")
FIRST, SECOND = State("lineage", "00", 1), State("lineage", "00", 2)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeS3]:
    made = FakeS3()
    yield made
    made.stop()


@pytest.fixture
def make(server: FakeS3, request: pytest.FixtureRequest, tmp_path: Any) -> Callable[..., StateStore]:
    """Makes stores in a bucket of the test's own."""
    bucket = server.bucket(f"b{abs(hash(request.node.name))}")

    def made(**arguments: Any) -> StateStore:
        config = {"bucket": bucket, "key": "env/s.kfstate", "endpoints": {"s3": server.url}, **arguments}
        return make_workspaces(Backend("s3", config), tmp_path, ENV).store("default")

    made.bucket = bucket  # type: ignore[attr-defined]
    return made


def keys(server: FakeS3, make: Any) -> list[str]:
    return server.keys(make.bucket)


def test_everything_lies_beside_the_key_and_nothing_is_left_over(server: FakeS3, make: Any) -> None:
    store = make()
    with store.lock("apply", 0):
        assert "env/s.kfstate.lock" in keys(server, make)
        store.write(FIRST)
        store.append(INTENT)
        assert any(k.startswith("env/s.kfstate.journal/") for k in keys(server, make))
        store.write(SECOND)
    assert keys(server, make) == ["env/s.kfstate", "env/s.kfstate.backup"]


def test_a_server_that_ignores_if_none_match_is_refused(server: FakeS3, make: Any) -> None:
    def ignoring(environ: dict[str, Any]) -> None:
        environ.pop("HTTP_IF_NONE_MATCH", None)

    with (
        server.doing(before=ignoring),
        pytest.raises(DiagnosticError, match=r"ignores conditional writes \(If-None-Match\)"),
        make().lock("apply", 0),
    ):
        raise AssertionError("the lock must not be granted")
    assert keys(server, make) == []


def test_a_server_that_ignores_if_match_is_refused(server: FakeS3, make: Any) -> None:
    def ignoring(environ: dict[str, Any]) -> None:
        environ.pop("HTTP_IF_MATCH", None)

    with (
        server.doing(before=ignoring),
        pytest.raises(DiagnosticError, match=r"ignores conditional writes \(If-Match\)"),
        make().lock("apply", 0),
    ):
        raise AssertionError("the lock must not be granted")


def test_whoever_lost_the_lock_cannot_overwrite_what_another_wrote(server: FakeS3, make: Any) -> None:
    slow, quick = make(), make()
    with slow.lock("apply", 0):
        slow.write(FIRST)
        held = next(k for k in keys(server, make) if k.endswith(".lock"))
        server.client.delete_object(Bucket=make.bucket, Key=held)
        with quick.lock("apply", 0):
            quick.read()
            quick.append(INTENT)
            quick.write(SECOND, [INTENT])
        with pytest.raises(DiagnosticError, match="changed by somebody else") as told:
            slow.write(State("lineage", "00", 2, {}, {}, ()))
    assert make().read() == SECOND and list(make().read_journal()) == [INTENT]
    kept = next(k for k in keys(server, make) if ".conflict/" in k)
    assert kept in told.value.diagnostics[0].detail


def test_a_lock_that_was_taken_over_is_not_taken_away_at_the_end(server: FakeS3, make: Any) -> None:
    first, second = make(), make()
    with first.lock("apply", 0):
        server.client.delete_object(Bucket=make.bucket, Key="env/s.kfstate.lock")
        taken = second.lock("plan", 0)
        taken.__enter__()
    with pytest.raises(DiagnosticError, match="in use by plan"), make().lock("apply", 0):
        pass
    taken.__exit__(None, None, None)


def test_an_earlier_version_that_was_put_back_is_told(server: FakeS3, make: Any) -> None:
    """As the console of S3 restores a version: a copy of it, with its metadata, over the newest."""
    key, kept = "env/s.kfstate", "kept"
    make().write(FIRST)
    server.client.copy_object(Bucket=make.bucket, Key=kept, CopySource={"Bucket": make.bucket, "Key": key})
    store = make()
    store.write(SECOND)
    store.append(INTENT)
    server.client.copy_object(Bucket=make.bucket, Key=key, CopySource={"Bucket": make.bucket, "Key": kept})
    with pytest.raises(DiagnosticError, match="belongs to a later state") as told:
        make().read_journal()
    where = re.search(r"delete what lies in s3://[^/]+/(\S+),", told.value.diagnostics[0].hint)
    assert where is not None
    assert [k for k in keys(server, make) if k.startswith(where[1])]
    for name in keys(server, make):
        if name.startswith(where[1]):
            server.client.delete_object(Bucket=make.bucket, Key=name)
    assert make().read() == FIRST and list(make().read_journal()) == []


def test_nothing_is_begun_after_the_lock_was_lost(server: FakeS3, make: Any) -> None:
    objects = S3Objects({"bucket": make.bucket, "endpoints": {"s3": server.url}}, "env/s.kfstate", ENV)
    store = RemoteStore(objects, LockObject(objects, "state"), Unsealed(), look=-1.0)
    with store.lock("apply", 0):
        store.write(FIRST)
        store.append(INTENT)
        server.client.delete_object(Bucket=make.bucket, Key="env/s.kfstate.lock")
        with pytest.raises(DiagnosticError, match="lock was lost"):
            store.append(Failure(PVC))
    assert list(make().read_journal()) == [INTENT]


def lock_of(server: FakeS3, make: Any, renewal: float, duration: int) -> LockObject:
    """A lock as another process has it."""
    config = {"bucket": make.bucket, "endpoints": {"s3": server.url}}
    return LockObject(S3Objects(config, "env/s.kfstate", ENV), "state", renewal, duration)


def test_a_lock_is_renewed_while_it_is_held_and_ends_when_its_holder_is_gone(server: FakeS3, make: Any) -> None:
    held, other = lock_of(server, make, 0.1, 2), lock_of(server, make, 0.1, 2)
    with held.lock("apply", 0):
        time.sleep(4)
        held.check()
        with pytest.raises(DiagnosticError, match=r"in use by apply \(process"), other.lock("plan", 0):
            pass
        left = server.client.get_object(Bucket=make.bucket, Key="env/s.kfstate.lock")["Body"].read()
    assert keys(server, make) == []
    server.client.put_object(Bucket=make.bucket, Key="env/s.kfstate.lock", Body=left)  # as a command that was killed leaves it
    with pytest.raises(DiagnosticError, match="in use by apply"), other.lock("plan", 0):
        pass
    with other.lock("plan", 20):
        other.check()
    assert keys(server, make) == []


def test_the_lock_of_a_holder_that_slept_is_lost(server: FakeS3, make: Any) -> None:
    """It was taken over, is told so before it begins anything, and takes nobody's lock away at the end."""
    slow, quick = lock_of(server, make, 60, 1), lock_of(server, make, 0.1, 1)
    with pytest.raises(DiagnosticError, match="lock was lost"), slow.lock("apply", 0):
        time.sleep(2.5)
        taken = quick.lock("plan", 10)
        taken.__enter__()
        slow.check()
    with pytest.raises(DiagnosticError, match="in use by plan"), lock_of(server, make, 0.1, 60).lock("apply", 0):
        pass
    taken.__exit__(None, None, None)


def test_a_lock_of_an_earlier_release_does_not_end_by_itself(server: FakeS3, make: Any) -> None:
    """Nobody renews it: it may be held all the same."""
    key = "env/s.kfstate.lock"
    server.client.put_object(Bucket=make.bucket, Key=key, Body=new_holder("apply").encode())
    time.sleep(2)
    with pytest.raises(DiagnosticError, match="in use by apply"), lock_of(server, make, 0.1, 1).lock("plan", 0):
        pass


def test_force_unlock_takes_the_lock_that_the_message_names(make: Any) -> None:
    held = make().lock("apply", 0)
    held.__enter__()
    with pytest.raises(DiagnosticError) as told, make().lock("plan", 0):
        pass
    make().unlock(told.value.diagnostics[0].hint.rpartition(" ")[2])
    with make().lock("plan", 0):
        pass
    held.__exit__(None, None, None)


@pytest.mark.parametrize("lost", ["s.kfstate", "s.kfstate.lock", "s.kfstate.journal"])
def test_an_answer_that_is_lost_is_no_failure(server: FakeS3, make: Any, lost: str) -> None:
    """S3 has written, and the answer is a 503: the client tries again, and its own writing stands in its way."""
    done: set[str] = set()

    def losing(environ: dict[str, Any]) -> Answer | None:
        path = environ["PATH_INFO"].rpartition("/env/")[2]
        matches = path == lost or (lost.endswith("journal") and path.startswith(lost))
        if environ["REQUEST_METHOD"] == "PUT" and matches and path not in done:
            done.add(path)
            return failed("SlowDown", "503 Slow Down")
        return None

    store = make()
    with server.doing(after=losing), store.lock("apply", 0):
        store.write(FIRST)
        done.discard("s.kfstate")
        store.append(INTENT)
        store.write(SECOND, [INTENT])
    assert done and make().read() == SECOND and list(make().read_journal()) == [INTENT]


def test_a_record_costs_one_request_and_does_not_grow_with_the_state(server: FakeS3, make: Any) -> None:
    store = make()
    store.write(FIRST)
    store.append(INTENT)
    before = len(server.requests)
    for _ in range(20):
        store.append(Failure(PVC))
    assert len(server.requests) - before == 20


def test_threads_share_a_request(server: FakeS3, make: Any) -> None:
    store = make()
    store.write(FIRST)
    store.append(INTENT)
    before = len(server.requests)
    every = [Failure(Address("pvc", f"n{n}")) for n in range(200)]
    with server.doing(before=lambda environ: time.sleep(0.02)), ThreadPoolExecutor(16) as pool:
        list(pool.map(store.append, every))
    assert len(server.requests) - before < 100
    first, *rest = make().read_journal()
    assert first == INTENT and set(rest) == set(every)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (failed("AccessDenied", "403 Forbidden"), "AccessDenied"),
        (failed("ExpiredToken", "400 Bad Request", "The provided token has expired."), "ExpiredToken"),
        (
            (
                "301 Moved Permanently",
                [("x-amz-bucket-region", "us-west-2"), ("Content-Type", "application/xml")],
                b"<Error><Code>PermanentRedirect</Code><Message>use the specified endpoint</Message></Error>",
            ),
            "PermanentRedirect",
        ),
        (("200 OK", [("Content-Type", "text/html")], b"<html>log in</html>"), "Not an S3 server|State cannot be read"),
        (("502 Bad Gateway", [("Content-Type", "text/html")], b"<html>proxy</html>"), "502"),
    ],
    ids=["denied", "expired", "redirect", "html", "proxy"],
)
def test_what_the_server_refuses_is_one_diagnostic(
    server: FakeS3, make: Any, answer: Answer, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0)
    with server.doing(before=lambda environ: answer):
        with pytest.raises(DiagnosticError, match=words) as told:
            make().read()
        assert len(told.value.diagnostics) == 1
        with pytest.raises(DiagnosticError), make().lock("apply", 0):
            raise AssertionError("the lock must not be granted")


def test_a_bucket_that_is_not_there_and_a_server_that_is_not_there(make: Any) -> None:
    with pytest.raises(DiagnosticError, match="NoSuchBucket"):
        make(bucket="none").read()
    with pytest.raises(DiagnosticError, match=r"cannot be reached|Could not connect"):
        make(endpoints={"s3": "http://127.0.0.1:9"}).read()
