"""The KFP client over real HTTP against scripted answers: who asks, what is repeated, what a bad answer is called."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.providers.kfp.access import Access
from kfinfra.providers.kfp.client import Kfp, named
from kfinfra.providers.kfp.failures import Refused
from kfinfra.sandbox.http import Served

Answer = tuple[int, Mapping[str, str], bytes]


def answer(status: int, body: object = None, **headers: str) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    kind = headers.pop("kind", "application/json")
    return status, {"content-type": kind, **{n.replace("_", "-"): v for n, v in headers.items()}}, data


class Script:
    """An ASGI app that gives its answers in turn and remembers what was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.seen: list[dict[str, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode()))
        path = scope["raw_path"].decode()
        self.seen.append({"method": scope["method"], "path": path, "query": query, "headers": headers, "body": body})
        status, extra, data = self.answers.pop(0)
        await send(
            {"type": "http.response.start", "status": status, "headers": [(n.encode(), v.encode()) for n, v in extra.items()]}
        )
        await send({"type": "http.response.body", "body": data})


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Script, str]]:
    script = Script()
    server = Served(script)
    yield script, server.url
    server.stop()


@pytest.fixture
def script(served: tuple[Script, str]) -> Script:
    served[0].answers.clear()
    served[0].seen.clear()
    return served[0]


def client(served: tuple[Script, str], **config: Any) -> Kfp:
    return Kfp({"host": served[1], **config}, {})


def message(found: pytest.ExceptionInfo[DiagnosticError]) -> str:
    return " ".join(f"{d.summary}: {d.detail} {d.hint}" for d in found.value.diagnostics)


def test_a_token_file_is_read_again_for_each_request(served: tuple[Script, str], script: Script, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("first\n")
    kfp = Kfp({"token_file": "token"}, {"KF_PIPELINES_ENDPOINT": served[1] + "/", "KFINFRA_ROOT": str(tmp_path)})
    script.answers += [answer(200), answer(200)]
    kfp.get("look", "/healthz")
    (tmp_path / "token").write_text("second\n")
    kfp.get("look", "/healthz")
    assert [s["headers"]["authorization"] for s in script.seen] == ["Bearer first", "Bearer second"]


def test_the_user_header_and_cookies_go_along(served: tuple[Script, str], script: Script) -> None:
    script.answers.append(answer(200))
    kfp = client(served, user_header={"name": "kubeflow-userid", "value": "ada@example.org"}, cookies="authservice_session=abc")
    kfp.get("look", "/healthz")
    headers = script.seen[0]["headers"]
    assert headers["kubeflow-userid"] == "ada@example.org"
    assert headers["cookie"] == "authservice_session=abc"
    assert "authorization" not in headers


def test_a_list_is_read_to_its_last_page_with_its_filter(served: tuple[Script, str], script: Script) -> None:
    script.answers += [answer(200, {"things": [1, 2], "next_page_token": "a+b="}), answer(200, {"things": [3]})]
    assert list(client(served).pages("list", "/things", "things", filter=named("name", "a&b"))) == [1, 2, 3]
    first, second = (s["query"] for s in script.seen)
    assert first["page_size"] == "200" and "page_token" not in first
    assert second["page_token"] == "a+b="
    assert json.loads(second["filter"]) == {"predicates": [{"key": "name", "operation": "EQUALS", "string_value": "a&b"}]}


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_read_is_repeated_when_the_server_is_busy(served: tuple[Script, str], script: Script, status: int) -> None:
    script.answers += [answer(status, retry_after="0"), answer(200, {"ok": True})]
    assert client(served).get("look", "/healthz") == {"ok": True}
    assert len(script.seen) == 2


def test_a_create_is_never_sent_twice(served: tuple[Script, str], script: Script) -> None:
    script.answers += [answer(503, {"error_message": "busy"}), answer(200)]
    with pytest.raises(Refused, match="busy"):
        client(served).post("make a thing", "/things", {"a": 1})
    assert len(script.seen) == 1


def test_an_action_may_be_sent_twice(served: tuple[Script, str], script: Script) -> None:
    script.answers += [answer(503, retry_after="0"), answer(200)]
    client(served).post("disable it", "/things/1:disable", again=True)
    assert [s["path"] for s in script.seen] == ["/apis/v2beta1/things/1:disable"] * 2


def test_a_client_gives_up_at_last(served: tuple[Script, str], script: Script) -> None:
    script.answers += [answer(503, {"error_message": "still busy"}, retry_after="0")] * 9
    with pytest.raises(Refused, match="still busy"):
        client(served).get("look", "/healthz")
    assert len(script.seen) == 5


def test_a_package_goes_as_a_file(served: tuple[Script, str], script: Script) -> None:
    script.answers.append(answer(200))
    client(served).upload("upload", "/pipelines/upload_version", b"root: {}\n", name="v 1", pipelineid="p")
    seen = script.seen[0]
    assert seen["query"] == {"name": "v 1", "pipelineid": "p"}
    assert seen["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="uploadfile"; filename="pipeline.yaml"' in seen["body"] and b"root: {}\n" in seen["body"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer(200, b"<!DOCTYPE html><title>Log in</title>", kind="text/html"), "answered HTML"),
        (answer(302, b"", location="https://dex.example.org/auth?state=secret"), "a redirect to https://dex.example.org/auth"),
        (answer(200, b"it works", kind="text/plain"), "something that is no JSON"),
        (answer(200, b"[]"), "something that is no JSON"),
    ],
)
def test_a_login_page_is_told_apart(served: tuple[Script, str], script: Script, given: Answer, words: str) -> None:
    script.answers.append(given)
    with pytest.raises(DiagnosticError) as found:
        client(served).get("look", "/healthz")
    assert "Not the KFP API" in message(found) and words in message(found) and "token" in message(found)
    assert "secret" not in message(found)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer(401, {"error_message": "Unauthenticated", "error_details": "no header"}), "Unauthenticated: no header"),
        (answer(403, {"error": "denied", "code": 7, "message": "denied"}), "denied"),
        (answer(400, b"Pipeline.Name length cannot exceed 128", kind="text/plain"), "cannot exceed 128"),
        (answer(500, b"\xff\xfe", kind="text/plain"), "not text"),
    ],
)
def test_what_the_server_says_is_passed_on(served: tuple[Script, str], script: Script, given: Answer, words: str) -> None:
    script.answers.append(given)
    with pytest.raises(DiagnosticError) as found:
        client(served, token="s3cret").get("read it", "/things/1")
    assert words in message(found)
    assert "s3cret" not in message(found)


