"""Runs as commands see them: parameters from text, Argo's nodes as tasks, what is printed on a terminal and in CI."""

from __future__ import annotations

import io

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.runs import PipelineRun, TaskRun
from kfinfra.pipelines.arguments import arguments
from kfinfra.providers.kfp.runs import _run
from kfinfra.views.run_progress import LiveRun, PlainRun
from kfinfra.views.run_text import render_run, render_runs, run_json

DECLARED = {
    "n": "NUMBER_INTEGER?",
    "x": "NUMBER_DOUBLE?",
    "on": "BOOLEAN?",
    "names": "LIST?",
    "map": "STRUCT?",
    "text": "STRING?",
    "day": "STRING",
}


def test_each_type_has_its_values() -> None:
    given = ["n=3", "x=0.5", "on=true", "names=[1, 2]", 'map={"a": null}', "text=a=b", "day="]
    assert arguments(given, DECLARED) == {
        "n": 3, "x": 0.5, "on": True, "names": [1, 2], "map": {"a": None}, "text": "a=b", "day": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "summary", "words"),
    [
        ("n=3.5", "Wrong type of parameter", "takes a whole number (NUMBER_INTEGER)"),
        ("x=nan", "Wrong type of parameter", "takes a number"),
        ("on=yes", "Wrong type of parameter", "takes true or false"),
        ("names={}", "Wrong type of parameter", "takes a JSON list"),
        ("map=[", "Wrong type of parameter", "takes a JSON object"),
        ("dai=1", "Unknown parameter", 'Did you mean "day"'),
        ("n", "Invalid parameter", "name=value"),
    ],
)
def test_what_is_no_value_is_told_with_an_example(given: str, summary: str, words: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        arguments([given, "day=1"], DECLARED)
    (found,) = caught.value.diagnostics
    assert found.summary == summary and words in found.detail and found.hint


def test_all_that_is_wrong_comes_together() -> None:
    with pytest.raises(DiagnosticError) as caught:
        arguments(["n=x", "on=1"], DECLARED)
    assert [d.summary for d in caught.value.diagnostics] == [*["Wrong type of parameter"] * 2, "Missing parameter"]


def node(identifier: str, name: str, state: str = "SUCCEEDED", **more: object) -> dict[str, object]:
    times = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T00:01:05Z"}
    return {"task_id": identifier, "display_name": name, "state": state, **times, **more}


def test_argos_nodes_become_the_pipelines_tasks() -> None:
    details = [
        node("1", "root-driver"),
        node("2", "root"),
        node("3", "fit-driver"),
        node("4", "fit", child_tasks=[{"task_id": "5", "pod_name": "train-executor-1"}]),
        node("5", "executor"),
        node("6", "loop", "FAILED", error={"message": "child failed"}),
        node("7", "report", "FAILED", parent_task_id="6", pod_name="train-report"),
        node("8", "wait", "PENDING", end_time="0001-01-01T00:00:00Z", state_history=[{"error": {"message": "0/3 nodes"}}]),
    ]
    run = _run({"run_id": "r", "display_name": "n", "state": "FAILED", "run_details": {"task_details": details}})
    assert [(t.path, t.state, t.pod, t.message) for t in run.tasks] == [
        ("fit", "SUCCEEDED", "train-executor-1", ""),
        ("loop", "FAILED", "", "child failed"),
        ("loop/report", "FAILED", "train-report", ""),
        ("wait", "PENDING", "", "0/3 nodes"),
    ]
    assert run.tasks[0].ended == (run.tasks[0].started or 0) + 65 and run.tasks[3].ended is None


def of(state: str, *tasks: TaskRun) -> PipelineRun:
    return PipelineRun("0123", "nightly", state, created=1000.0, ended=None, tasks=tasks, parameters={"n": 3})


FIT = TaskRun("fit", "RUNNING", 1000.0)
DONE = TaskRun("load", "SUCCEEDED", 1000.0, 1005.0)
LATE = TaskRun("loop/train", "PENDING", None, None, "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.")


def test_a_run_is_shown_with_its_tasks() -> None:
    assert (
        render_run(of("RUNNING", DONE, FIT, LATE), 1012.0, color=False)
        == """\
Run nightly (0123)
  State:      RUNNING
  Created:    1970-01-01T00:16:40Z
  Parameters: n = 3

  ✓ load        SUCCEEDED      5s
  ● fit         RUNNING       12s
  · loop/train  PENDING            0/1 nodes are available: 1 Insufficient nvidia.com/gpu.
"""
    )
    assert render_runs([of("RUNNING")], color=False).splitlines()[1] == "0123  nightly  RUNNING  1970-01-01T00:16:40Z"
    assert render_runs([], color=False) == "There are no runs.\n"
    assert run_json(of("RUNNING", LATE))["tasks"][0]["message"].startswith("0/1 nodes")  # type: ignore[index]


def test_in_ci_each_change_is_a_line_and_nothing_is_said_twice() -> None:
    out = io.StringIO()
    view = PlainRun(out, lambda: 1012.0)
    view.seen(of("RUNNING", DONE, FIT))
    view.seen(of("RUNNING", DONE, FIT))
    view.seen(of("RUNNING", DONE, FIT, LATE))
    view.seen(of("FAILED", DONE, TaskRun("fit", "FAILED", 1000.0, 1007.0, "exit code 1")))
    assert (
        out.getvalue()
        == """\
load: SUCCEEDED after 5s
fit: RUNNING
run "nightly": RUNNING
loop/train: PENDING: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.
fit: FAILED after 7s: exit code 1
run "nightly": FAILED
"""
    )


def test_on_a_terminal_the_tasks_are_drawn_in_place_and_stay_at_the_end() -> None:
    out = io.StringIO()
    view = LiveRun(out, lambda: 1012.0, lambda: (40, 6))
    many = [TaskRun(f"task-{n}", "SUCCEEDED", 1000.0, 1001.0) for n in range(9)]
    view.seen(of("RUNNING", *many, FIT))
    drawn = out.getvalue()
    assert "nightly: RUNNING 12s, 9 of 10 tasks do…" in drawn and "fit" in drawn and "and 8 more" in drawn
    view.close()
    assert all(f"task-{n}" in out.getvalue() for n in range(9)) and out.getvalue().endswith("\x1b[?25h")
