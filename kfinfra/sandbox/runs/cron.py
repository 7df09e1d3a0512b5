"""Recurring runs: each starts runs at its times, as KFP's controller for ScheduledWorkflows does.

Facts: backend/src/crd/controller/scheduledworkflow (util/scheduled_workflow.go, util/parameter_formatter.go) of
kubeflow/pipelines 2.16. Cron has its seconds first and is in UTC. At most `max_concurrency` runs of one go on at a time; times
that pass meanwhile are made up for, the oldest first, unless `no_catchup` says that only the newest counts.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from kfinfra.sandbox.kfp.faults import Fault
from kfinfra.sandbox.kfp.world import FINISHED, World

Wire = dict[str, Any]
_PLACEHOLDER = re.compile(r"\[\[(\w+)(?:\.([^\]]+))?\]\]")
_GO = {"2006": "%Y", "01": "%m", "02": "%d", "15": "%H", "04": "%M", "05": "%S"}


class Recurrence:
    """The recurring runs of a world. `look` starts what is due at a time; `begin` looks again and again."""

    def __init__(self, world: World, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._world, self._clock = world, clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="recurring-runs", daemon=True)

    def begin(self) -> None:
        """Looks twice a second from now on, in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Looks no more."""
        self._stop.set()

    def _go_on(self) -> None:
        while not self._stop.wait(0.5):
            self.look()

    def look(self) -> None:
        """Starts the runs that are due."""
        now = self._clock()
        with self._world.lock:
            for identifier, schedule in list(self._world.schedules.items()):
                if schedule.get("status") == "ENABLED":
                    self._one(identifier, schedule, now)
                else:
                    self._fired(identifier, now)  # what passes while it is off is not made up for

    def _one(self, identifier: str, schedule: Wire, now: datetime) -> None:
        trigger = schedule.get("trigger") or {}
        fired = self._world.fired.get(identifier) or {}
        last = _time(fired.get("last") or schedule.get("created_at")) or now
        due = _next(trigger, last)
        if due is None or due > now:
            return
        if schedule.get("no_catchup"):
            while (later := _next(trigger, due)) is not None and later <= now:
                due = later
        active = [r for r in self._world.runs.values() if r.get("recurring_run_id") == identifier and r["state"] not in FINISHED]
        if len(active) >= int(schedule.get("max_concurrency") or 1):
            return
        index = int(fired.get("index", 0)) + 1
        self._fired(identifier, due, index)
        try:
            self._world.create_run(_run(schedule, due, now, index))["scheduled_at"] = f"{due:%Y-%m-%dT%H:%M:%SZ}"
        except Fault:
            return  # the version or the experiment is gone: the controller logs it, and tries again at the next time

    def _fired(self, identifier: str, at: datetime, index: int | None = None) -> None:
        """Notes the last time that is done with; the server keeps it, so that none is done twice."""
        before = self._world.fired.get(identifier) or {}
        self._world.fired[identifier] = {"last": at.isoformat(), "index": before.get("index", 0) if index is None else index}


def _run(schedule: Wire, due: datetime, now: datetime, index: int) -> Wire:
    """The run that a schedule makes."""
    runtime = schedule.get("runtime_config") or {}
    parameters = {n: _formatted(v, due, now, index) for n, v in (runtime.get("parameters") or {}).items()}
    body = {n: schedule.get(n) for n in ("pipeline_version_reference", "pipeline_spec", "experiment_id", "service_account")}
    return {
        **{n: v for n, v in body.items() if v},
        "display_name": f"{schedule['display_name']} {due:%Y-%m-%dT%H-%M-%S}",
        "recurring_run_id": schedule["recurring_run_id"],
        "runtime_config": {**runtime, "parameters": parameters},
    }


def _formatted(value: Any, due: datetime, now: datetime, index: int) -> Any:
    """A text with the schedule's placeholders filled in: [[ScheduledTime]], [[CurrentTime.15-04-05]], [[Index]]."""
    if not isinstance(value, str):
        return value

    def filled(found: re.Match[str]) -> str:
        times = {"ScheduledTime": due, "CurrentTime": now}
        if found[1] == "Index":
            return str(index)
        if found[1] not in times:
            return found[0]
        return times[found[1]].strftime(_pattern(found[2] or "20060102150405"))

    return _PLACEHOLDER.sub(filled, value)


def _pattern(layout: str) -> str:
    """Go's layout of a time as strftime has it."""
    return re.sub("2006|01|02|15|04|05", lambda found: _GO[found[0]], layout.replace("%", "%%"))


def _next(trigger: Mapping[str, Any], last: datetime) -> datetime | None:
    """The first time after `last`, None where there is none any more."""
    plan = trigger.get("cron_schedule") or trigger.get("periodic_schedule") or {}
    start, end = _time(plan.get("start_time")), _time(plan.get("end_time"))
    base = last if start is None or last >= start else start - timedelta(seconds=1)
    if "cron" in plan:
        found = _cron(str(plan["cron"]), base)
    elif plan.get("interval_second"):
        found = base + timedelta(seconds=int(plan["interval_second"])) if start is None or last >= start else start
    else:
        return None
    return None if found is None or (end is not None and found > end) else found


_NAMED = {
    "@yearly": "0 0 0 1 1 *", "@annually": "0 0 0 1 1 *", "@monthly": "0 0 0 1 * *", "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *", "@midnight": "0 0 0 * * *", "@hourly": "0 0 * * * *",
}  # fmt: skip
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "ns": 1e-9}


def _cron(text: str, base: datetime) -> datetime | None:
    """As robfig/cron v1.2: six fields, of which five leave out the day of week; or a descriptor."""
    from croniter import croniter

    if text.startswith("@every "):
        found = re.findall(r"([\d.]+)(ms|us|ns|[hms])", text)
        return base + timedelta(seconds=max(1.0, sum(float(n) * _UNITS[unit] for n, unit in found)))
    fields = _NAMED.get(text, text).replace("?", "*").split()
    if len(fields) == 5:
        fields.append("*")
    made: datetime = croniter(" ".join(fields), base, second_at_beginning=True).get_next(datetime)
    return made


def _time(text: object) -> datetime | None:
    if not isinstance(text, str) or not text:
        return None
    return datetime.fromisoformat(text).astimezone(UTC)
