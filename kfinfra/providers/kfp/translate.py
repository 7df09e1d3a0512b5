"""Wire bodies of v2beta1 to attributes and back. Pure.

protojson leaves out what is empty, writes 64-bit integers as strings, and instants with `Z`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from kfinfra.model.durations import seconds
from kfinfra.model.plain import Attributes, Plain
from kfinfra.providers.kfp import marks
from kfinfra.providers.kfp.checks import instant
from kfinfra.providers.kfp.parameters import same_json

Wire = Mapping[str, Any]


def experiment(wire: Wire, identity: Attributes) -> dict[str, Plain]:
    """An experiment's attributes; `identity` has the namespace as the configuration writes it."""
    return {
        **identity,
        "description": marks.split(wire.get("description"))[0],
        "archived": wire.get("storage_state") == "ARCHIVED",
        "id": str(wire["experiment_id"]),
    }


def pipeline(wire: Wire) -> dict[str, Plain]:
    """What a pipeline itself tells; its description is kfinfra's, the user's is the version's."""
    name = str(wire.get("name") or wire.get("display_name"))
    return {"id": str(wire["pipeline_id"]), "display_name": str(wire.get("display_name") or name)}


def recurring_run(wire: Wire) -> dict[str, Plain]:
    """What a recurring run itself tells; names of the pipeline, the version and the experiment are for the caller to find."""
    trigger, runtime = wire.get("trigger") or {}, wire.get("runtime_config") or {}
    cron, period = trigger.get("cron_schedule") or {}, trigger.get("periodic_schedule") or {}
    limits = cron or period
    length = int(period.get("interval_second") or 0)
    return {
        "name": str(wire.get("display_name", "")),
        "description": marks.split(wire.get("description"))[0],
        "cron": cron.get("cron") or None,
        "interval": duration(length) if length else None,
        "start": limits.get("start_time") or None,
        "end": limits.get("end_time") or None,
        "parameters": runtime.get("parameters") or None,
        "pipeline_root": runtime.get("pipeline_root") or None,
        "enabled": enabled(wire),
        "max_concurrency": int(wire.get("max_concurrency") or 0),
        "catchup": not wire.get("no_catchup", False),
        "service_account": wire.get("service_account") or None,
        "id": str(wire["recurring_run_id"]),
        "version_id": version_id(wire),
    }


def enabled(wire: Wire) -> bool:
    """Whether a recurring run is on."""
    return bool(wire.get("status") == "ENABLED")


def pipeline_id(wire: Wire) -> str | None:
    """The pipeline that a recurring run runs; None for one with a spec of its own."""
    return (wire.get("pipeline_version_reference") or {}).get("pipeline_id") or None


def version_id(wire: Wire) -> str | None:
    """The version that a recurring run pins, if any."""
    return (wire.get("pipeline_version_reference") or {}).get("pipeline_version_id") or None


def recurring_run_body(
    desired: Attributes, owner: str, namespace: str, experiment: str | None, version: str | None
) -> dict[str, Any]:
    """The body that makes a recurring run. `experiment` and `version` are ids. Raises DiagnosticError: description too long."""
    reference = desired["pipeline"]
    reference = {"pipeline_id": reference["id"]} if isinstance(reference, dict) else {}
    if version:
        reference["pipeline_version_id"] = version
    runtime: dict[str, Any] = {"parameters": desired.get("parameters") or {}}
    if desired.get("pipeline_root"):
        runtime["pipeline_root"] = desired["pipeline_root"]
    body: dict[str, Any] = {
        "display_name": desired["name"],
        "description": marks.marked_short(desired.get("description"), owner),
        "pipeline_version_reference": reference,
        "runtime_config": runtime,
        "trigger": _trigger(desired),
        "mode": "ENABLE" if desired.get("enabled") else "DISABLE",
        "max_concurrency": str(desired["max_concurrency"]),
        "no_catchup": not desired.get("catchup"),
        "namespace": namespace,
    }
    optional = {"experiment_id": experiment, "service_account": desired.get("service_account")}
    return {**body, **{name: value for name, value in optional.items() if value}}


def _trigger(desired: Attributes) -> dict[str, Any]:
    limits = {f"{end}_time": _utc(desired[end]) for end in ("start", "end") if desired.get(end)}
    if desired.get("cron"):
        return {"cron_schedule": {"cron": desired["cron"], **limits}}
    return {"periodic_schedule": {"interval_second": str(int(seconds(str(desired["interval"])))), **limits}}


def _utc(value: Plain) -> str:
    found = instant(value)
    if found is None:
        raise ValueError(f"{value!r} is no time; the schema should have said so")
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def does_the_same(wire: Wire, body: Mapping[str, Any]) -> bool:
    """Whether the recurring run on the server is what `body` would make, but for being enabled.

    What `body` leaves to the server (experiment, service account, artifacts' root) may be anything.
    """
    there, runtime = _comparable(wire), wire.get("runtime_config") or {}
    wanted = _comparable(body)
    free = {name for name in ("experiment_id", "service_account") if name not in body}
    root = body["runtime_config"].get("pipeline_root")
    return (
        all(same_json(there[name], wanted[name]) for name in wanted.keys() - free)
        and same_json(runtime.get("parameters") or {}, body["runtime_config"]["parameters"])
        and root in (None, runtime.get("pipeline_root"))
    )


def _comparable(wire: Mapping[str, Any]) -> dict[str, Any]:
    told = recurring_run({"recurring_run_id": "", **wire})
    for end in ("start", "end"):
        if told[end] is not None:
            told[end] = _utc(told[end])
    names = ("name", "description", "cron", "interval", "start", "end", "max_concurrency", "catchup", "version_id")
    out: dict[str, Any] = {name: told[name] for name in names}
    return out | {
        "pipeline": pipeline_id(wire),
        "experiment_id": wire.get("experiment_id") or None,
        "service_account": told["service_account"],
    }


def duration(length: int) -> str:
    """Seconds as a duration: `1h30m`."""
    hours, rest = divmod(length, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "m"), (left, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)
