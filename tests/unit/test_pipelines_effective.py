"""Where each setting of a task comes from: the last layer that changed it, patterns below names."""

from __future__ import annotations

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.pipelines.effective import Setting, effective
from kfinfra.pipelines.package import Package
from kfinfra.views.settings_text import render_settings, settings_json

CONTAINER = {"image": "alpine", "command": ["true"], "env": [{"name": "A", "value": "1"}]}


def package() -> Package:
    tasks = {n: {"componentRef": {"name": "comp-a"}, "taskInfo": {"name": n}} for n in ("fit-a", "fit-b", "load")}
    spec = {
        "root": {"dag": {"tasks": tasks}},
        "components": {"comp-a": {"executorLabel": "exec-a"}},
        "deploymentSpec": {"executors": {"exec-a": {"container": CONTAINER}}},
    }
    return Package(spec, None)  # type: ignore[arg-type]


def origins(found: list[Setting]) -> dict[str, tuple[str, str]]:
    return {s.name: (s.value, s.origin) for s in found}


def test_the_last_layer_that_changes_a_fact_is_its_origin() -> None:
    defaults = {"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}, "tolerations": [{"key": "spot", "operator": "Exists"}]}
    overrides = {
        "fit-b": {"resources": {"limits": {"cpu": "3"}}},
        "fit-*": {"resources": {"limits": {"cpu": "2"}}, "cache": True},
    }
    found = {path: origins(settings) for path, settings in effective(package(), defaults, overrides).items()}
    assert {path: o["cpu limit"] for path, o in found.items()} == {
        "fit-a": ('"2"', 'override "fit-*"'),
        "fit-b": ('"3"', 'override "fit-b"'),
        "load": ('"1"', "defaults"),
    }
    assert found["fit-a"]["memory limit"] == ('"1Gi"', "defaults")
    assert found["fit-a"]["tolerations"] == ("spot", "defaults")
    assert found["fit-a"]["cache"] == ("true", 'override "fit-*"') and found["load"]["cache"] == ("false", "code")
    assert found["load"]["image"] == ('"alpine"', "code")
    assert found["load"]["env A"][0].startswith("(value #")


def test_without_settings_everything_comes_from_the_code() -> None:
    found = effective(package(), None, {})
    assert {s.origin for settings in found.values() for s in settings} == {"code"}


def test_an_override_of_no_task_is_refused() -> None:
    with pytest.raises(DiagnosticError, match="Override of a task that does not exist"):
        effective(package(), None, {"fit-c": {"cache": True}})


def test_three_columns_and_json() -> None:
    tasks = {"fit": [Setting("image", '"alpine"', "code"), Setting("cpu limit", '"2"', 'override "fit"')]}
    assert render_settings(Address("pipeline", "train"), tasks, color=False) == (
        "# pipeline.train: settings of each task, and where they come from\n\n"
        'task fit\n  image      "alpine"  code\n  cpu limit  "2"       override "fit"\n'
    )
    assert settings_json(tasks)["fit"][1] == {"name": "cpu limit", "value": '"2"', "origin": 'override "fit"'}
