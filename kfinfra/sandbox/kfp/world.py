"""The objects of the server and the rules between them: names, limits, cascades. No HTTP; one lock around it all.

Facts: backend/src/apiserver/resource/resource_manager.go and storage/*.go of kubeflow/pipelines 2.17.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kfinfra.sandbox.kfp import specs
from kfinfra.sandbox.kfp.faults import Fault, invalid, missing
from kfinfra.sandbox.kfp.schedules import check_trigger

Wire = dict[str, Any]
_TAG = re.compile(r"[^.]{1,63}")
FINISHED = ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED")


class World:
    """What the server holds. `multi_user` servers keep namespaces apart; others force the namespace to be empty."""

    def __init__(self, multi_user: bool = False) -> None:
        self.multi_user = multi_user
        self.lock = threading.RLock()
        self.pipelines: dict[str, Wire] = {}
        self.versions: dict[str, Wire] = {}
        self.experiments: dict[str, Wire] = {}
        self.runs: dict[str, Wire] = {}
        self.schedules: dict[str, Wire] = {}
        if not multi_user:
            self.create_experiment({"display_name": "Default", "description": "All runs created without specifying one."})

    def place(self, namespace: str | None) -> str:
        """The namespace an object goes to. Raises Fault where a multi-user server is given none."""
        if not self.multi_user:
            return ""
        if not namespace:
            raise invalid("Namespace is empty in multi-user mode")
        return namespace

    # pipelines and versions

    def create_pipeline(self, given: Mapping[str, Any]) -> Wire:
        """POST /pipelines: no version comes with it."""
        name = str(given.get("name") or given.get("display_name") or "")
        namespace = self.place(given.get("namespace"))
        if not name:
            raise invalid("pipeline's name cannot be empty")
        if len(name.encode()) > 128:
            raise Fault("Internal", "Failed to create a pipeline: Data too long for column 'Name'")
        _check_tags(given.get("tags"))
        if any(p["name"] == name and p.get("namespace", "") == namespace for p in self.pipelines.values()):
            raise Fault("AlreadyExists", f"Failed to create a new pipeline. The name {name} already exist.")
        return _keep(
            self.pipelines,
            "pipeline_id",
            {
                "name": name,
                "display_name": given.get("display_name") or name,
                "description": given.get("description"),
                "namespace": namespace,
                "tags": given.get("tags"),
            },
        )

    def pipeline(self, identifier: str) -> Wire:
        """One pipeline. Raises Fault."""
        return _get(self.pipelines, "Pipeline", identifier)

    def pipeline_named(self, name: str, namespace: str | None) -> Wire:
        """One pipeline by name."""
        wanted = self.place(namespace)
        for found in self.pipelines.values():
            if found["name"] == name and found.get("namespace", "") == wanted:
                return found
        raise missing("Pipeline", name)

    def delete_pipeline(self, identifier: str, cascade: bool) -> None:
        """Refuses one that has versions, but with `cascade`."""
        self.pipeline(identifier)
        if self.versions_of(identifier) and not cascade:
            raise invalid(f"pipeline {identifier} has existing pipeline versions; use cascade to delete them")
        for version in self.versions_of(identifier):
            del self.versions[version["pipeline_version_id"]]
        del self.pipelines[identifier]

    def create_version(self, pipeline_id: str, given: Mapping[str, Any], spec: Wire) -> Wire:
        """An immutable version."""
        self.pipeline(pipeline_id)
        name = str(given.get("name") or given.get("display_name") or "")
        if not name:
            raise invalid("pipeline version's name cannot be empty")
        if len(name.encode()) > 127:
            raise invalid(f"Pipeline version's name {name} is longer than 127 bytes")
        _check_tags(given.get("tags"))
        if any(v["name"] == name for v in self.versions_of(pipeline_id)):
            raise Fault("AlreadyExists", f"Failed to create a new pipeline version. The name {name} already exist.")
        return _keep(
            self.versions,
            "pipeline_version_id",
            {
                "pipeline_id": pipeline_id,
                "name": name,
                "display_name": given.get("display_name") or name,
                "description": given.get("description"),
                "code_source_url": given.get("code_source_url"),
                "tags": given.get("tags"),
                "pipeline_spec": spec,
            },
        )

    def versions_of(self, pipeline_id: str) -> list[Wire]:
        """A pipeline's versions."""
        return [v for v in self.versions.values() if v["pipeline_id"] == pipeline_id]

    def version(self, pipeline_id: str, identifier: str) -> Wire:
        """One version."""
        found = _get(self.versions, "PipelineVersion", identifier)
        if found["pipeline_id"] != pipeline_id:
            raise missing("PipelineVersion", identifier)
        return found

    def latest(self, pipeline_id: str) -> Wire:
        """The newest second of creation, then the greatest id."""
        found = max(self.versions_of(pipeline_id), key=lambda v: (v["created_at"], v["pipeline_version_id"]), default=None)
        if found is None:
            raise missing("the latest PipelineVersion of pipeline", pipeline_id)
        return found

    def patch(self, item: Wire, given: Mapping[str, Any]) -> Wire:
        """PATCH of a pipeline or version: the display name and the tags, nothing else."""
        _check_tags(given.get("tags"))
        item.update({n: given[n] for n in ("display_name", "tags") if n in given})
        return item

    # experiments

    def create_experiment(self, given: Mapping[str, Any]) -> Wire:
        """Unique by namespace and name, archived ones included."""
        name, namespace = str(given.get("display_name") or ""), self.place(given.get("namespace"))
        if not name or len(name.encode()) > 128:
            raise invalid("Experiment's name must be 1 to 128 bytes long")
        if any(e["display_name"] == name and e.get("namespace", "") == namespace for e in self.experiments.values()):
            raise Fault("AlreadyExists", f"Experiment {name} already exists")
        wire = {"display_name": name, "description": given.get("description"), "namespace": namespace}
        return _keep(self.experiments, "experiment_id", {**wire, "storage_state": "AVAILABLE"})

    def archive_experiment(self, identifier: str, state: str) -> None:
        """Archiving disables its schedules; bringing it back does not enable them."""
        _get(self.experiments, "Experiment", identifier)["storage_state"] = state
        if state == "ARCHIVED":
            for schedule in self.schedules.values():
                if schedule.get("experiment_id") == identifier:
                    schedule["status"] = schedule["mode"] = "DISABLED"
            for run in self.runs.values():
                if run.get("experiment_id") == identifier:
                    run["storage_state"] = "ARCHIVED"

    def _experiment(self, identifier: str | None, namespace: str) -> str:
        if identifier:
            return str(_get(self.experiments, "Experiment", identifier)["experiment_id"])
        for found in self.experiments.values():
            if found["display_name"] == "Default" and found.get("namespace", "") == namespace:
                return str(found["experiment_id"])
        return str(self.create_experiment({"display_name": "Default", "namespace": namespace})["experiment_id"])

    # runs and schedules

    def _spec(self, given: Mapping[str, Any]) -> Wire:
        reference = given.get("pipeline_version_reference")
        if not reference:
            if not given.get("pipeline_spec"):
                raise invalid("Either a pipeline version reference or a pipeline spec is needed")
            return specs.stored(json.dumps(given["pipeline_spec"]).encode())
        pipeline = str(reference.get("pipeline_id") or "")
        self.pipeline(pipeline)
        pinned = reference.get("pipeline_version_id")
        found: Wire = (self.version(pipeline, pinned) if pinned else self.latest(pipeline))["pipeline_spec"]
        return found

    def create_run(self, given: Mapping[str, Any]) -> Wire:
        """A run: PENDING, its parameters checked."""
        namespace = self.place(given.get("namespace"))
        specs.check_parameters(self._spec(given), (given.get("runtime_config") or {}).get("parameters") or {})
        names = (
            "display_name",
            "description",
            "pipeline_spec",
            "pipeline_version_reference",
            "runtime_config",
            "service_account",
        )
        wire = {n: given.get(n) for n in names}
        run = _keep(
            self.runs,
            "run_id",
            {
                **wire,
                "experiment_id": self._experiment(given.get("experiment_id"), namespace),
                "storage_state": "AVAILABLE",
                "recurring_run_id": given.get("recurring_run_id"),
            },
        )
        set_state(run, "PENDING")
        return run

    def create_schedule(self, given: Mapping[str, Any]) -> Wire:
        """A recurring run; names are not unique."""
        namespace = self.place(given.get("namespace"))
        if not given.get("display_name"):
            raise invalid("Job's name cannot be empty")
        most = int(given.get("max_concurrency") or 0)
        if not 1 <= most <= 10:
            raise invalid("Max concurrency of a recurring run must be between 1 and 10")
        check_trigger(given.get("trigger") or {})
        specs.check_parameters(self._spec(given), (given.get("runtime_config") or {}).get("parameters") or {})
        if given.get("mode") not in ("ENABLE", "DISABLE"):
            raise invalid("Invalid mode of the recurring run")
        names = ("display_name", "description", "pipeline_version_reference", "pipeline_spec", "runtime_config", "trigger")
        wire = {n: given.get(n) for n in (*names, "no_catchup", "service_account", "mode")}
        return _keep(
            self.schedules,
            "recurring_run_id",
            {
                **wire,
                "namespace": namespace,
                "max_concurrency": str(most),
                "service_account": given.get("service_account") or "pipeline-runner",
                "status": "ENABLED" if given["mode"] == "ENABLE" else "DISABLED",
                "experiment_id": self._experiment(given.get("experiment_id"), namespace),
            },
        )

    def delete_schedule(self, identifier: str, orphan: bool) -> None:
        """Without `orphan` the garbage collector takes its runs in flight along (kubeflow/pipelines#7421)."""
        _get(self.schedules, "RecurringRun", identifier)
        del self.schedules[identifier]
        for run in self.runs.values():
            if run.get("recurring_run_id") == identifier and run["state"] not in FINISHED and not orphan:
                set_state(run, "CANCELED")


def set_state(run: Wire, state: str) -> None:
    """A run's new state, with its history."""
    run["state"] = state
    run.setdefault("state_history", []).append({"update_time": now(), "state": state})


def now() -> str:
    """The time, to the second, as the database has it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _keep(table: dict[str, Wire], key: str, wire: Wire) -> Wire:
    identifier = str(uuid.uuid4())
    table[identifier] = {key: identifier, **{n: v for n, v in wire.items() if v not in (None, "")}, "created_at": now()}
    return table[identifier]


def _get(table: Mapping[str, Wire], what: str, identifier: str) -> Wire:
    if identifier not in table:
        raise missing(what, identifier)
    return table[identifier]


def _check_tags(tags: Any) -> None:
    if not tags:
        return
    if not isinstance(tags, dict) or len(tags) > 20:
        raise invalid("at most 20 tags are allowed")
    for key, value in tags.items():
        if not _TAG.fullmatch(str(key)) or len(str(value)) > 63:
            raise invalid(f"tag {key!r}: key and value are at most 63 characters, and a key has no dot")
