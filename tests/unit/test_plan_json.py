"""Plan, state and events have the shapes of terraform 1.11.4 (keys recorded from its own output), and no secret is in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kfinfra.app.showing import PlanView
from kfinfra.config.configuration import Configuration
from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load
from kfinfra.diag import SourceText, error, warning
from kfinfra.engine.result import ApplyResult
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN
from kfinfra.plan.change import Action, Change, Difference, Mode, OutputChange, Plan
from kfinfra.state.document import OutputState, ResourceState, State
from kfinfra.views.configuration_json import configuration_json
from kfinfra.views.events_json import JsonEvents
from kfinfra.views.plan_json import change_json, output_change_json, plan_json
from kfinfra.views.relevant_json import relevant_attributes
from kfinfra.views.state_json import outputs_json, state_json
from tests.fakes.world import PROVIDERS, TYPES

A = Address("disk", "a")
B = Address("disk", "b", "x y", (("net", 0), ("inner", None)))
CREATE = Change(
    A, Action.CREATE, "fake", None,
    {"id": UNKNOWN, "input": {"el": [], "empty": {}, "list": [1, UNKNOWN], "n": 1, "nul": None, "secret": "hunter2",
               "later": UNKNOWN},
     "password": UNKNOWN, "users": [{"key": "hunter3"}, {"key": "k"}]},
    sensitive=frozenset({("input", "secret"), ("password",), ("users", 0, "key")}), write_only=("token",),
)  # fmt: skip
REPLACE = Change(
    B, Action.REPLACE, "fake.west", {"id": "1", "zone": "a"}, {"id": UNKNOWN, "zone": "b"},
    (Difference(("id",), "1", UNKNOWN), Difference(("zone",), "a", "b", True)), reason="replace_because_cannot_update",
)  # fmt: skip
DELETE = Change(Address("disk", "c", 1), Action.DELETE, "fake", {"id": "2"}, None, reason="delete_because_count_index")
SAME = Change(Address("disk", "d"), Action.NOOP, "fake", {"id": "3"}, {"id": "3"})
OUTPUTS = (
    OutputChange("id", Action.CREATE, None, UNKNOWN),
    OutputChange("n", Action.UPDATE, 1, 2),
    OutputChange("part", Action.CREATE, None, {"a": UNKNOWN, "b": [1]}),
    OutputChange("s", Action.UPDATE, None, "hunter2", True),
)
PLAN = Plan(
    Mode.NORMAL, (CREATE, REPLACE, DELETE, SAME), outputs=OUTPUTS, lineage="l", serial=3,
    variables={"n": 1, "secret": "digest:" + "0" * 64},
)  # fmt: skip


def view(plan: Plan, prior: State | None = None, config: Configuration | None = None) -> PlanView:
    return PlanView(plan, 1_700_000_000.0, TYPES, prior, config)


def configured(folder: Path, text: str) -> Configuration:
    (folder / "main.hcl").write_text(text)
    return load(FolderSources(folder), TYPES, PROVIDERS, {}, (), None)


def test_unknown_parts_are_left_out_and_named_and_secrets_are_null() -> None:
    assert change_json(CREATE) == {
        "address": "disk.a", "mode": "managed", "type": "disk", "name": "a", "provider_name": "kfinfra.dev/builtin/fake",
        "change": {
            "actions": ["create"],
            "before": None,
            "after": {
                "input": {"el": [], "empty": {}, "list": [1, None], "n": 1, "nul": None, "secret": None},
                "password": None, "token": None, "users": [{"key": None}, {"key": "k"}],
            },
            "after_unknown": {
                "id": True, "input": {"el": [], "empty": {}, "list": [False, True], "later": True}, "users": [{}, {}],
            },
            "before_sensitive": False,
            "after_sensitive": {
                "input": {"el": [], "empty": {}, "list": [False, False], "secret": True}, "password": True, "token": True,
                "users": [{"key": True}, {}],
            },
        },
    }  # fmt: skip


def test_a_replacement_in_a_module_names_its_module_its_key_its_paths_and_its_reason() -> None:
    said = change_json(REPLACE)
    assert said["module_address"] == "module.net[0].module.inner"
    assert (said["index"], said["action_reason"]) == ("x y", "replace_because_cannot_update")
    change: Any = said["change"]
    assert change["actions"] == ["delete", "create"] and change["replace_paths"] == [["zone"]]
    assert change["after"] == {"zone": "b"} and change["after_unknown"] == {"id": True}


def test_a_deletion_and_a_no_op_look_as_terraforms() -> None:
    gone: Any = change_json(DELETE)["change"]
    assert (gone["after"], gone["after_unknown"], gone["after_sensitive"]) == (None, {}, False)
    same: Any = change_json(SAME)["change"]
    assert same["actions"] == ["no-op"] and same["before"] == same["after"] and same["after_unknown"] == {}


def test_outputs_leave_out_what_is_unknown() -> None:
    by_name: Any = {o.name: output_change_json(o) for o in OUTPUTS}
    assert "after" not in by_name["id"] and by_name["id"]["after_unknown"] is True
    assert (by_name["n"]["before"], by_name["n"]["after"], by_name["n"]["after_unknown"]) == (1, 2, False)
    assert by_name["part"]["after"] == {"b": [1]} and by_name["part"]["after_unknown"] == {"a": True, "b": [False]}
    assert by_name["s"] == {
        "actions": ["update"], "before": None, "after": None, "after_unknown": False, "before_sensitive": True,
        "after_sensitive": True,
    }  # fmt: skip


def test_the_whole_plan_has_terraforms_keys_in_its_order_and_no_secret() -> None:
    said: Any = plan_json(view(PLAN))
    assert list(said) == [
        "format_version", "terraform_version", "kfinfra_version", "variables", "planned_values", "resource_changes",
        "output_changes", "prior_state", "checks", "timestamp", "applyable", "complete", "errored",
    ]  # fmt: skip
    assert said["format_version"] == "1.2" and said["timestamp"] == "2023-11-14T22:13:20Z"
    assert (said["applyable"], said["complete"], said["errored"]) == (True, True, False)
    assert said["variables"] == {"n": {"value": 1}, "secret": {"value": None}}
    assert "hunter" not in json.dumps(said)
    assert said["planned_values"]["outputs"]["id"] == {"sensitive": False}
    assert said["planned_values"]["outputs"]["part"]["type"] == ["object", {"a": "dynamic", "b": ["tuple", ["number"]]}]


def test_modules_are_nested_in_planned_values_and_what_goes_is_only_in_prior_state() -> None:
    said: Any = plan_json(view(PLAN))
    root = said["planned_values"]["root_module"]
    assert [r["address"] for r in root["resources"]] == ["disk.a", "disk.d"]
    inner = root["child_modules"][0]["child_modules"][0]
    assert (root["child_modules"][0]["address"], inner["address"]) == ("module.net[0]", "module.net[0].module.inner")
    assert inner["resources"][0]["values"] == {"zone": "b"} and inner["resources"][0]["schema_version"] == 1
    assert [r["address"] for r in said["prior_state"]["values"]["root_module"]["resources"]] == ["disk.c[1]", "disk.d"]


def test_what_a_targeted_plan_leaves_alone_is_in_both_states() -> None:
    other = ResourceState(Address("disk", "z"), "fake", {"id": "9"}, frozenset({A}), schema_version=4, tainted=True)
    said: Any = plan_json(view(Plan(Mode.NORMAL, (SAME,), targets=("disk.d",)), State("l", "00", 3, {other.address: other})))
    assert said["complete"] is False and said["applyable"] is False
    before = said["prior_state"]["values"]["root_module"]["resources"][1]
    assert before["depends_on"] == ["disk.a"] and before["tainted"] is True and before["schema_version"] == 4
    after = said["planned_values"]["root_module"]["resources"][1]
    assert after["address"] == "disk.z" and "depends_on" not in after


def test_drift_is_in_prior_state_as_it_was_found() -> None:
    moved = Change(A, Action.UPDATE, "fake", {"id": "1"}, {"id": "2"}, (Difference(("id",), "1", "2"),))
    gone = Change(Address("disk", "b"), Action.DELETE, "fake", {"id": "3"}, None)
    recorded = {a: ResourceState(a, "fake", {"id": "1"}) for a in (A, gone.address)}
    said: Any = plan_json(view(Plan(Mode.REFRESH_ONLY, (), (moved, gone)), State("l", "00", 3, recorded)))
    assert [c["change"]["actions"] for c in said["resource_drift"]] == [["update"], ["delete"]]
    assert [r["values"] for r in said["prior_state"]["values"]["root_module"]["resources"]] == [{"id": "2"}]


def test_configuration_is_what_is_written_without_its_secrets(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        """
variable "n" {
  default = 1
}
variable "secret" {
  default   = "hunter2"
  sensitive = true
}
provider "fake" {
  alias  = "west"
  region = "r1"
}
locals {
  size = disk.a[0].size
}
disk "a" {
  count    = 2
  size     = var.n
  password = "hunter3"
  tags     = { a = "1", "b c" = -2 }
}
machine "m" {
  provider   = fake.west
  disk       = disk.a[0].id
  label      = "x-${var.n}"
  depends_on = [disk.a]
  port "http" {
    number = local.size
  }
}
output "o" {
  value     = "hunter4"
  sensitive = true
}
output "l" {
  value = local.size
}
""",
    )
    said: Any = configuration_json(config)
    root = said["root_module"]
    assert "hunter" not in json.dumps(said)
    assert root["variables"] == {"n": {"default": 1}, "secret": {"default": None, "sensitive": True}}
    assert said["provider_config"]["fake.west"] == {
        "name": "fake", "full_name": "kfinfra.dev/builtin/fake", "alias": "west",
        "expressions": {"region": {"constant_value": "r1"}},
    }  # fmt: skip
    disk, machine = root["resources"]
    assert disk["count_expression"] == {"constant_value": 2} and disk["provider_config_key"] == "fake"
    assert disk["expressions"] == {
        "size": {"references": ["var.n"]},
        "password": {"constant_value": None},
        "tags": {"constant_value": {"a": "1", "b c": -2}},
    }
    assert machine["provider_config_key"] == "fake.west" and machine["depends_on"] == ["disk.a"]
    assert machine["expressions"]["disk"] == {"references": ["disk.a[0].id", "disk.a[0]", "disk.a"]}
    assert machine["expressions"]["port"] == {"http": {"number": {"references": ["local.size"]}}}
    assert root["outputs"]["o"] == {"sensitive": True, "expression": {"constant_value": None}}
    plan = Plan(Mode.NORMAL, (Change(Address("machine", "m"), Action.CREATE, "fake", None, {}),))
    assert relevant_attributes(config, plan) == [
        {"resource": "disk.a[0]", "attribute": ["id"]},
        {"resource": "disk.a[0]", "attribute": ["size"]},
    ]
    whole: Any = plan_json(view(plan, config=config))
    assert list(whole)[-7:] == [
        "configuration", "relevant_attributes", "checks", "timestamp", "applyable", "complete", "errored",
    ]  # fmt: skip


def test_state_and_outputs_as_terraform_shows_them() -> None:
    secret = ResourceState(A, "fake", {"id": "1", "key": "hunter2"}, sensitive=frozenset({("key",)}))
    outputs = {"n": OutputState(1.5), "s": OutputState(None, True), "m": OutputState({"a": ["x", True, None]})}
    said: Any = state_json(State("l", "00", 1, {A: secret}, outputs))
    assert said["format_version"] == "1.0" and "hunter2" not in json.dumps(said)
    resource = said["values"]["root_module"]["resources"][0]
    assert resource["values"] == {"id": "1", "key": None} and resource["sensitive_values"] == {"key": True}
    assert outputs_json(outputs) == {
        "m": {"sensitive": False, "type": ["object", {"a": ["tuple", ["string", "bool", "dynamic"]]}],
              "value": {"a": ["x", True, None]}},
        "n": {"sensitive": False, "type": "number", "value": 1.5},
        "s": {"sensitive": True, "type": "dynamic", "value": None},
    }  # fmt: skip
    assert state_json(None) == state_json(State("l", "00")) == {"format_version": "1.0"}


class Clock:
    """Time that the test makes pass."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def heard(clock: Clock | None = None) -> tuple[JsonEvents, list[Any]]:
    lines: list[Any] = []
    events = JsonEvents(
        lambda line: lines.append(json.loads(line)), clock or Clock(), lambda: datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    )
    events.interval = 3600
    return events, lines


