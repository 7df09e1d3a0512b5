"""Runs as commands see them: parameters from text, Argo's nodes as tasks, what is printed on a terminal and in CI."""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import re

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.runs import PipelineRun, TaskRun
from kfinfra.pipelines.arguments import arguments
from kfinfra.providers.kfp.runs import _run
from kfinfra.providers.kfp.workflow import nodes_of, tasks_of
from kfinfra.sandbox.runs.workflow import node_id
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


WORKFLOW = "train-x7k2p"
TIMES = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:01:05Z"}


def node(name: str, phase: str = "Succeeded", kind: str = "DAG", **more: object) -> dict[str, object]:
    full = ".".join([WORKFLOW, name] if name else [WORKFLOW])
    own = {"id": node_id(WORKFLOW, full), "name": full, "type": kind, "phase": phase, **TIMES, **more}
    return own | ({"templateName": "system-container-impl"} if "executor" in name else {})


LOOP = "root.for-loop-2.iteration-iterations"
NODES = [
    node("", "Failed"),
    node("root-driver", kind="Pod"),
    node("root", "Failed"),
    node("root.fit-driver", kind="Pod"),
    node("root.fit"),
    node("root.fit.executor", kind="Pod"),
    node("root.for-loop-2"),
    node("root.for-loop-2.iteration-driver", kind="Pod"),
    node(LOOP, kind="TaskGroup"),
    node(f"{LOOP}(0:0)"),
    node(f"{LOOP}(0:0).iteration-item-driver", kind="Pod"),
    node(f"{LOOP}(0:0).iteration-item"),
    node(f"{LOOP}(0:0).iteration-item.eval-driver", kind="Pod"),
    node(f"{LOOP}(0:0).iteration-item.eval"),
    node(f"{LOOP}(0:0).iteration-item.eval.executor", "Skipped", "Skipped", message="when 'true != true' evaluated false"),
    node("root.again", "Running", finishedAt=None),
    node("root.again.executor", "Running", "Retry", finishedAt=None, message="Backoff for 1 minute 0 seconds"),
    node("root.again.executor(0)", "Failed", "Pod", message="Error (exit code 1)"),
    node("root.wait", "Running", startedAt="2026-01-01T00:02:00Z", finishedAt=None),
    node("root.wait.executor", "Pending", "Pod", finishedAt=None, message="Unschedulable: 0/3 nodes are available"),
    node("root.condition-5-driver", kind="Pod"),
    node("root.condition-5", "Skipped", "Skipped", message="when 'false != false' evaluated false"),
    node("root.lost-driver", "Failed", "Pod", message="driver: cannot resolve input"),
    node("root.lost", "Omitted", "Skipped", message="omitted: depends condition not met"),
    node("root.ended", "Failed", message="workflow shutdown with strategy:  Terminate"),
    node("root.exit-handler-1", "Failed"),
    node("root.exit-handler-1.onExit"),
    node("root.exit-handler-1.onExit.report-driver", kind="Pod"),
    node("root.exit-handler-1.onExit.report"),
    node("root.exit-handler-1.onExit.report.executor", kind="Pod"),
    node("root.soon-driver", "Running", "Pod", finishedAt=None),
]
TASKS = {
    "fit": ("SUCCEEDED", ""),
    "for-loop-2": ("SUCCEEDED", ""),
    "for-loop-2[0]": ("SUCCEEDED", ""),
    "for-loop-2[0]/eval": ("SUCCEEDED", "cached: the outputs are those of an earlier task"),
    "again": ("RUNNING", "Backoff for 1 minute 0 seconds"),
    "wait": ("PENDING", "Unschedulable: 0/3 nodes are available"),
    "condition-5": ("SKIPPED", "its condition is false"),
    "lost": ("FAILED", "driver: cannot resolve input"),
    "ended": ("CANCELED", "the run was terminated"),
    "exit-handler-1": ("FAILED", ""),
    "report": ("SUCCEEDED", ""),
    "soon": ("PENDING", ""),
}


def manifest(nodes: list[dict[str, object]], packed: bool = False, **metadata: object) -> str:
    by_id = {n["id"]: n for n in nodes}
    status: dict[str, object] = {"nodes": by_id}
    if packed:
        status = {"compressedNodes": base64.b64encode(gzip.compress(json.dumps(by_id).encode())).decode()}
    return json.dumps({"metadata": {"name": WORKFLOW, **metadata}, "status": status})


@pytest.mark.parametrize("packed", [False, True])
def test_argos_nodes_become_the_pipelines_tasks(packed: bool) -> None:
    found = tasks_of(nodes_of(manifest(NODES, packed)))
    assert {t.path: (t.state, t.message) for t in found} == TASKS and found[-1].path == "wait"
    by_path = {t.path: t for t in found}
    assert by_path["fit"].ended == (by_path["fit"].started or 0) + 65 and by_path["wait"].ended is None
    hashed = node_id(WORKFLOW, f"{WORKFLOW}.root.fit.executor").rpartition("-")[2]
    assert by_path["fit"].pod == f"{WORKFLOW}-system-container-impl-{hashed}"
    assert by_path["again"].pod.startswith(f"{WORKFLOW}-system-container-impl-") and by_path["for-loop-2"].pod == ""


