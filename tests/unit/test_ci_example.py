"""The deploy job that the docs offer calls commands and flags that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml

from kfinfra.cli.arguments import normalize
from kfinfra.cli.main import cli

ROOT = Path(__file__).parents[2]
JOB = ROOT / "examples" / "ci" / "deploy.yml"
CALL = re.compile(r"\bkfinfra ([a-z][^;|&\n]*)")


def calls() -> list[str]:
    steps = yaml.safe_load(JOB.read_text())["jobs"]["deploy"]["steps"]
    found = [found for step in steps for found in CALL.findall(step.get("run", ""))]
    return [call for call in found if not call.startswith("kfinfra")]


@pytest.mark.parametrize("call", calls())
def test_the_deploy_job_calls_what_there_is(call: str) -> None:
    argv = normalize(shlex.split(call))
    with cli.make_context("kfinfra", argv, ignore_unknown_options=False) as context:
        name, command, rest = cli.resolve_command(context, context._protected_args + context.args)
        assert isinstance(command, click.Command) and name is not None
        command.make_context(name, rest, parent=context)


def test_the_deploy_job_plans_and_applies_a_saved_plan() -> None:
    assert {call.split()[0] for call in calls()} >= {"init", "validate", "plan", "show", "apply"}


def test_the_projects_own_workflow_runs_what_decides() -> None:
    job = yaml.safe_load((ROOT / ".github" / "workflows" / "check.yml").read_text())["jobs"]["check"]
    assert {"run": ".ci/run"} in job["steps"]