def test_every_message_has_terraforms_head() -> None:
    events, lines = heard()
    events.version()
    assert lines[0]["@level"] == "info" and lines[0]["@timestamp"] == "2026-01-02T03:04:05.000006Z"
    assert (lines[0]["type"], lines[0]["ui"]) == ("version", "1.2") and {"terraform", "kfinfra", "@message", "@module"} <= set(
        lines[0]
    )


def test_a_plans_messages() -> None:
    events, lines = heard()
    drift = Change(A, Action.UPDATE, "fake", {"id": "1"}, {"id": "2"})
    warned = warning("Careful", "It is hot.")
    events.plan(Plan(Mode.NORMAL, PLAN.changes, (drift,), OUTPUTS, warnings=(warned,)))
    assert [line["type"] for line in lines] == [
        "resource_drift", "planned_change", "planned_change", "planned_change", "change_summary", "outputs", "diagnostic",
    ]  # fmt: skip
    assert lines[2]["@message"] == 'module.net[0].module.inner.disk.b["x y"]: Plan to replace'
    assert lines[2]["change"] == {
        "resource": {
            "addr": 'module.net[0].module.inner.disk.b["x y"]', "module": "module.net[0].module.inner",
            "resource": 'disk.b["x y"]', "implied_provider": "fake", "resource_type": "disk", "resource_name": "b",
            "resource_key": "x y",
        },
        "action": "replace", "reason": "cannot_update",
    }  # fmt: skip
    assert lines[4]["changes"] == {"add": 2, "change": 0, "import": 0, "remove": 2, "operation": "plan"}
    assert lines[5]["outputs"]["s"] == {"sensitive": True, "action": "update"}
    assert (lines[6]["@level"], lines[6]["@message"]) == ("warn", "Warning: Careful")
    assert "hunter" not in json.dumps(lines)


