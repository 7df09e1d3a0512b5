"""The sandbox's Kubernetes API over HTTP: what it adds, what it refuses, and what its controllers do."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfinfra.sandbox.http import Served
from kfinfra.sandbox.kubernetes.app import make_app
from kfinfra.sandbox.kubernetes.kinds import BY_KIND
from kfinfra.sandbox.kubernetes.kubeconfig import kubeconfig
from kfinfra.sandbox.kubernetes.store import HISTORY, Store

APPLY = "application/apply-patch+yaml"


class Client:
    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> tuple[int, Any]:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, {"Content-Type": kind, "User-Agent": "me/1"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as problem:
            return problem.code, json.load(problem)

    def until(self, path: str, done: Any) -> Any:
        for _ in range(100):
            code, found = self("GET", path)
            if done(code, found):
                return found
            time.sleep(0.02)
        raise AssertionError(found)


@pytest.fixture
def api() -> Iterator[Client]:
    server = Served(make_app(0.02))
    client = Client(server.url)
    client("POST", "/api/v1/namespaces", {"metadata": {"name": "ml"}})
    yield client
    server.stop()


def claim(name: str, storage_class: str | None = None, size: str = "1024Mi") -> dict[str, Any]:
    spec: dict[str, Any] = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": size}}}
    return {"metadata": {"name": name}, "spec": {**spec, **({"storageClassName": storage_class} if storage_class else {})}}


CLAIMS, MAPS = "/api/v1/namespaces/ml/persistentvolumeclaims", "/api/v1/namespaces/ml/configmaps"


def test_a_claim_binds_by_its_class(api: Client) -> None:
    for name, chosen in (("now", "efs-sc"), ("late", None), ("never", "nope")):
        assert api("POST", CLAIMS, claim(name, chosen))[0] == 201
    bound = api.until(f"{CLAIMS}/now", lambda code, c: c["status"]["phase"] == "Bound")
    assert bound["spec"]["resources"]["requests"]["storage"] == "1Gi" and bound["spec"]["volumeMode"] == "Filesystem"
    late = api("GET", f"{CLAIMS}/late")[1]
    assert late["status"]["phase"] == "Pending" and late["spec"]["storageClassName"] == "gp2"
    events = {e["involvedObject"]["name"]: e["reason"] for e in api("GET", "/api/v1/namespaces/ml/events")[1]["items"]}
    assert events == {"late": "WaitForFirstConsumer", "never": "ProvisioningFailed"}


def test_a_claim_grows_where_its_class_allows_it_and_never_shrinks(api: Client) -> None:
    api("POST", CLAIMS, claim("now", "efs-sc"))
    api.until(f"{CLAIMS}/now", lambda code, c: c["status"]["phase"] == "Bound")
    size = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
    assert api("PATCH", f"{CLAIMS}/now", size, "application/merge-patch+json")[0] == 200
    api.until(f"{CLAIMS}/now", lambda code, c: c["status"]["capacity"] == {"storage": "2Gi"})
    size["spec"]["resources"]["requests"]["storage"] = "1Gi"
    code, said = api("PATCH", f"{CLAIMS}/now", size, "application/merge-patch+json")
    assert code == 422 and "can not be less than" in said["message"]
    api("POST", CLAIMS, claim("fixed", "gp2"))
    size["spec"]["resources"]["requests"]["storage"] = "9Gi"
    assert api("PATCH", f"{CLAIMS}/fixed", size, "application/merge-patch+json")[0] == 403


def test_a_namespace_hangs_as_long_as_something_holds_it(api: Client) -> None:
    api("POST", MAPS, {"metadata": {"name": "a", "finalizers": ["example.com/hold"]}})
    assert api("DELETE", "/api/v1/namespaces/ml")[1]["metadata"]["deletionTimestamp"]
    held = api.until("/api/v1/namespaces/ml", lambda code, n: n["status"].get("conditions"))
    assert [c["type"] for c in held["status"]["conditions"]] == ["NamespaceContentRemaining", "NamespaceFinalizersRemaining"]
    code, said = api("POST", MAPS, {"metadata": {"name": "b"}})
    assert code == 403 and said["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    api("PATCH", f"{MAPS}/a", {"metadata": {"finalizers": None}}, "application/merge-patch+json")
    api.until("/api/v1/namespaces/ml", lambda code, n: code == 404)


@pytest.mark.parametrize(
    ("path", "body", "code", "words"),
    [
        (MAPS, {"metadata": {"name": "A_b"}}, 422, "RFC 1123"),
        (MAPS, {"metadata": {"name": "a", "labels": {"x": "a b"}}}, 422, "valid label"),
        (f"{MAPS}?fieldValidation=Strict", {"metadata": {"name": "a"}, "dat": {}}, 400, 'unknown field "dat"'),
        ("/api/v1/namespaces/no/configmaps", {"metadata": {"name": "a"}}, 404, 'namespaces "no" not found'),
        ("/api/v1/namespaces", {"metadata": {"name": "ml"}}, 409, "already exists"),
        ("/api/v1/namespaces/ml/secrets", {"metadata": {"name": "a"}, "data": {"k": "?"}}, 422, "illegal base64"),
        (CLAIMS, claim("a", size="1 Gi"), 400, "quantities"),
        (MAPS, [1], 400, "cannot unmarshal array"),
        (MAPS, {"metadata": {"name": "a"}, "data": {"k": 1}}, 400, "cannot unmarshal number into Go struct field ConfigMap.data"),
        (CLAIMS, {"metadata": {"name": "a"}, "spec": "x"}, 400, "cannot unmarshal string"),
        (CLAIMS, claim("a", size="0"), 422, "greater than zero"),
    ],
)
def test_what_the_server_refuses(api: Client, path: str, body: Any, code: int, words: str) -> None:
    got, said = api("POST", path, body)
    assert (got, said["code"]) == (code, code) and words in said["message"], said


def test_a_dry_run_changes_nothing_and_a_stale_version_is_a_conflict(api: Client) -> None:
    assert api("POST", f"{MAPS}?dryRun=All", {"metadata": {"name": "a"}})[0] == 201
    assert api("GET", f"{MAPS}/a")[0] == 404
    first = api("POST", MAPS, {"metadata": {"name": "a"}, "data": {"k": "1"}})[1]
    assert api("PUT", f"{MAPS}/a", {**first, "data": {"k": "2"}})[0] == 200
    assert api("PUT", f"{MAPS}/a", {**first, "data": {"k": "3"}})[1]["reason"] == "Conflict"
    assert api("PATCH", f"{MAPS}/a", {"data": {"k": "4"}}, APPLY)[0] == 400  # no field manager


def test_lists_come_in_pages_and_are_selected(api: Client) -> None:
    for n in range(5):
        api("POST", MAPS, {"metadata": {"name": f"m{n}", "labels": {"odd": str(n % 2)}}})
    page = api("GET", f"{MAPS}?limit=4")[1]
    assert len(page["items"]) == 4
    rest = api("GET", f"{MAPS}?limit=4&continue={page['metadata']['continue']}")[1]
    assert len(page["items"] + rest["items"]) == 6 and "continue" not in rest["metadata"]
    assert [i["metadata"]["name"] for i in api("GET", f"{MAPS}?labelSelector=odd%3D1")[1]["items"]] == ["m1", "m3"]
    assert [i["metadata"]["name"] for i in api("GET", f"{MAPS}?fieldSelector=metadata.name%3Dm2")[1]["items"]] == ["m2"]


def test_a_watch_tells_what_happens_after_a_version(api: Client) -> None:
    version = api("GET", MAPS)[1]["metadata"]["resourceVersion"]
    api("POST", MAPS, {"metadata": {"name": "a"}})
    api("DELETE", f"{MAPS}/a")
    with urllib.request.urlopen(f"{api.url}{MAPS}?watch=true&timeoutSeconds=1&resourceVersion={version}", timeout=10) as lines:
        told = [json.loads(line) for line in lines]
    assert [(e["type"], e["object"]["metadata"]["name"]) for e in told] == [("ADDED", "a"), ("DELETED", "a")]


def test_the_store_forgets_old_events_and_says_from_where_a_watch_can_begin() -> None:
    store = Store()
    for n in range(HISTORY + 5):
        store.store(BY_KIND["Event"], {"metadata": {"namespace": "ml", "name": f"e{n}"}})
    assert (len(store.history), store.oldest, store.version) == (HISTORY, 6, HISTORY + 5)


def test_a_delete_answers_a_status_or_the_object_by_its_kind(api: Client) -> None:
    uid = api("POST", MAPS, {"metadata": {"name": "a"}})[1]["metadata"]["uid"]
    said = api("DELETE", f"{MAPS}/a")[1]
    assert (said["kind"], said["status"], said["details"]) == (
        "Status",
        "Success",
        {"name": "a", "kind": "configmaps", "uid": uid},
    )
    api("POST", MAPS, {"metadata": {"name": "b", "finalizers": ["x.io/a"]}})
    assert api("DELETE", f"{MAPS}/b")[1]["metadata"]["deletionTimestamp"]
    assert api("GET", f"{MAPS}?limit=x")[0] == 400


STRATEGIC, STEPS = "application/strategic-merge-patch+json", "application/json-patch+json"


def test_a_strategic_patch_adds_finalizers_and_obeys_its_directives(api: Client) -> None:
    api("POST", MAPS, {"metadata": {"name": "a", "finalizers": ["x.io/a"]}, "data": {"k": "1"}})
    patch: dict[str, Any] = {"metadata": {"finalizers": ["x.io/b"], "$setElementOrder/finalizers": ["x.io/a", "x.io/b"]}}
    assert api("PATCH", f"{MAPS}/a", patch, STRATEGIC)[1]["metadata"]["finalizers"] == ["x.io/a", "x.io/b"]
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["x.io/a"]}, "data": {"$patch": "replace", "z": "2"}}
    found = api("PATCH", f"{MAPS}/a", patch, STRATEGIC)[1]
    assert found["metadata"]["finalizers"] == ["x.io/b"] and found["data"] == {"z": "2"}


def test_a_json_patch_that_does_not_fit_is_refused_and_changes_nothing(api: Client) -> None:
    api("POST", MAPS, {"metadata": {"name": "a"}, "data": {"k": "1"}})
    for step in (
        {"op": "remove", "path": "/data/no"},
        {"op": "test", "path": "/data/k", "value": "2"},
        {"op": "add", "path": "/no/deep", "value": "1"},
        {"op": "nonsense", "path": "/data/k"},
    ):
        assert api("PATCH", f"{MAPS}/a", [{"op": "add", "path": "/data/n", "value": "1"}, step], STEPS)[0] == 422, step
    assert api("GET", f"{MAPS}/a")[1]["data"] == {"k": "1"}
    move = [{"op": "move", "from": "/data/k", "path": "/data/l"}]
    assert api("PATCH", f"{MAPS}/a", move, STEPS)[1]["data"] == {"l": "1"}


def test_the_kubernetes_client_speaks_with_it(api: Client, tmp_path: Path) -> None:
    kubernetes = pytest.importorskip("kubernetes")
    (tmp_path / "config").write_text(kubeconfig(api.url))
    client = kubernetes.config.new_client_from_config(str(tmp_path / "config"), context="sandbox")
    core = kubernetes.client.CoreV1Api(client)
    core.create_namespaced_config_map("ml", {"metadata": {"name": "a"}, "data": {"k": "1"}})
    assert core.read_namespaced_config_map("a", "ml").data == {"k": "1"}
    core.delete_namespaced_config_map("a", "ml")
    with pytest.raises(kubernetes.client.ApiException, match='configmaps \\\\"a\\\\" not found'):
        core.read_namespaced_config_map("a", "ml")


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH")
def test_kubectl_applies_shows_edits_and_deletes(api: Client, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(kubeconfig(api.url))

    def kubectl(*words: str, given: str = "") -> tuple[int, str]:
        command = ["kubectl", f"--kubeconfig={tmp_path}/config", f"--cache-dir={tmp_path}", "-nml", *words]
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stdout + done.stderr

    text = json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "1"}})
    assert kubectl("apply", "-f", "-", given=text) == (0, "configmap/a created\n")
    assert kubectl("apply", "-f", "-", given=text.replace('"1"', '"2"')) == (0, "configmap/a configured\n")
    code, said = kubectl("apply", "--server-side", "--field-manager=other", "-f", "-", given=text)
    assert code == 1 and 'conflict with "kubectl-client-side-apply" using v1: .data.k' in said
    code, said = kubectl("apply", "-f", "-", given=text.replace('"data"', '"dat"'))
    assert code == 1 and 'unknown field "dat"' in said
    assert kubectl("get", "ns", "ml")[1].split()[:5] == ["NAME", "STATUS", "AGE", "ml", "Active"]
    assert kubectl("describe", "cm", "a")[0] == 0
    assert kubectl("delete", "cm", "a") == (0, 'configmap "a" deleted\n')


@pytest.mark.parametrize("text", ["\0", "😀", "é\x7f\ufffe\u2028", "1e3", "2024-01-01", "~", "a\ttab"])
def test_texts_are_kept_as_they_were_sent(api: Client, text: str) -> None:
    assert api("POST", MAPS, {"metadata": {"name": "texts"}, "data": {"a": text}})[0] == 201
    assert api("GET", f"{MAPS}/texts")[1]["data"] == {"a": text}


def test_an_apply_is_read_as_yaml_which_has_no_surrogate_pairs(api: Client) -> None:
    """As kube-apiserver answers (1.20.2, tried)."""
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "texts"}, "data": {"a": "😀"}}
    code, told = api("PATCH", f"{MAPS}/texts?fieldManager=me", body, APPLY)
    assert code == 400 and told["message"] == (
        "error decoding YAML: error converting YAML to JSON: yaml: found invalid Unicode character escape code"
    )


def test_what_is_no_text_is_refused_or_replaced_as_go_does(api: Client) -> None:
    code, made = api("POST", MAPS, {"metadata": {"name": "half"}, "data": {"a": "\ud800b"}})
    assert (code, made["data"]) == (201, {"a": "\ufffdb"})
    for data in (b'{"metadata": {"name": "x"}, "data": {"a": "\xff"}}', b'data: {a: "\\ud800"}\n', b'{"a": NaN}x'):
        request = urllib.request.Request(api.url + MAPS, data, {"Content-Type": "application/yaml"}, method="POST")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert refused.value.code == 400 and json.load(refused.value)["kind"] == "Status"
