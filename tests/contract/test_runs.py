"""Runs over HTTP: started with typed parameters, listed, found, ended, tried again; and the logs of a pod."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from kfinfra.app.running import follow
from kfinfra.diag import DiagnosticError
from kfinfra.model.runs import PipelineRun
from kfinfra.providers.kfp.runs import Runs
from kfinfra.providers.kubernetes.logs import PodLogs
from kfinfra.sandbox.http import Served
from kfinfra.sandbox.kfp.app import make_app

SPEC = {
    "pipelineInfo": {"name": "train"},
    "schemaVersion": "2.1.0",
    "sdkVersion": "kfp-2.17.0",
    "root": {
        "inputDefinitions": {"parameters": {"n": {"parameterType": "NUMBER_INTEGER"}}},
        "dag": {"tasks": {"a": {"componentRef": {"name": "comp-a"}, "taskInfo": {"name": "a"}}}},
    },
    "components": {"comp-a": {"executorLabel": "exec-a"}},
    "deploymentSpec": {"executors": {"exec-a": {"container": {"image": "alpine", "command": ["true"]}}}},
}


@pytest.fixture
def runs() -> Iterator[tuple[Runs, dict[str, str]]]:
    served = Served(make_app())
    api = f"{served.url}/apis/v2beta1"

    def post(path: str, body: Any) -> Any:
        request = urllib.request.Request(api + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    pipeline = post("/pipelines", {"name": "train", "display_name": "train"})["pipeline_id"]
    made = Runs({"host": served.url}, {})
    reference = {"pipeline_id": pipeline, "pipeline_version_id": _upload(api, pipeline)}
    yield made, reference
    made.close()
    served.stop()


def _upload(api: str, pipeline: str) -> str:
    edge = "edge"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="uploadfile"; filename="p.yaml"\r\n\r\n'
    data = f"{head}{json.dumps(SPEC)}\r\n--{edge}--\r\n".encode()
    target = f"{api}/pipelines/upload_version?pipelineid={pipeline}&name=v1"
    request = urllib.request.Request(target, data, {"content-type": f"multipart/form-data; boundary={edge}"})
    with urllib.request.urlopen(request) as answer:
        return str(json.load(answer)["pipeline_version_id"])


def refused(call: Any) -> str:
    with pytest.raises(DiagnosticError) as caught:
        call()
    return caught.value.diagnostics[0].summary


def test_a_run_is_started_found_and_ended(runs: tuple[Runs, dict[str, str]]) -> None:
    api, reference = runs
    first = api.start("first", reference, {"n": 3})
    second = api.start("second", reference, {"n": 4})
    assert isinstance(first, PipelineRun) and first.parameters == {"n": 3}
    assert {r.id for r in api.list(10)} == {first.id, second.id} == {r.id for r in api.list(10, reference["pipeline_id"])}
    assert len(api.list(1)) == 1 and api.list(10, "another") == []
    assert api.find(first.id) == api.find("first") == api.find(first.id[:20]) == first.id
    assert refused(lambda: api.find("none")) == "No such run"
    api.start("second", reference, {"n": 4})
    assert refused(lambda: api.find("second")) == "Ambiguous run"
    assert refused(lambda: api.retry(first.id)) == "Cannot retry the run"
    api.terminate(first.id)


def test_an_experiment_is_named_and_a_missing_one_told(runs: tuple[Runs, dict[str, str]]) -> None:
    api, reference = runs
    assert api.start("a", reference, {"n": 1}, experiment="Default").experiment
    assert refused(lambda: api.start("a", reference, {"n": 1}, experiment="nowhere")) == "No such experiment"


def test_a_value_of_a_wrong_type_is_refused_by_the_server_too(runs: tuple[Runs, dict[str, str]]) -> None:
    api, reference = runs
    assert refused(lambda: api.start("a", reference, {"n": "x"})) == 'KFP refused to start the run "a"'


class Log:
    """A Kubernetes API that knows one pod's log."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        known = scope["path"] == "/api/v1/namespaces/kubeflow/pods/fit/log" and b"container=main" in scope["query_string"]
        gone = {"kind": "Status", "reason": "NotFound", "code": 404, "message": "pods not found", "details": {"kind": "pods"}}
        body = "eins\nzwei ü\nlast".encode() if known else json.dumps(gone).encode()
        kind = b"text/plain" if known else b"application/json"
        await send({"type": "http.response.start", "status": 200 if known else 404, "headers": [(b"content-type", kind)]})
        for start in range(0, len(body), 5):
            await send({"type": "http.response.body", "body": body[start : start + 5], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def test_logs_come_line_by_line_and_a_pod_that_is_gone_says_so() -> None:
    served = Served(Log())
    logs = PodLogs({"host": served.url, "token": "t"}, {})
    assert list(logs.lines("kubeflow", "fit")) == ["eins", "zwei ü", "last"]
    assert refused(lambda: list(logs.lines("kubeflow", "other"))) == "Log is gone"
    logs.close()
    served.stop()


class Ailing:
    """A KFP API that fails for a while, and a run that ends then."""

    def __init__(self, statuses: list[int]) -> None:
        self.statuses, self.asked = statuses, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        status = 404 if "v1beta1" in scope["path"] else self.statuses[min(self.asked, len(self.statuses) - 1)]
        self.asked += "v2beta1" in scope["path"]
        ended = self.asked >= len(self.statuses)
        run = {"run_id": "r", "display_name": "n", "state": "SUCCEEDED" if ended else "RUNNING"}
        body = json.dumps(run if status == 200 else {"message": "no"}).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize(("statuses", "end"), [([200, 500, 500, 200], "SUCCEEDED"), ([200, 401], "401")])
def test_following_outlives_a_server_that_is_away(statuses: list[int], end: str) -> None:
    served = Served(Ailing(statuses))
    runs = Runs({"host": served.url}, {})
    seen: list[str] = []
    try:
        if end == "401":
            with pytest.raises(DiagnosticError, match="401"):
                follow(runs, "r", lambda run: seen.append(run.state), threading.Event(), 0.01)
        else:
            assert follow(runs, "r", lambda run: seen.append(run.state), threading.Event(), 0.01).state == end
    finally:
        runs.close()
        served.stop()
    assert seen[0] == "RUNNING"
