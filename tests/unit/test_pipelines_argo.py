"""What KFP makes of a package on Argo: what no run can be started of, and what runs otherwise than it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kfinfra.diag import Severity
from kfinfra.pipelines.argo import oddities, refusals
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.validation import problems_of

EXIT = {"triggerPolicy": {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}}


def package(tasks: Mapping[str, Mapping[str, Any]], config: Mapping[str, Any] | None = None) -> Package:
    """A package of these tasks at its root, all of one component."""
    full = {name: {"componentRef": {"name": "comp-work"}, "taskInfo": {"name": name}, **task} for name, task in tasks.items()}
    loop = {"dag": {"tasks": {"inner": {"componentRef": {"name": "comp-work"}}}}, "inputDefinitions": {"parameters": {}}}
    spec = {
        "schemaVersion": "2.1.0",
        "pipelineInfo": {"name": "p"},
        "root": {"dag": {"tasks": full}},
        "components": {
            "comp-work": {"executorLabel": "exec-work"},
            "comp-get": {"executorLabel": "exec-get"},
            "comp-loop": loop,
        },
        "deploymentSpec": {
            "executors": {
                "exec-work": {"container": {"image": "x", "command": ["true"]}},
                "exec-get": {
                    "importer": {"artifactUri": {"constant": "s3://b/x"}, "typeSchema": {"schemaTitle": "system.Model"}}
                },
            }
        },
    }
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"exec-work": config}}}}} if config else None
    return Package(spec, platform)


def after(*names: str, **more: Any) -> dict[str, Any]:
    return {"dependentTasks": list(names), **more}


LOOP = {
    "componentRef": {"name": "comp-loop"},
    "parameterIterator": {"items": {"raw": "[1]"}, "itemInput": "i"},
}
REFUSED = [
    ({"a": {}, "clean": after("a", **EXIT), "b": after("clean")}, "nothing can wait"),
    ({"a" * 121: {}}, ""),
    ({"a" * 122: {}}, "at least 1 characters shorter"),
    ({"a": {}, "b" * 113: after("a", **EXIT)}, ""),
    ({"a": {}, "b" * 114: after("a", **EXIT)}, "exit-hook-root-"),
    ({"1st": {}}, ""),
    ({"a": {}, "1st": after("a")}, "begins with a digit"),
    ({"a": {"inputs": {"parameters": {"p": {"runtimeValue": {"constant": "Ask {{inputs.question}}"}}}}}}, "{{inputs.question}}"),
    ({"a": {"inputs": {"parameters": {"p": {"runtimeValue": {"constant": "{{=1+1}}"}}}}}}, "{{=1+1}}"),
    ({"a": {"inputs": {"parameters": {"p": {"runtimeValue": {"constant": "{{$.inputs.parameters['x']}} {{ name }}"}}}}}}, ""),
]


@pytest.mark.parametrize(("tasks", "words"), REFUSED)
def test_what_argo_refuses_is_an_error_before_the_upload(tasks: Mapping[str, Any], words: str) -> None:
    found = package(tasks)
    told = " ".join(f"{odd.summary} {odd.detail} {odd.hint}" for odd in refusals(found.spec))
    assert words in told if words else told == ""
    assert bool(words) == any(p.severity is Severity.ERROR for p in problems_of(found))


ODD = [
    ({"a": {}, "clean": after("a", **EXIT)}, ""),
    ({"a": {}, "clean": {**EXIT}}, "follows nothing"),
    ({"l": LOOP, "a": {}, "clean": after("l", **EXIT)}, "l can carry none"),
    ({"get": {"componentRef": {"name": "comp-get"}}, "a": {}, "clean": after("get", **EXIT)}, "get can carry none"),
    ({"a": {}, "x": after("a", **EXIT), "y": after("a", **EXIT)}, '"x" runs however'),
    ({"a": {}, "b": {}, "clean": after("a", "b", **EXIT)}, "after each of a, b once"),
]


@pytest.mark.parametrize(("tasks", "words"), ODD)
def test_exit_tasks_that_do_not_run_as_they_say(tasks: Mapping[str, Any], words: str) -> None:
    told = " ".join(f"{odd.summary} {odd.detail}" for odd in oddities(package(tasks).spec, None))
    assert words in told if words else told == ""


def retry(**policy: Any) -> dict[str, Any]:
    return {
        "retryPolicy": {"maxRetryCount": 2, "backoffDuration": "0s", "backoffFactor": 2, "backoffMaxDuration": "3600s", **policy}
    }


RETRIES = [
    (retry(), {}, ""),
    (retry(), {"activeDeadlineSeconds": 3600}, ""),
    (
        retry(),
        {"activeDeadlineSeconds": 7200},
        "within 3600 s of its first start (backoffMaxDuration, as Argo reads it), and may take 7200",
    ),
    (retry(backoffMaxDuration="21600s"), {"activeDeadlineSeconds": 7200}, ""),
    (retry(backoffMaxDuration=""), {}, "never"),
    (retry(backoffFactor=1.5), {}, "1.5 fails the run"),
    ({"retryPolicy": {"backoffFactor": 1.5}}, {"activeDeadlineSeconds": 7200}, ""),
]


@pytest.mark.parametrize(("task", "config", "words"), RETRIES)
def test_retries_that_do_not_happen(task: Mapping[str, Any], config: Mapping[str, Any], words: str) -> None:
    found = package({"a": task}, config)
    told = " ".join(odd.detail for odd in oddities(found.spec, found.platform))
    assert words in told if words else told == ""


VOLUMES = [
    ({"pvcMount": [{"constant": "data", "mountPath": "/a"}, {"constant": "data", "mountPath": "/b"}]}, ""),
    ({"pvcMount": [{"constant": "data.v1", "mountPath": "/a"}]}, '"data.v1" cannot be mounted'),
    ({"pvcMount": [{"pvcNameParameter": {"runtimeValue": {"constant": "D"}}, "mountPath": "/a"}]}, '"D" cannot be mounted'),
    ({"pvcMount": [{"pvcNameParameter": {"componentInputParameter": "x"}, "mountPath": "/a"}]}, ""),
    (
        {
            "secretAsVolume": [{"secretName": "train", "mountPath": "/a"}],
            "configMapAsVolume": [{"configMapName": "train", "mountPath": "/b"}],
        },
        '"train" is mounted as secretAsVolume and as configMapAsVolume',
    ),
]


@pytest.mark.parametrize(("config", "words"), VOLUMES)
def test_volumes_that_no_pod_can_have(config: Mapping[str, Any], words: str) -> None:
    told = " ".join(p.detail for p in problems_of(package({"a": {}}, config)))
    assert words in told if words else "mounted" not in told
