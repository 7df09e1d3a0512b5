"""Experiments, runs and schedules beside the pipelines, and the rules between them. No HTTP; one lock around it all.

Facts: apiserver/resource/resource_manager.go, server/{run,job,experiment}_server.go of kubeflow/pipelines 2.17.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from kfinfra.pipelines.argo import refusals
from kfinfra.sandbox.kfp import specs
from kfinfra.sandbox.kfp.faults import Fault, aborted, internal, invalid, taken
from kfinfra.sandbox.kfp.parameters import check_parameters
from kfinfra.sandbox.kfp.pipelines import Pipelines
from kfinfra.sandbox.kfp.schedules import check_trigger
from kfinfra.sandbox.kfp.tables import NEVER, Wire, check_length, get, keep, now

FINISHED = ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED")
DEFAULT = {"display_name": "Default", "description": "All runs created without specifying an experiment will be grouped here."}
POD_NAMESPACE = "kubeflow"
RUNNER = "pipeline-runner"


class World(Pipelines):
    """All that the server holds."""

    def __init__(self, multi_user: bool = False) -> None:
        super().__init__(multi_user)
        self.lock = threading.RLock()
        self.experiments: dict[str, Wire] = {}
        self.runs: dict[str, Wire] = {}
        self.schedules: dict[str, Wire] = {}
        self.fired: dict[str, Wire] = {}
        self.started: Callable[[str], None] = _nobody
        self.terminated: Callable[[str], None] = _nobody
        self.default = "" if multi_user else str(self.create_experiment(DEFAULT)["experiment_id"])

    # experiments

    def create_experiment(self, given: Mapping[str, Any]) -> Wire:
        """Unique by namespace and name, archived ones included. Raises Fault."""
        name = given.get("display_name") or ""
        if not name:
            raise internal("Failed to convert API experiment to model", invalid("Experiment must have a non-empty name"))
        check_length("Experiment.Name", name, 128)
        check_length("Experiment.Namespace", given.get("namespace") or "", 63)
        namespace = self.place(given.get("namespace"))
        if any(e["display_name"] == name and e.get("namespace", "") == namespace for e in self.experiments.values()):
            raise taken("experiment", name)
        wire = {"display_name": name, "description": given.get("description"), "namespace": namespace}
        wire |= {"storage_state": "AVAILABLE", "last_run_created_at": NEVER}
        return keep(self.experiments, "experiment_id", wire)

    def experiment(self, identifier: str) -> Wire:
        """One experiment. Raises Fault."""
        return get(self.experiments, "Experiment", identifier)

    def experiments_in(self, namespace: str | None) -> list[Wire]:
        """Those of a namespace. Raises Fault."""
        wanted = self.place(namespace)
        return [e for e in self.experiments.values() if e.get("namespace", "") == wanted]

    def archive_experiment(self, identifier: str) -> None:
        """Archives its runs and disables its schedules. Raises Fault."""
        self.experiment(identifier)["storage_state"] = "ARCHIVED"
        for run in [r for r in self.runs.values() if r["experiment_id"] == identifier]:
            run["storage_state"] = "ARCHIVED"
        for schedule in [s for s in self.schedules.values() if s["experiment_id"] == identifier]:
            self.switch(schedule["recurring_run_id"], on=False)

    def unarchive_experiment(self, identifier: str) -> None:
        """The experiment alone: its runs stay archived, its schedules disabled. Raises Fault."""
        self.experiment(identifier)["storage_state"] = "AVAILABLE"

    def delete_experiment(self, identifier: str) -> None:
        """Runs and schedules stay behind. Raises Fault."""
        if identifier == self.default:
            message = f"Failed to delete experiment {identifier}. The default experiment cannot be deleted"
            raise aborted(message, f"Experiment id cannot be equal to the default id {identifier}")
        del self.experiments[self.experiment(identifier)["experiment_id"]]

    def _home(self, given: Mapping[str, Any]) -> tuple[str, str]:
        """The experiment and the namespace of a new run or schedule."""
        identifier, namespace = given.get("experiment_id") or "", given.get("namespace") or ""
        if not identifier:
            if self.multi_user:
                raise invalid("Experiment id can not be empty in multi-user mode")
            return self.default, namespace
        own = self.experiment(identifier).get("namespace", "")
        if namespace and namespace != own:
            raise invalid(f"Experiment {identifier} belongs to namespace '{own}' instead of '{namespace}'")
        return identifier, own

    def _of(self, table: Mapping[str, Wire], experiment: str, namespace: str) -> list[Wire]:
        if experiment:
            self.experiment(experiment)
            return [item for item in table.values() if item["experiment_id"] == experiment]
        if not self.multi_user:
            return list(table.values())
        place = self.place(namespace)
        homes = {e["experiment_id"] for e in self.experiments.values() if e.get("namespace") == place}
        return [item for item in table.values() if item["experiment_id"] in homes]

    # what a run or a schedule runs

    def _source(self, given: Mapping[str, Any], context: str) -> tuple[Wire, Wire]:
        """The stored spec, and how the object refers to it. What is not found is the server's own error (500)."""
        reference = given.get("pipeline_version_reference") or {}
        pipeline, pinned = reference.get("pipeline_id", ""), reference.get("pipeline_version_id", "")
        try:
            if pinned or pipeline:
                version = get(self.versions, "PipelineVersion", pinned) if pinned else self.latest(pipeline)
                owner, pinned = version["pipeline_id"], version["pipeline_version_id"]
                if pipeline and owner != pipeline:
                    raise invalid(f"Pipeline version {pinned} belongs to pipeline {owner} (not {pipeline})")
                resolved = {"pipeline_id": owner, "pipeline_version_id": pinned}
                return version["pipeline_spec"], {"pipeline_version_reference": resolved}
            if not given.get("pipeline_spec"):
                raise invalid("Failed to fetch a template with an empty pipeline spec manifest")
            spec = specs.stored_documents(specs.documents_of(given["pipeline_spec"]))
        except Fault as problem:
            raise internal(context, problem) from problem
        return spec, {"pipeline_spec": spec}

    # runs

    def create_run(self, given: Mapping[str, Any]) -> Wire:
        """A run: PENDING, its parameters checked. Raises Fault."""
        if not given.get("display_name"):
            raise invalid("The run name is empty. Please specify a valid name")
        experiment, _ = self._home(given)
        spec, source = self._source(given, "Failed to create a run due to error fetching manifest")
        _check(spec, given)
        refused = next(refusals(specs.pipeline_of(spec)), None)
        if refused is not None:
            raise internal("Failed to validate workflow", invalid(refused.detail))
        wire = {n: given.get(n) for n in ("display_name", "description", "runtime_config", "recurring_run_id")}
        wire |= {**source, "experiment_id": experiment, "storage_state": "AVAILABLE"}
        wire |= {"service_account": given.get("service_account") or RUNNER}
        run = keep(self.runs, "run_id", wire)
        run |= {"scheduled_at": run["created_at"], "finished_at": NEVER}
        if experiment in self.experiments:
            self.experiments[experiment]["last_run_created_at"] = run["created_at"]
        set_state(run, "PENDING")
        self.started(run["run_id"])
        return run

    def run(self, identifier: str) -> Wire:
        """One run. Raises Fault."""
        return get(self.runs, "Run", identifier)

    def workflow_name(self, identifier: str) -> str:
        """What Argo calls the run: its pipeline's name, and letters that make it the only one. Raises Fault."""
        run = self.run(identifier)
        reference = run.get("pipeline_version_reference")
        version = self.versions.get(reference["pipeline_version_id"]) if reference else None
        spec = run.get("pipeline_spec") or (version or {}).get("pipeline_spec") or {}
        return workflow_name(specs.pipeline_of(spec).get("pipelineInfo", {}).get("name", "run"), identifier)

    def runs_of(self, experiment: str, namespace: str) -> list[Wire]:
        """Those of an experiment, or of a namespace. Raises Fault."""
        return self._of(self.runs, experiment, namespace)

    def delete_run(self, identifier: str) -> None:
        """In any state. Raises Fault."""
        del self.runs[self.run(identifier)["run_id"]]
        self.terminated(identifier)

    def archive_run(self, identifier: str) -> None:
        """Out of sight, in any state. Raises Fault."""
        self.run(identifier)["storage_state"] = "ARCHIVED"

    def unarchive_run(self, identifier: str) -> None:
        """Refused while its experiment is archived. Raises Fault."""
        run = self.run(identifier)
        home = self.experiment(run["experiment_id"])
        if home["storage_state"] == "ARCHIVED":
            raise Fault(
                "FailedPrecondition",
                f"Failed to unarchive run {identifier} as experiment {home['experiment_id']} must be un-archived first",
            )
        run["storage_state"] = "AVAILABLE"

    def terminate_run(self, identifier: str) -> None:
        """CANCELING: what executes the run ends it. Raises Fault."""
        run = self.run(identifier)
        if run["state"] not in ("PENDING", "RUNNING", "PAUSED"):
            raise invalid(f"Failed to terminate a run {identifier}. Row not found")
        set_state(run, "CANCELING")
        self.terminated(identifier)

    def retry_run(self, identifier: str) -> None:
        """Only of a run that failed; one that never started is a 409, any other a 500. Raises Fault."""
        run = self.run(identifier)
        if run["state"] == "PENDING":
            message = f"Failed to retry run {identifier} due to error fetching workflow manifest"
            raise aborted(message, "Workflow manifest cannot be empty")
        if run["state"] not in ("FAILED", "CANCELED"):
            context = f"Failed to retry run {identifier} as it does not allow retries"
            raise internal(context, aborted("Workflow must be Failed/Error to retry", run["state"]))
        run["finished_at"] = NEVER
        run.pop("error", None)
        set_state(run, "PENDING")
        self.started(identifier)

    # schedules

    def create_schedule(self, given: Mapping[str, Any]) -> Wire:
        """A recurring run; names are not unique. Raises Fault."""
        if not given.get("display_name"):
            raise internal("Failed to convert a API recurring run", invalid("Recurring run's name cannot be empty"))
        most = given.get("max_concurrency", 0)
        if not 1 <= most <= 10:
            raise invalid(f"Max concurrency of a recurring run must be at least 1 and at most 10. Received {most}")
        trigger = given.get("trigger") or {}
        check_trigger(trigger)
        experiment, namespace = self._home(given)
        account, source = self._follows(given)
        kept = re.sub("[^a-z0-9-]+", "", str(given["display_name"]).lower())[:25] or "job-"
        if kept.startswith("-"):
            refused = f'ScheduledWorkflow.kubeflow.org "{kept}x7k2p" is invalid: metadata.name: Invalid value'
            raise internal("Failed to create a recurring run during scheduling a workflow", invalid(refused))
        on = given.get("mode") == "ENABLE"
        names = ("display_name", "description", "runtime_config", "no_catchup")
        wire = {n: given.get(n) for n in names} | source
        wire |= {"experiment_id": experiment, "namespace": namespace or POD_NAMESPACE, "service_account": account}
        wire |= {"max_concurrency": str(most), "status": "ENABLED" if on else "DISABLED", "mode": "ENABLE" if on else "DISABLE"}
        made = keep(self.schedules, "recurring_run_id", wire)
        return _updated(made, trigger=_texts(trigger))

    def _follows(self, given: Mapping[str, Any]) -> tuple[str, Wire]:
        """The service account and the source: a pipeline's id alone follows its latest version, and is only checked."""
        reference = given.get("pipeline_version_reference") or {}
        account, pipeline = str(given.get("service_account") or ""), reference.get("pipeline_id", "")
        if given.get("pipeline_spec") or reference.get("pipeline_version_id"):
            spec, source = self._source(given, "Failed to create a recurring run with an invalid pipeline spec manifest")
            _check(spec, given)
            return account or RUNNER, source
        if not pipeline:
            raise Fault("Internal", "Internal error: Cannot create a job with an empty pipeline ID")
        _check(self.latest(pipeline)["pipeline_spec"], given)
        return account, {"pipeline_version_reference": {"pipeline_id": pipeline}}

    def schedule(self, identifier: str) -> Wire:
        """One recurring run. Raises Fault."""
        return get(self.schedules, "Job", identifier)

    def schedules_of(self, experiment: str, namespace: str) -> list[Wire]:
        """Those of an experiment, or of a namespace. Raises Fault."""
        return self._of(self.schedules, experiment, namespace)

    def switch(self, identifier: str, on: bool) -> None:
        """Enables or disables a recurring run. Raises Fault."""
        found = self.schedule(identifier)
        _updated(found, status="ENABLED" if on else "DISABLED", mode="ENABLE" if on else "DISABLE")

    def delete_schedule(self, identifier: str, orphan: bool) -> None:
        """Without `orphan` its runs in flight go with it (kubeflow/pipelines#7421): CANCELED. Raises Fault."""
        del self.schedules[self.schedule(identifier)["recurring_run_id"]]
        for run in self.runs.values():
            if run.get("recurring_run_id") == identifier and run["state"] not in FINISHED and not orphan:
                set_state(run, "CANCELED")
                self.terminated(run["run_id"])


def workflow_name(pipeline: str, run_id: str) -> str:
    """The name of a run's workflow."""
    return f"{pipeline}-{run_id[:5]}"


def _nobody(run_id: str) -> None:
    """Nobody runs the runs: they stay as they are."""


def set_state(run: Wire, state: str) -> None:
    """A run's new state, with its history and, at the end, the time."""
    run["state"] = state
    run.setdefault("state_history", []).append({"update_time": now(), "state": state})
    if state in FINISHED:
        run["finished_at"] = now()


def _check(spec: Wire, given: Mapping[str, Any]) -> None:
    check_parameters(specs.pipeline_of(spec), (given.get("runtime_config") or {}).get("parameters") or {})


def _updated(schedule: Wire, **changes: Any) -> Wire:
    schedule.update(changes, updated_at=now())
    return schedule


def _texts(trigger: Mapping[str, Mapping[str, Any]]) -> Wire:
    """The trigger as protojson writes it: a 64-bit number is text."""
    return {kind: {n: str(v) if isinstance(v, int) else v for n, v in parts.items()} for kind, parts in trigger.items()}
