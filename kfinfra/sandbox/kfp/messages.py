"""Request bodies as the gateway parses them: strict protojson, so unknown fields are refused and both casings are taken.

Facts: backend/api/v2beta1/*.proto, apiserver/common/utils.go (DiscardUnknown: false) of kubeflow/pipelines 2.17.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from kfinfra.sandbox.kfp.faults import Fault

Wire = dict[str, Any]
Kind = Any
TEXT, FLAG, WHOLE, TIME, ANY, TAGS, MAP = "text", "flag", "whole", "time", "any", "tags", "map"
_DISPLAYED = {"display_name": TEXT, "description": TEXT}
_URL = {"pipeline_url": TEXT}
_CONFIG = {"parameters": MAP, "pipeline_root": TEXT}
_REFERENCE = {"pipeline_id": TEXT, "pipeline_version_id": TEXT}
_BETWEEN = {"start_time": TIME, "end_time": TIME}
_STORAGE = ("STORAGE_STATE_UNSPECIFIED", "AVAILABLE", "ARCHIVED")
_SOURCE = {"pipeline_version_id": TEXT, "pipeline_spec": MAP, "pipeline_version_reference": _REFERENCE, "runtime_config": _CONFIG}
_COMMON = {**_DISPLAYED, "namespace": TEXT, "created_at": TIME, "error": ANY}

PIPELINE = {**_COMMON, "pipeline_id": TEXT, "name": TEXT, "tags": TAGS}
VERSION = {**_DISPLAYED, **_REFERENCE, "name": TEXT, "created_at": TIME, "error": ANY, "tags": TAGS, "package_url": _URL}
VERSION |= {"code_source_url": TEXT, "pipeline_spec": MAP}
PIPELINE_AND_VERSION = {"pipeline": PIPELINE, "pipeline_version": VERSION}
EXPERIMENT = {**_COMMON, "experiment_id": TEXT, "storage_state": _STORAGE, "last_run_created_at": TIME}
TRIGGER = {
    "cron_schedule": {**_BETWEEN, "cron": TEXT},
    "periodic_schedule": {**_BETWEEN, "interval_second": WHOLE},
}
RECURRING_RUN = {
    **_COMMON,
    **_SOURCE,
    "recurring_run_id": TEXT,
    "experiment_id": TEXT,
    "service_account": TEXT,
    "max_concurrency": WHOLE,
    "trigger": TRIGGER,
    "mode": ("MODE_UNSPECIFIED", "ENABLE", "DISABLE"),
    "status": ("STATUS_UNSPECIFIED", "ENABLED", "", "DISABLED"),
    "updated_at": TIME,
    "no_catchup": FLAG,
    "plugins_input": ANY,
}
RUN = {
    **_DISPLAYED,
    **_SOURCE,
    "experiment_id": TEXT,
    "run_id": TEXT,
    "recurring_run_id": TEXT,
    "service_account": TEXT,
    "storage_state": _STORAGE,
    **dict.fromkeys(("created_at", "scheduled_at", "finished_at"), TIME),
    **dict.fromkeys(("state", "error", "run_details", "state_history", "plugins_input", "plugins_output"), ANY),
}
_ONE_OF = ({"pipeline_version_id", "pipeline_spec", "pipeline_version_reference"}, {"cron_schedule", "periodic_schedule"})


def parsed(data: bytes, shape: Mapping[str, Kind]) -> Wire:
    """A body with snake_case names, enums as names, whole numbers as int, empty values left out. Raises Fault."""
    try:
        found = json.loads(data) if data else {}
    except ValueError as problem:
        raise _syntax(str(problem)) from problem
    return _message(found, shape)


def _syntax(why: str) -> Fault:
    return Fault("InvalidArgument", f"proto: {why}")


def _message(given: Any, shape: Mapping[str, Kind]) -> Wire:
    if not isinstance(given, dict):
        raise _syntax(f"unexpected token {json.dumps(given)[:40]}")
    out: Wire = {}
    for written, value in given.items():
        name = re.sub("([A-Z])", lambda m: "_" + m[1].lower(), written)
        if name not in shape:
            raise _syntax(f'unknown field "{written}"')
        if name in out:
            raise _syntax(f'duplicate field "{written}"')
        if value is not None:
            out[name] = _value(written, value, shape[name])
    for group in _ONE_OF:
        if group <= shape.keys() and len(group & out.keys()) > 1:
            raise _syntax("oneof is already set")
    return {n: v for n, v in out.items() if v not in ("", 0) or n in ("cron", "interval_second")}


def _value(name: str, value: Any, kind: Kind) -> Any:
    if isinstance(kind, dict):
        return _message(value, kind)
    if isinstance(kind, tuple):
        return _enum(name, value, kind)
    if kind == WHOLE and isinstance(value, (int, str)) and not isinstance(value, bool) and re.fullmatch(r"-?\d+", str(value)):
        return int(value)
    if kind == TAGS and isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        return value
    if (
        kind == ANY
        or (kind == MAP and isinstance(value, dict))
        or (kind in (TEXT, TIME) and isinstance(value, str))
        or (kind == FLAG and isinstance(value, bool))
    ):
        return value
    raise _syntax(f"invalid value for {kind} field {name}: {json.dumps(value)[:40]}")


def _enum(name: str, value: Any, names: tuple[str, ...]) -> str:
    if isinstance(value, int) and 0 <= value < len(names) and names[value]:
        return names[value]
    if not isinstance(value, str) or value not in names:
        raise _syntax(f"invalid value for enum field {name}: {json.dumps(value)}")
    return value