def test_an_applys_messages() -> None:
    clock = Clock()
    events, lines = heard(clock)
    events.operation_started(CREATE, Action.CREATE)
    events.operation_started(DELETE, Action.DELETE)
    events.operation_status(A, "CREATING")
    clock.time = 25.0
    events.tick()
    events.tick()
    events.operation_done(A, Action.CREATE, 70.0)
    why = error("Refused", "It holds data.", SourceText("main.hcl", "disk").span(0, 4), address="disk.c[1]")
    events.operation_failed(DELETE.address, Action.DELETE, [why])
    events.operation_skipped(B, DELETE.address)
    events.result(ApplyResult(failed={DELETE.address: (why,)}), "Apply")
    events.close()
    assert [line["type"] for line in lines] == [
        "apply_start", "apply_start", "apply_progress", "apply_progress", "apply_complete", "apply_errored", "log", "diagnostic",
    ]  # fmt: skip
    assert lines[2]["@message"] == "disk.a: Still creating... [20s elapsed]" and lines[2]["hook"]["status"] == "CREATING"
    assert lines[4]["@message"] == "disk.a: Creation complete after 1m10s" and lines[4]["hook"]["elapsed_seconds"] == 70
    assert lines[5]["hook"]["action"] == "delete" and lines[5]["hook"]["elapsed_seconds"] == 25
    assert lines[1]["hook"]["id_value"] == "2" and "id_key" not in lines[0]["hook"]
    assert lines[7]["diagnostic"]["range"]["start"] == {"line": 1, "column": 1, "byte": 0}


