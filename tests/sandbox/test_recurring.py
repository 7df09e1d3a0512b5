"""Recurring runs start runs at their times: cron with seconds first, intervals, limits, what is missed, what is off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kfinfra.sandbox.kfp.world import World, set_state
from kfinfra.sandbox.runs.cron import Recurrence, _pattern

SPEC = {
    "pipelineInfo": {"name": "train"},
    "schemaVersion": "2.1.0",
    "sdkVersion": "kfp-2.17.0",
    "root": {
        "inputDefinitions": {"parameters": {"day": {"parameterType": "STRING", "isOptional": True}}},
        "dag": {"tasks": {"a": {"componentRef": {"name": "comp-a"}, "taskInfo": {"name": "a"}}}},
    },
    "components": {"comp-a": {"executorLabel": "exec-a"}},
    "deploymentSpec": {"executors": {"exec-a": {"container": {"image": "alpine", "command": ["true"]}}}},
}


class Schedule:
    def __init__(self, trigger: dict[str, Any], **more: Any) -> None:
        self.world = World()
        body = {"display_name": "nightly", "pipeline_spec": SPEC, "trigger": trigger, "max_concurrency": 10, "mode": "ENABLE"}
        self.made = self.world.create_schedule({**body, **more})
        self.start = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
        self.made["created_at"] = "2026-01-01T00:00:30Z"
        self.now = self.start
        self.recurrence = Recurrence(self.world, lambda: self.now)

    def after(self, **passed: int) -> list[dict[str, Any]]:
        """The runs there are once so much time has passed."""
        self.now = self.start + timedelta(**passed)
        for _ in range(20):
            self.recurrence.look()
        return sorted(self.world.runs.values(), key=lambda r: str(r["display_name"]))


def cron(text: str, **more: Any) -> dict[str, Any]:
    return {"cron_schedule": {"cron": text, **more}}


def names(runs: list[dict[str, Any]]) -> list[str]:
    return [str(r["display_name"]).removeprefix("nightly 2026-01-") for r in runs]


def test_cron_has_its_seconds_first() -> None:
    schedule = Schedule(cron("0 0 2 * * *"))
    assert schedule.after(hours=1) == []
    assert names(schedule.after(hours=2)) == ["01T02-00-00"]
    assert names(schedule.after(hours=27)) == ["01T02-00-00", "02T02-00-00"]
    assert all(r["recurring_run_id"] == schedule.made["recurring_run_id"] for r in schedule.world.runs.values())


def test_five_fields_are_misread_as_the_server_does() -> None:
    assert names(Schedule(cron("0 * * * *")).after(minutes=2)) == ["01T00-01-00", "01T00-02-00"]


@pytest.mark.parametrize(("text", "count"), [("@every 1m", 3), ("@hourly", 0), ("*/30 * * * * *", 6)])
def test_descriptors_and_steps(text: str, count: int) -> None:
    assert len(Schedule(cron(text)).after(minutes=3)) == count


def test_intervals_begin_and_end() -> None:
    trigger = {
        "periodic_schedule": {"interval_second": 60, "start_time": "2026-01-01T00:05:00Z", "end_time": "2026-01-01T00:07:30Z"}
    }
    assert names(Schedule(trigger).after(minutes=30)) == ["01T00-05-00", "01T00-06-00", "01T00-07-00"]


def test_no_more_run_at_once_than_allowed_and_the_rest_is_made_up_for() -> None:
    schedule = Schedule(cron("0 * * * * *"), max_concurrency=1)
    (first,) = schedule.after(minutes=3)
    set_state(first, "SUCCEEDED")
    assert names(schedule.after(minutes=3)) == ["01T00-01-00", "01T00-02-00"]
    without = Schedule(cron("0 * * * * *"), no_catchup=True)
    assert names(without.after(minutes=3)) == ["01T00-03-00"]


def test_a_server_that_starts_again_fires_no_time_twice_and_goes_on_counting() -> None:
    parameters = {"day": "[[Index]]"}
    schedule = Schedule(cron("0 * * * * *"), runtime_config={"parameters": parameters})
    assert len(schedule.after(minutes=2)) == 2
    schedule.recurrence = Recurrence(schedule.world, lambda: schedule.now)
    assert len(schedule.after(minutes=2)) == 2
    third = schedule.after(minutes=3)[-1]
    assert third["runtime_config"]["parameters"]["day"] == "3" and third["scheduled_at"] == "2026-01-01T00:03:00Z"


def test_one_that_is_off_starts_nothing_and_makes_up_for_nothing() -> None:
    schedule = Schedule(cron("0 * * * * *"))
    schedule.world.switch(schedule.made["recurring_run_id"], on=False)
    assert schedule.after(minutes=5) == []
    schedule.world.switch(schedule.made["recurring_run_id"], on=True)
    assert names(schedule.after(minutes=6)) == ["01T00-06-00"]


def test_placeholders_tell_the_time_and_the_number() -> None:
    parameters = {"day": "[[ScheduledTime.2006-01-02]] #[[Index]] [[ScheduledTime]] [[Other]]"}
    (run,) = Schedule(cron("0 0 2 * * *"), runtime_config={"parameters": parameters}).after(hours=2)
    assert run["runtime_config"]["parameters"]["day"] == "2026-01-01 #1 20260101020000 [[Other]]"
    assert _pattern("15:04:05") == "%H:%M:%S"
