"""run, runs, logs: what is deployed is run, watched, ended, tried again, and its logs are read. State is not touched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kfinfra.app import wiring
from kfinfra.app.comparing import recorded_pipeline
from kfinfra.app.options import Workplace
from kfinfra.app.reading import configuration
from kfinfra.diag import DiagnosticError, did_you_mean, error
from kfinfra.model.plain import Attributes
from kfinfra.model.runs import PipelineRun, TaskRun

if TYPE_CHECKING:
    from kfinfra.providers.kfp.runs import Runs

INTERVAL = 1.0
"""Seconds between two looks at a run that is followed."""
PATIENCE = 6
"""Looks in a row that may find no server: with what each of them waits, some five minutes."""
POD_NAMESPACE = "kubeflow"


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to run: a pipeline's address, `name=value` items, and what the user wants otherwise than by default."""

    address: str
    parameters: tuple[str, ...] = ()
    version: str | None = None
    experiment: str | None = None
    name: str | None = None
    service_account: str | None = None
    pipeline_root: str | None = None


def start(work: Workplace, request: RunRequest) -> PipelineRun:
    """Starts a run of a deployed pipeline: of its newest version, or of the one that is named. Raises DiagnosticError."""
    from kfinfra.pipelines.arguments import arguments

    recorded = recorded_pipeline(work, request.address)
    attributes, identifier = configuration(work).provider_attributes(recorded.provider), str(recorded.attributes.get("id"))
    deployed = wiring.deployed_pipeline(work, attributes, identifier)
    try:
        newest = deployed.newest(1) if request.version is None else [deployed.version(request.version)]
    finally:
        deployed.close()
    if not newest:
        raise DiagnosticError(error("Pipeline has no version", f"{request.address} has no version to run.", hint="apply first"))
    (version,) = newest
    declared = version.parameters if isinstance(version.parameters, dict) else {}
    values = arguments(request.parameters, declared)
    now = datetime.fromtimestamp(wiring.SystemClock().now(), UTC)
    name = request.name or f"{recorded.attributes.get('name')} {now:%Y-%m-%d %H-%M-%S}"
    reference = {"pipeline_id": identifier, "pipeline_version_id": version.id}
    with _closing(wiring.runs(work, attributes)) as runs:
        return runs.start(
            name,
            reference,
            values,
            namespace=recorded.attributes.get("namespace"),
            experiment=request.experiment,
            service_account=request.service_account,
            pipeline_root=request.pipeline_root,
        )


@contextmanager
def opened(work: Workplace, provider: str = "kfp") -> Iterator[Runs]:
    """The runs of a provider block. Raises DiagnosticError."""
    with _closing(wiring.runs(work, configuration(work).provider_attributes(provider))) as runs:
        yield runs


@contextmanager
def _closing(runs: Runs) -> Iterator[Runs]:
    try:
        yield runs
    finally:
        runs.close()


def pipeline_id(work: Workplace, address: str) -> str:
    """The id of the pipeline at `address`. Raises DiagnosticError."""
    return str(recorded_pipeline(work, address).attributes.get("id"))


def follow(
    runs: Runs, identifier: str, seen: Callable[[PipelineRun], None], stop: threading.Event, interval: float = INTERVAL
) -> PipelineRun:
    """Looks at a run every `interval` seconds until it has ended, or `stop` is set.

    A server that does not answer for a while is waited for: the run goes on without it. Raises DiagnosticError.
    """
    run, missed = runs.get(identifier), 0
    while True:
        seen(run)
        if run.finished or stop.wait(interval * 2**missed):
            return run
        found = runs.look(identifier) if missed < PATIENCE else runs.get(identifier)
        missed = missed + 1 if found is None else 0
        run = found or run


def logs(work: Workplace, run_text: str, task: str | None, follow_on: bool, namespace: str | None) -> Iterator[tuple[str, str]]:
    """The lines of a run's tasks with the task's path: of one task, or of each that has a pod. Raises DiagnosticError."""
    config = configuration(work)
    with opened(work) as runs:
        run = runs.get(runs.find(run_text))
    chosen = _chosen(run, task)
    where = namespace or _namespace(config.provider_attributes("kfp"))
    pods = wiring.pod_logs(work, config.provider_attributes("kubernetes"))
    try:
        for one in chosen:
            yield from ((one.path, line) for line in pods.lines(where, one.pod, follow_on))
    finally:
        pods.close()


def _namespace(attributes: Attributes) -> str:
    found = attributes.get("namespace")
    return found if isinstance(found, str) else POD_NAMESPACE


def _chosen(run: PipelineRun, task: str | None) -> Sequence[TaskRun]:
    with_pods = [t for t in run.tasks if t.pod]
    if task is None:
        if not with_pods:
            detail = f'No task of the run "{run.name}" has had a pod yet: it is {run.state}.'
            raise DiagnosticError(error("No logs", detail, hint="cached tasks, groups and importers have none"))
        return with_pods
    found = [t for t in run.tasks if t.path == task] or [t for t in run.tasks if t.path.rpartition("/")[2] == task]
    if not found:
        paths = [t.path for t in run.tasks]
        detail = f'The run "{run.name}" has no task "{task}".{did_you_mean(task, paths)}'
        hint = f"it has {', '.join(paths)}" if paths else "none has begun"
        raise DiagnosticError(error("No such task", detail, hint=hint))
    if not any(t.pod for t in found):
        detail = f'The task "{task}" of the run "{run.name}" has no pod: it is {found[0].state}.'
        raise DiagnosticError(error("No logs", detail, hint="cached tasks, groups and importers have none"))
    return [t for t in found if t.pod]