def test_an_applys_end() -> None:
    events, lines = heard()
    outputs = {"n": OutputState(1), "s": OutputState(None, True)}
    events.result(ApplyResult(((A, Action.CREATE),), outputs=outputs), "Apply")
    assert lines[0]["@message"] == "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."
    assert lines[0]["changes"]["operation"] == "apply" and lines[1]["outputs"]["n"]["value"] == 1
    events.result(ApplyResult(((A, Action.DELETE),)), "Destroy")
    assert lines[2]["@message"] == "Destroy complete! Resources: 1 destroyed."


def test_a_refresh_names_each_object_of_its_provider() -> None:
    events, lines = heard()
    recorded = {
        A: ResourceState(A, "fake", {"id": "vol-1"}),
        SAME.address: ResourceState(SAME.address, "fake", {"id": None}),
        B: ResourceState(B, "fake.west", {}),
    }
    events.known(State("l", "00", 1, recorded))
    events.refresh_started("fake", 2)
    events.refresh_done("fake", 2)
    assert [(line["type"], line["hook"]["resource"]["addr"]) for line in lines] == [
        ("refresh_start", "disk.a"), ("refresh_start", "disk.d"), ("refresh_complete", "disk.a"), ("refresh_complete", "disk.d"),
    ]  # fmt: skip
    assert lines[0]["hook"]["id_value"] == "vol-1" and "id_key" not in lines[1]["hook"]


def test_a_reader_that_goes_away_does_not_end_the_work() -> None:
    def closed(line: str) -> None:
        raise BrokenPipeError

    events = JsonEvents(closed, Clock())
    events.version()
    events.operation_started(CREATE, Action.CREATE)
    events.operation_done(A, Action.CREATE, 0.0)
    events.close()