def test_an_expired_token_says_what_to_do(served: tuple[Script, str], script: Script) -> None:
    script.answers.append(answer(401, {"error_message": "token is expired"}))
    with pytest.raises(Refused) as found:
        client(served, token="x").get("read it", "/things/1")
    assert "token is expired" in message(found) and "token_file" in message(found)


def test_what_is_gone_is_no_error_to_a_delete(served: tuple[Script, str], script: Script) -> None:
    script.answers.append(answer(404, {"error_message": "not found"}))
    client(served).delete("delete it", "/things/1", propagation_policy="ORPHAN")
    assert script.seen[0]["query"] == {"propagation_policy": "ORPHAN"}


def test_a_server_that_is_not_there_is_said_so_at_once() -> None:
    with pytest.raises(DiagnosticError) as found:
        Kfp({"host": "http://127.0.0.1:1"}, {}).get("look", "/healthz")
    assert "KFP cannot be reached" in message(found) and "http://127.0.0.1:1" in message(found)
    assert "refused" in message(found).lower() and "HTTPConnection" not in message(found)


def test_tls_to_a_server_without_it_is_explained(served: tuple[Script, str]) -> None:
    with pytest.raises(DiagnosticError) as found:
        Kfp({"host": served[1].replace("http:", "https:")}, {}).get("look", "/healthz")
    assert "KFP cannot be reached" in message(found)


@pytest.mark.parametrize(
    ("config", "env", "host"),
    [
        ({"host": "kfp.example.org/"}, {}, "https://kfp.example.org"),
        ({"host": "http://a/pipeline"}, {"KF_PIPELINES_ENDPOINT": "http://b"}, "http://a/pipeline"),
        ({"host": "http://a/apis/v2beta1"}, {}, "http://a"),
        ({}, {"KF_PIPELINES_ENDPOINT": "http://b/"}, "http://b"),
        ({}, {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "http://ml-pipeline.kubeflow.svc.cluster.local:8888"),
    ],
)
def test_the_host_is_found_as_the_sdk_finds_it(config: dict[str, Any], env: dict[str, str], host: str) -> None:
    assert Access(config, env).host == host


def test_no_host_says_where_to_write_one() -> None:
    with pytest.raises(DiagnosticError) as found:
        Kfp({}, {}).get("look", "/healthz")
    assert "KF_PIPELINES_ENDPOINT" in message(found)


def test_a_token_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError, match="Cannot read the token"):
        Access({"token_file": "nowhere"}, {"KFINFRA_ROOT": str(tmp_path)}).headers()


def test_a_multi_user_server_wants_a_namespace(served: tuple[Script, str], script: Script) -> None:
    script.answers.append(answer(200, {"multi_user": True, "tag_name": "2.17.0"}))
    kfp = client(served)
    assert kfp.place("ml", "the pipeline") == "ml"
    with pytest.raises(DiagnosticError, match="Namespace is missing"):
        kfp.place(None, "the pipeline")
    assert len(script.seen) == 1


def test_a_single_user_server_has_no_namespaces(served: tuple[Script, str], script: Script) -> None:
    script.answers.append(answer(200, {"tag_name": "2.17.0"}))
    assert client(served).place("ml", "the pipeline") == ""