def test_tasks_are_in_the_order_of_the_graph() -> None:
    """b, then the loop, then a; the exit task hangs on its hook. All began in one second."""

    def linked(name: str, *children: str, kind: str = "DAG") -> dict[str, object]:
        full = [node_id(WORKFLOW, f"{WORKFLOW}.{child}") for child in children]
        return node(name, kind=kind, children=full)

    item = f"{LOOP}(%d:%d).iteration-item"
    nodes = [
        node("", children=[node_id(WORKFLOW, f"{WORKFLOW}.root-driver")]),
        linked("root-driver", "root", kind="Pod"),
        linked("root", "root.exit-handler-1-driver"),
        linked("root.exit-handler-1-driver", "root.exit-handler-1", kind="Pod"),
        linked("root.exit-handler-1", "root.exit-handler-1.b-driver", "root.exit-handler-1.onExit"),
        linked("root.exit-handler-1.onExit", "root.exit-handler-1.onExit.a-last-driver"),
        linked("root.exit-handler-1.onExit.a-last-driver", "root.exit-handler-1.onExit.a-last", kind="Pod"),
        linked("root.exit-handler-1.onExit.a-last"),
        linked("root.exit-handler-1.b-driver", "root.exit-handler-1.b", kind="Pod"),
        linked("root.exit-handler-1.b", "root.exit-handler-1.b.executor"),
        linked("root.exit-handler-1.b.executor", "root.exit-handler-1.for-loop-2", "root.exit-handler-1.c", kind="Pod"),
        linked("root.exit-handler-1.c", kind="Skipped"),
        *(
            each
            for i in (0, 1)
            for inside in [item.replace("root.", "root.exit-handler-1.") % (i, i)]
            for each in (
                linked(inside.removesuffix(".iteration-item"), f"{inside}-driver"),
                linked(f"{inside}-driver", inside, kind="Pod"),
                linked(inside, f"{inside}.z"),
                linked(f"{inside}.z", f"{inside}.z.executor"),
                linked(f"{inside}.z.executor", f"{inside}.y", kind="Pod"),
                linked(f"{inside}.y", f"{inside}.y.executor"),
                linked(f"{inside}.y.executor", "root.exit-handler-1.a", kind="Pod"),
            )
        ),
        linked("root.exit-handler-1.a"),
        linked("root.exit-handler-1.for-loop-2"),
    ]
    random.Random(7).shuffle(nodes)
    assert [t.path.removeprefix("exit-handler-1/") for t in tasks_of(nodes_of(manifest(nodes)))] == [
        *("exit-handler-1", "b", "c", "for-loop-2", "for-loop-2[0]", "for-loop-2[0]/z", "for-loop-2[0]/y"),
        *("for-loop-2[1]", "for-loop-2[1]/z", "for-loop-2[1]/y", "a", "a-last"),
    ]


def test_pods_of_an_older_argo_are_called_as_their_nodes() -> None:
    old = {"workflows.argoproj.io/pod-name-format": "v1"}
    (fit, *_) = tasks_of(nodes_of(manifest(NODES[3:6], annotations=old)))
    assert fit.pod == node_id(WORKFLOW, f"{WORKFLOW}.root.fit.executor")


def test_a_workflow_that_has_not_begun_has_no_tasks() -> None:
    assert tasks_of(nodes_of(json.dumps({"metadata": {"name": WORKFLOW}}))) == []
    with pytest.raises(ValueError, match="no object"):
        nodes_of("[]")


def test_without_the_workflow_what_v2beta1_tells_is_shown() -> None:
    details: list[dict[str, object]] = [
        {"task_id": str(number), "display_name": str(n["name"]).rpartition(".")[2], "state": "SUCCEEDED"}
        for number, n in enumerate(NODES[:12])
    ]
    details[0]["child_tasks"] = [{"pod_name": NODES[1]["id"]}]
    run = _run({"run_id": "r", "display_name": "n", "state": "FAILED", "run_details": {"task_details": details}})
    assert {t.path for t in run.tasks} == {"fit", "for-loop-2"}


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


LONG = "condition-branches-3/condition-5/a-rather-long-name-of-a-task-that-says-what-it-does"
TREE = (
    TaskRun("for-loop-2", "RUNNING", 1000.0),
    TaskRun("for-loop-2[0]", "RUNNING", 1000.0),
    TaskRun("for-loop-2[0]/work", "SUCCEEDED", 1000.0, 1002.0),
    TaskRun("start", "SUCCEEDED", 1000.0, 1003.0),
    TaskRun("for-loop-2[1]", "FAILED", 1001.0, 1002.0, "iteration failed\nwith two lines and more words than there is room for"),
    TaskRun("condition-branches-3", "SUCCEEDED", 1001.0, 1002.0),
    TaskRun(LONG, "SUCCEEDED", 1001.0, 1002.0),
)


@pytest.mark.parametrize("wide", [40, 80, 140])
def test_on_a_terminal_of_any_width_states_and_times_are_seen(wide: int) -> None:
    out = io.StringIO()
    LiveRun(out, lambda: 1012.0, lambda: (wide, 30)).seen(of("RUNNING", *TREE))
    lines = [re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line) for line in out.getvalue().splitlines()]
    assert all(len(line) < wide for line in lines) and len(lines) == 8
    assert [line.split()[1] for line in lines[1:6]] == ["for-loop-2", "[0]", "work", "[1]", "start"]
    assert "SUCCEEDED      1s" in lines[-1] and ("…" in lines[-1]) == (wide < 140)


def test_what_stays_is_told_whole() -> None:
    text = render_run(of("FAILED", *TREE), 1012.0, color=False, room=60)
    assert all(len(line) <= 60 for line in text.splitlines())
    assert "words than there is room for" in " ".join(text.split()) and "      with two lines" in text
