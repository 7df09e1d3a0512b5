"""The kubernetes provider and servers that fail: what is tried again, what is not; each failure is one clear sentence."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import Plain
from kfinfra.model.ports import Observed, ReadRequest
from kfinfra.providers.kubernetes.provider import make_provider
from kfinfra.sandbox.http import Served

EMPTY: tuple[int, dict[str, str], str] = (
    200,
    {},
    json.dumps({"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {}, "items": []}),
)
ADDRESS = Address("config_map", "a")


def status(code: int, reason: str = "", message: str = "") -> tuple[int, dict[str, str], str]:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}
    return code, {}, json.dumps(body)


class Scripted:
    """An ASGI server that gives prepared answers, then its last one for ever; it keeps what was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], str]] = [EMPTY]
        self.asked: list[tuple[str, str]] = []
        self.tokens: list[str] = []
        self._lock = threading.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        with self._lock:
            self.asked.append((scope["method"], f"{scope['path']}?{scope['query_string'].decode()}"))
            self.tokens.append(dict(scope["headers"]).get(b"authorization", b"").decode())
            code, headers, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        pairs = [(k.encode(), v.encode()) for k, v in {"content-type": "application/json", **headers}.items()]
        await send({"type": "http.response.start", "status": code, "headers": pairs})
        await send({"type": "http.response.body", "body": body.encode()})


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Scripted, str]]:
    app = Scripted()
    server = Served(app)
    yield app, server.url
    server.stop()


@pytest.fixture
def script(running: tuple[Scripted, str]) -> Scripted:
    running[0].answers, running[0].asked, running[0].tokens = [EMPTY], [], []
    return running[0]


@pytest.fixture
def url(running: tuple[Scripted, str]) -> str:
    return running[1]


def look(config: dict[str, Plain], env: dict[str, str] | None = None) -> Observed:
    provider = make_provider(config, env or {})
    try:
        return provider.refresh([ReadRequest(ADDRESS, {"namespace": "ml", "name": "a"})])[ADDRESS]
    finally:
        provider.close()


def problem(config: dict[str, Plain], env: dict[str, str] | None = None) -> Diagnostic:
    (found,) = look(config, env).diagnostics
    assert found.hint
    assert "object at 0x" not in found.detail
    return found


def test_a_server_that_is_busy_is_asked_again(script: Scripted, url: str) -> None:
    script.answers = [status(503), status(500, "InternalError", "etcd"), status(429), EMPTY]
    assert look({"host": url}) == Observed(None)
    assert len(script.asked) == 4


def test_a_retry_after_is_waited_for(script: Scripted, url: str) -> None:
    script.answers = [(429, {"retry-after": "0"}, ""), EMPTY]
    assert look({"host": url}) == Observed(None)


def test_a_server_that_stays_busy_is_given_up(script: Scripted, url: str) -> None:
    script.answers = [(503, {"retry-after": "0"}, "<html>busy</html>")]
    assert problem({"host": url}).summary == "Kubernetes failed"
    assert len(script.asked) == 5


@pytest.mark.parametrize(
    ("code", "summary"), [(403, "Kubernetes refuses"), (404, "Not found in Kubernetes"), (400, "cannot read")]
)
def test_what_the_server_refuses_is_never_tried_again(script: Scripted, url: str, code: int, summary: str) -> None:
    script.answers = [status(code, "R", "configmaps is what the server says")]
    found = problem({"host": url})
    assert summary in found.summary
    assert "list configmaps in ml: configmaps is what the server says." in found.detail
    assert len(script.asked) == 1


@pytest.mark.parametrize("code", [200, 403, 404])
def test_a_login_page_is_no_api_server(script: Scripted, url: str, code: int) -> None:
    script.answers = [(code, {"content-type": "text/html"}, "<!doctype html><title>Log in</title>")]
    found = problem({"host": url})
    assert found.summary == "Not a Kubernetes API server"
    assert "HTML" in found.detail


def test_a_list_is_read_page_by_page_and_begun_again_when_the_server_forgot_it(script: Scripted, url: str) -> None:
    def page(*names: str, more: str = "") -> tuple[int, dict[str, str], str]:
        items = [{"metadata": {"name": n, "namespace": "ml"}} for n in names]
        return 200, {}, json.dumps({"kind": "ConfigMapList", "metadata": {"continue": more}, "items": items})

    script.answers = [page("a", more="x"), status(410, "Expired", "too old"), page("a", more="y"), page("b")]
    requests = [ReadRequest(Address("config_map", n), {"namespace": "ml", "name": n}) for n in ("a", "b", "c")]
    provider = make_provider({"host": url}, {})
    found = provider.refresh(requests)
    provider.close()
    assert [found[r.address].attributes is not None for r in requests] == [True, True, False]
    assert [query.partition("?")[2] for _, query in script.asked] == [
        "limit=500",
        "limit=500&continue=x",
        "limit=500",
        "limit=500&continue=y",
    ]


def test_many_namespaces_are_one_list_and_a_list_each_where_that_is_not_allowed(script: Scripted, url: str) -> None:
    requests = [ReadRequest(Address("config_map", f"n{i}"), {"namespace": f"n{i}", "name": "a"}) for i in range(5)]
    provider = make_provider({"host": url}, {})
    provider.refresh(requests)
    assert [path.partition("?")[0] for _, path in script.asked] == ["/api/v1/configmaps"]
    script.asked.clear()
    script.answers = [status(403, "Forbidden", "no"), EMPTY]
    assert all(found == Observed(None) for found in provider.refresh(requests).values())
    provider.close()
    assert len(script.asked) == 6


