"""Definitions and custom resources as a real server has them: served late, typed, pruned, defaulted, gone together."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kfinfra.sandbox.kubernetes.kubeconfig import kubeconfig
from tests.contract.test_manifests import definition, pod_default, version
from tests.sandbox.test_kubernetes_api import APPLY, Client, api

__all__ = ["api"]
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
OBJECTS = "/apis/kubeflow.org/v1alpha1/namespaces/ml/poddefaults"


def established(api: Client, made: Any) -> None:
    assert api("POST", CRDS, made)[0] == 201
    served = "/apis/kubeflow.org/v1alpha1"
    for _ in range(100):
        try:
            api("GET", served)
        except ValueError:
            continue  # 404 page not found: no Status, as nothing is served there
        return
    raise AssertionError("the kind is never served")


def test_a_kind_is_served_when_its_definition_is_established(api: Client) -> None:
    with pytest.raises(ValueError):
        api("GET", OBJECTS)
    established(api, definition())
    code, made = api("POST", OBJECTS, pod_default(junk=1))
    assert code == 201
    assert made["spec"] == {"selector": {"matchLabels": {"a": "b"}}, "priority": 5}
    assert made["metadata"]["generation"] == 1
    code, said = api("POST", f"{OBJECTS}?fieldValidation=Strict", {**pod_default(junk=1), "metadata": {"name": "b"}})
    assert (code, 'unknown field "spec.junk"' in said["message"]) == (400, True)
    code, said = api("POST", OBJECTS, {**pod_default(priority="x"), "metadata": {"name": "b"}})
    assert (code, "must be of type integer" in said["message"]) == (422, True)


def test_an_apply_that_cannot_be_typed_is_an_internal_error(api: Client) -> None:
    established(api, definition())
    code, said = api("PATCH", f"{OBJECTS}/access?fieldManager=me", pod_default(junk=1), APPLY)
    assert code == 500
    assert ".spec.junk: field not declared in schema" in said["message"]


def test_every_served_version_has_the_same_objects(api: Client) -> None:
    established(api, definition(version("v1alpha1"), version("v1", storage=False)))
    api("POST", OBJECTS, pod_default())
    code, found = api("GET", OBJECTS.replace("v1alpha1", "v1") + "/access")
    assert (code, found["apiVersion"]) == (200, "kubeflow.org/v1")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metadata": {"name": "other"}}, "must be spec.names.plural"),
        ({"spec": {"scope": "Everywhere"}}, "spec.scope"),
        ({"spec": {"versions": []}}, "exactly one version marked as storage"),
        ({"spec": {"versions": [{"name": "v1", "served": True, "storage": True}]}}, "schemas are required"),
    ],
)
def test_a_definition_that_is_none_is_refused(api: Client, change: Any, words: str) -> None:
    made: Any = definition()
    code, said = api("POST", CRDS, {**made, **{k: {**made[k], **v} for k, v in change.items()}})
    assert (code, words in said["message"]) == (422, True), said


def test_a_definition_takes_its_objects_along(api: Client) -> None:
    established(api, definition())
    api("POST", OBJECTS, {**pod_default(), "metadata": {"name": "held", "finalizers": ["example.org/hold"]}})
    api("DELETE", f"{CRDS}/poddefaults.kubeflow.org")
    api.until(f"{OBJECTS}/held", lambda code, found: "deletionTimestamp" in found.get("metadata", {}))
    assert api("GET", f"{CRDS}/poddefaults.kubeflow.org")[0] == 200
    free: Any = {"metadata": {"finalizers": None}}
    api("PATCH", f"{OBJECTS}/held", free, "application/merge-patch+json")
    api.until(f"{CRDS}/poddefaults.kubeflow.org", lambda code, found: code == 404)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not here")
def test_kubectl_explains_and_lists_a_custom_resource(api: Client, tmp_path: Path) -> None:
    established(api, definition())
    api("POST", OBJECTS, pod_default(desc="x"))
    config = tmp_path / "kubeconfig"
    config.write_text(kubeconfig(api.url))

    def kubectl(*words: str) -> str:
        env = {"KUBECONFIG": str(config), "HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin"}
        return subprocess.run(["kubectl", *words], env=env, capture_output=True, text=True, check=True, timeout=60).stdout

    assert "access" in kubectl("get", "poddefaults", "-n", "ml")
    assert "priority" in kubectl("explain", "poddefault.spec")
