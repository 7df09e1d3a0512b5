"""The table of the API's paths: method, path, the body's shape, and what it asks of the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kfinfra.sandbox.kfp import messages
from kfinfra.sandbox.kfp.faults import Fault, internal, invalid
from kfinfra.sandbox.kfp.listing import page
from kfinfra.sandbox.kfp.tables import Wire, check_length
from kfinfra.sandbox.kfp.world import World
from kfinfra.sandbox.runs.workflow import older, served

_POLICIES = ("DELETE_PROPAGATION_POLICY_UNSPECIFIED", "FOREGROUND", "BACKGROUND", "ORPHAN")
_CREATE_VERSION = "Failed to create a pipeline version."

# what Go's strconv.ParseBool takes
_TRUE, _FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")


@dataclass(frozen=True, slots=True)
class Call:
    """A request, parsed."""

    world: World
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Wire

    @property
    def id(self) -> str:
        """The object in the path."""
        return self.path["id"]

    def asked(self, *names: str) -> str:
        """The first of these query parameters: the gateway takes both casings."""
        return next((self.query[n] for n in names if n in self.query), "")

    def choice(self, name: str, camel: str, *values: str) -> str:
        """A query parameter with few values. Raises Fault for others."""
        found = self.asked(name, camel)
        if found and found not in values and not (found.isdigit() and int(found) < len(values)):
            raise Fault("InvalidArgument", f"type mismatch, parameter: {name}, error: {found} is not valid")
        return values[int(found)] if found.isdigit() else found


Handler = Callable[[Call], Wire | None]


def _fetched(url: str) -> Wire:
    """A package by its address: as a server that cannot reach it answers, since the sandbox has no network."""
    parts = urlsplit(url)
    if not (parts.scheme and parts.netloc):
        raise invalid(f"invalid pipeline spec URL: {url}")
    raise internal(f"error downloading the pipeline spec from {url}", invalid("the sandbox fetches nothing; upload the package"))


def _create_version(call: Call) -> Wire:
    url = (call.body.get("package_url") or {}).get("pipeline_url")
    if not url:
        raise invalid(f"{_CREATE_VERSION} Package URL is {'empty' if 'package_url' in call.body else 'nil'}")
    if not call.body.get("pipeline_id"):
        raise invalid(f"{_CREATE_VERSION} Parent pipeline id is empty")
    check_length("PipelineVersion.Name", call.body.get("name") or call.body.get("display_name") or "", 127)
    call.world.pipeline(call.id)
    return _fetched(url)


def _create_both(call: Call) -> Wire:
    check_length("Pipeline.Name", call.body.get("pipeline", {}).get("name", ""), 128)
    return _fetched((call.body.get("pipeline_version", {}).get("package_url") or {}).get("pipeline_url", ""))


def _delete_pipeline(call: Call) -> None:
    asked = call.asked("cascade")
    if asked not in ("", *_TRUE, *_FALSE):
        raise Fault("InvalidArgument", f"type mismatch, parameter: cascade, error: parsing {asked!r}: invalid syntax")
    call.world.delete_pipeline(call.id, asked in _TRUE)


def _create_run(call: Call) -> Wire:
    if "plugins_output" in call.body:
        raise Fault("Aborted", "plugins_output is server-owned and populated exclusively via plugin lifecycle hooks")
    return call.world.create_run(call.body)


def _delete_schedule(call: Call) -> None:
    policy = call.choice("propagation_policy", "propagationPolicy", *_POLICIES)
    call.world.delete_schedule(call.id, orphan=policy == "ORPHAN")


def _listed(find: Callable[[Call], list[Wire]], kind: str) -> Handler:
    def answer(call: Call) -> Wire:
        names = {"page_size": "pageSize", "page_token": "pageToken", "sort_by": "sortBy", "filter": "filter"}
        return page(find(call), kind, {n: call.asked(n, camel) for n, camel in names.items()})

    return answer


def _experiment(call: Call) -> str:
    return call.asked("experiment_id", "experimentId")


def _runs(call: Call) -> list[Wire]:
    found = call.world.runs_of(_experiment(call), call.asked("namespace"))
    return [{n: v for n, v in run.items() if n != "run_details"} for run in found]


_P, _V, _E, _R, _J = "/pipelines/{id}", "/pipelines/{id}/versions/{v}", "/experiments/{id}", "/runs/{id}", "/recurringruns/{id}"
ROUTES: list[tuple[str, str, Mapping[str, Any], Handler]] = [
    ("GET", "/pipelines", {}, _listed(lambda c: c.world.pipelines_in(c.asked("namespace")), "pipelines")),
    ("POST", "/pipelines", messages.PIPELINE, lambda c: c.world.create_pipeline(c.body)),
    ("POST", "/pipelines/create", messages.PIPELINE_AND_VERSION, _create_both),
    ("GET", "/pipelines/names/{name}", {}, lambda c: c.world.pipeline_named(c.path["name"], c.asked("namespace"))),
    ("GET", _P, {}, lambda c: c.world.pipeline(c.id)),
    ("PATCH", _P, messages.PIPELINE, lambda c: c.world.patch(c.world.pipeline(c.id), c.body)),
    ("DELETE", _P, {}, _delete_pipeline),
    ("GET", f"{_P}/versions", {}, _listed(lambda c: c.world.versions_of(c.id), "pipeline_versions")),
    ("POST", f"{_P}/versions", messages.VERSION, _create_version),
    ("GET", _V, {}, lambda c: c.world.version(c.id, c.path["v"])),
    ("PATCH", _V, messages.VERSION, lambda c: c.world.patch(c.world.version(c.id, c.path["v"]), c.body)),
    ("DELETE", _V, {}, lambda c: c.world.delete_version(c.id, c.path["v"])),
    ("GET", "/experiments", {}, _listed(lambda c: c.world.experiments_in(c.asked("namespace")), "experiments")),
    ("POST", "/experiments", messages.EXPERIMENT, lambda c: c.world.create_experiment(c.body)),
    ("POST", f"{_E}:archive", {}, lambda c: c.world.archive_experiment(c.id)),
    ("POST", f"{_E}:unarchive", {}, lambda c: c.world.unarchive_experiment(c.id)),
    ("GET", _E, {}, lambda c: c.world.experiment(c.id)),
    ("DELETE", _E, {}, lambda c: c.world.delete_experiment(c.id)),
    ("GET", "/recurringruns", {}, _listed(lambda c: c.world.schedules_of(_experiment(c), c.asked("namespace")), "recurringRuns")),
    ("POST", "/recurringruns", messages.RECURRING_RUN, lambda c: c.world.create_schedule(c.body)),
    ("POST", f"{_J}:enable", {}, lambda c: c.world.switch(c.id, on=True)),
    ("POST", f"{_J}:disable", {}, lambda c: c.world.switch(c.id, on=False)),
    ("GET", _J, {}, lambda c: c.world.schedule(c.id)),
    ("DELETE", _J, {}, _delete_schedule),
    ("GET", "/runs", {}, _listed(_runs, "runs")),
    ("POST", "/runs", messages.RUN, _create_run),
    ("POST", f"{_R}:archive", {}, lambda c: c.world.archive_run(c.id)),
    ("POST", f"{_R}:unarchive", {}, lambda c: c.world.unarchive_run(c.id)),
    ("POST", f"{_R}:terminate", {}, lambda c: c.world.terminate_run(c.id)),
    ("POST", f"{_R}:retry", {}, lambda c: c.world.retry_run(c.id)),
    ("GET", _R, {}, lambda c: served(c.world.run(c.id), c.world.workflow_name(c.id))),
    ("DELETE", _R, {}, lambda c: c.world.delete_run(c.id)),
]
OLDER: list[tuple[str, str, Mapping[str, Any], Handler]] = [
    ("GET", _R, {}, lambda c: older(c.world.run(c.id), c.world.workflow_name(c.id))),
]
"""What the API of v1beta1 serves here: the workflow of a run."""