def test_nobody_at_home_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{taken.getsockname()[1]}"
        found = problem({"host": host})
    assert found.summary == "Kubernetes cannot be reached"
    assert host in found.detail
    assert "refused" in found.detail


def test_a_connection_that_breaks_is_made_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(EMPTY[2])}\r\nConnection: close\r\n\r\n{EMPTY[2]}".encode()

        def serve() -> None:
            for reply in (b"", b"", answer):
                peer, _ = server.accept()
                with peer:
                    peer.recv(65536)
                    peer.sendall(reply)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        assert look({"host": f"http://127.0.0.1:{server.getsockname()[1]}"}) == Observed(None)
        thread.join(5)


def kubeconfig(tmp_path: Path, url: str, user: dict[str, Any]) -> dict[str, str]:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    path = tmp_path / "config"
    path.write_text(json.dumps(content))
    return {"KUBECONFIG": str(path), "HOME": str(tmp_path)}


def exec_user(tmp_path: Path, expires: str) -> dict[str, Any]:
    """A credential plugin that gives token-1, token-2, …"""
    plugin = tmp_path / "plugin.py"
    plugin.write_text(
        "import json, pathlib\n"
        f"counter = pathlib.Path({str(tmp_path / 'count')!r})\n"
        "n = int(counter.read_text()) + 1 if counter.exists() else 1\n"
        "counter.write_text(str(n))\n"
        f"status = {{'token': f'token-{{n}}', 'expirationTimestamp': {expires!r}}}\n"
        "print(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1', 'kind': 'ExecCredential', 'status': status}))\n"
    )
    command = {"apiVersion": "client.authentication.k8s.io/v1", "command": sys.executable, "args": [str(plugin)]}
    return {"exec": {**command, "interactiveMode": "Never"}}


def test_an_old_token_of_a_plugin_is_renewed_before_it_is_used(script: Scripted, url: str, tmp_path: Path) -> None:
    env = kubeconfig(tmp_path, url, exec_user(tmp_path, "2020-01-01T00:00:00Z"))
    provider = make_provider({}, env)
    request = ReadRequest(ADDRESS, {"namespace": "ml", "name": "a"})
    provider.refresh([request])
    provider.refresh([request])
    provider.close()
    first, second = (int(token.removeprefix("Bearer token-")) for token in script.tokens)
    assert second > first


def test_a_token_that_the_server_no_longer_takes_is_renewed_once(script: Scripted, url: str, tmp_path: Path) -> None:
    env = kubeconfig(tmp_path, url, exec_user(tmp_path, "2099-01-01T00:00:00Z"))
    script.answers = [status(401, "Unauthorized", "Unauthorized"), EMPTY]
    assert look({}, env) == Observed(None)
    assert script.tokens == ["Bearer token-1", "Bearer token-2"]


def test_a_token_that_is_never_taken_is_one_sentence(script: Scripted, url: str) -> None:
    script.answers = [status(401, "Unauthorized", "Unauthorized")]
    found = problem({"host": url, "token": "s3cr3t"})
    assert found.summary == "Kubernetes does not know who you are"
    assert "s3cr3t" not in str(found)
    assert script.tokens == ["Bearer s3cr3t"] * 2


def test_a_plugin_that_fails_is_named(url: str, tmp_path: Path) -> None:
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-plugin", "interactiveMode": "Never"}}
    found = problem({}, kubeconfig(tmp_path, url, user))
    assert found.summary == "No Kubernetes credentials"
    assert "no-such-plugin" in found.detail


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "No configuration found"),
        (lambda path: path.write_text("a: [1"), "expected"),
        (lambda path: path.write_text("just text"), "no mapping"),
        (lambda path: path.write_text("{}"), ""),
        (
            lambda path: path.write_text(path.read_text().replace('"current-context": "here"', '"current-context": "gone"')),
            "gone",
        ),
    ],
)
def test_a_bad_kubeconfig_is_one_sentence(url: str, tmp_path: Path, spoil: Callable[[Path], Any], words: str) -> None:
    env = kubeconfig(tmp_path, url, {"token": "t"})
    spoil(Path(env["KUBECONFIG"]))
    found = problem({}, env)
    assert found.summary == "Cannot use the kubeconfig"
    assert env["KUBECONFIG"] in found.detail
    assert words in found.detail


def test_a_context_that_is_not_there_is_named(url: str, tmp_path: Path) -> None:
    found = problem({"context": "elsewhere"}, kubeconfig(tmp_path, url, {"token": "t"}))
    assert found.summary == "Cannot use the kubeconfig"
    assert "elsewhere" in found.detail


def test_in_cluster_needs_a_pod() -> None:
    assert problem({"in_cluster": True}).summary == "No service account"


def test_a_ca_certificate_that_is_none_is_said(url: str) -> None:
    assert problem({"host": url, "ca_certificate": "/no/such/file"}).summary == "Cannot read the CA certificate"


def test_making_a_provider_connects_to_nothing_and_imports_no_client() -> None:
    import subprocess

    code = (
        "import sys; from kfinfra.providers.kubernetes.provider import make_provider; "
        "make_provider({'host': 'http://127.0.0.1:9'}, {}).close(); "
        "sys.exit('kubernetes' in sys.modules or 'yaml' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_conflict_of_settings_is_an_error_when_the_provider_is_made() -> None:
    with pytest.raises(DiagnosticError, match="would not be looked at"):
        make_provider({"insecure": True, "ca_certificate": "x"}, {})
