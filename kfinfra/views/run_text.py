"""Runs and their tasks as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from kfinfra.model.runs import PipelineRun, TaskRun
from kfinfra.views.durations import duration
from kfinfra.views.paint import paint
from kfinfra.views.run_rows import STYLES, SYMBOLS, outline, written


def render_runs(runs: Sequence[PipelineRun], color: bool) -> str:
    """A table, the newest run first."""
    rows = [("ID", "NAME", "STATE", "CREATED", "DURATION"), *(_row(run) for run in runs)]
    wide = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = []
    for number, row in enumerate(rows):
        cells = [text.ljust(width) for text, width in zip(row, wide, strict=False)]
        if number:
            cells[2] = paint(cells[2], STYLES.get(row[2], "bold"), color)
        lines.append("  ".join([*cells, row[4]]).rstrip())
    return "\n".join([*lines, ""]) if runs else "There are no runs.\n"


def _row(run: PipelineRun) -> tuple[str, str, str, str, str]:
    took = duration(run.ended - run.created) if run.ended is not None and run.created is not None else ""
    return run.id, run.name, run.state, _stamp(run.created), took


def _stamp(seconds: float | None) -> str:
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def render_run(run: PipelineRun, now: float, color: bool, room: int | None = None) -> str:
    """A run with its tasks: as a tree in `room` columns, or where that is None by their paths, a line each."""
    lines = [f"Run {paint(run.name, 'bold', color)} ({run.id})"]
    facts = {
        "State": paint(run.state, STYLES.get(run.state, "bold"), color),
        "Created": _stamp(run.created),
        "Ended": _stamp(run.ended),
        "Parameters": ", ".join(f"{n} = {json.dumps(v, ensure_ascii=False)}" for n, v in sorted(run.parameters.items())),
        "Message": run.message,
    }
    lines += [f"  {name + ':':<12}{value}" for name, value in facts.items() if value]
    if run.tasks and room is None:
        wide = max(len(t.path) for t in run.tasks)
        lines += ["", *(_task_line(task, wide, now, color) for task in run.tasks)]
    elif run.tasks and room is not None:
        lines += ["", *written(outline(run.tasks), now, room, color)]
    return "\n".join([*lines, ""])


def _task_line(task: TaskRun, wide: int, now: float, color: bool) -> str:
    """A task: its sign, path, state, how long it has taken, why it failed or waits."""
    sign = SYMBOLS.get(task.state, "●")
    took = "" if task.started is None else duration(max(0.0, (task.ended or now) - task.started))
    state = paint(f"{sign} {task.path:<{wide}}  {task.state:<9}", STYLES.get(task.state, "dim"), color)
    return f"  {state} {took:>7}  {' '.join(task.message.split())}".rstrip()


def run_json(run: PipelineRun) -> dict[str, object]:
    """A run as JSON; times are RFC 3339, null where there is none."""
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "pipeline_id": run.pipeline,
        "version_id": run.version,
        "experiment_id": run.experiment,
        "created": _stamp(run.created) or None,
        "ended": _stamp(run.ended) or None,
        "message": run.message,
        "parameters": dict(run.parameters),
        "tasks": [
            {
                "path": t.path,
                "state": t.state,
                "started": _stamp(t.started) or None,
                "ended": _stamp(t.ended) or None,
                "message": t.message,
                "pod": t.pod,
            }
            for t in run.tasks
        ],
    }
