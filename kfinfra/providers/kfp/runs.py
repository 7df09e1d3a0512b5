"""Runs: started, listed, read, ended and tried again. The wire's tasks are Argo's nodes; here they become the pipeline's tasks.

Facts: apiserver/server/run_server.go and resource/resource_manager.go of kubeflow/pipelines 2.17.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.runs import PipelineRun, TaskRun
from kfinfra.providers.kfp import experiments
from kfinfra.providers.kfp.client import Kfp, named
from kfinfra.providers.kfp.failures import Refused, Unreachable
from kfinfra.providers.kfp.workflow import nodes_of, tasks_of, time_of

Wire = Mapping[str, Any]
_HELPERS = re.compile(r"(executor(\(\d+\))?|root|iteration-item|iteration-iterations(\(.*\))?|.*\.onExit)$")
"""Nodes of Argo's that are no tasks of the pipeline (backend/src/v2/compiler/argocompiler): see also `-driver`."""


class Runs:
    """The runs of one provider block. Nothing is opened before the first call."""

    def __init__(self, config: Attributes, env: Mapping[str, str]) -> None:
        self._kfp = Kfp(config, env)
        self._namespace = config.get("namespace")

    @property
    def host(self) -> str:
        """Where the server is, for links to its pages."""
        return self._kfp.host

    def start(self, name: str, reference: Mapping[str, str], parameters: Mapping[str, Plain], **more: Plain) -> PipelineRun:
        """Starts a run of a version (`pipeline_id`, `pipeline_version_id`).

        `more`: experiment (name or id), namespace, service_account, pipeline_root. Raises DiagnosticError.
        """
        namespace = self._kfp.place(more.get("namespace") or self._namespace, f'the run "{name}"')
        runtime = {"parameters": dict(parameters), "pipeline_root": more.get("pipeline_root")}
        body = {
            "display_name": name,
            "pipeline_version_reference": dict(reference),
            "experiment_id": experiments.id_of(self._kfp, namespace, more.get("experiment")),
            "runtime_config": {n: v for n, v in runtime.items() if v},
            "service_account": more.get("service_account"),
        }
        return _run(self._kfp.post(f'start the run "{name}"', "/runs", {n: v for n, v in body.items() if v}))

    def get(self, identifier: str) -> PipelineRun:
        """One run with its tasks: those of its workflow where the server tells it, else what v2beta1 says.

        Raises DiagnosticError.
        """
        run = _run(self._kfp.get(f"read the run {identifier}", f"/runs/{identifier}"))
        told = self._kfp.older(f"read the workflow of the run {identifier}", f"/runs/{identifier}")
        manifest = ((told or {}).get("pipeline_runtime") or {}).get("workflow_manifest")
        if not manifest:
            return run
        try:
            nodes = nodes_of(str(manifest))
        except ValueError:
            return run
        message = run.message or next((str(n.get("message") or "") for n in nodes.values() if n.get("name") == n.get("id")), "")
        return replace(run, tasks=tuple(tasks_of(nodes)) or run.tasks, message=message if run.state == "FAILED" else run.message)

    def look(self, identifier: str) -> PipelineRun | None:
        """The same; None where the server cannot be reached now, or is not ready. Raises DiagnosticError."""
        try:
            return self.get(identifier)
        except Refused as problem:
            if problem.status < 500 and problem.status != 429:
                raise
        except Unreachable:
            pass
        return None

    def list(self, most: int, pipeline_id: str = "") -> list[PipelineRun]:
        """The newest runs first, at most `most`; of one pipeline where its id is given. Raises DiagnosticError."""
        found = (r for r in self._every() if pipeline_id in ("", _reference(r).get("pipeline_id")))
        return [_run(run) for run in islice(found, most)]

    def find(self, text: str) -> str:
        """The id of the run that `text` is: its id, the beginning of that, or its name. Raises DiagnosticError."""
        try:
            exact = self._kfp.find(f"read the run {text}", f"/runs/{text}") if len(text) > 30 else None
        except Refused:
            exact = None
        if exact is not None:
            return str(exact["run_id"])
        found = [r for r in self._every() if str(r["run_id"]).startswith(text) or r.get("display_name") == text]
        if len(found) == 1:
            return str(found[0]["run_id"])
        if not found:
            detail = f'There is no run whose id begins with "{text}", or that has this name.'
            raise DiagnosticError(error("No such run", detail, hint="kfinfra runs list shows the newest"))
        ids = ", ".join(str(r["run_id"]) for r in found[:4])
        raise DiagnosticError(
            error("Ambiguous run", f'{len(found)} runs are meant by "{text}": {ids}.', hint="write more of the id")
        )

    def terminate(self, identifier: str) -> None:
        """Asks for the run's end. Raises DiagnosticError for one that has ended."""
        self._act(identifier, "terminate", "ended already")

    def retry(self, identifier: str) -> None:
        """Runs again what failed of a run. Raises DiagnosticError for one that did not fail."""
        self._act(identifier, "retry", "did not fail")

    def _act(self, identifier: str, verb: str, unless: str) -> None:
        run = self.get(identifier)
        possible = not run.finished if verb == "terminate" else run.state in ("FAILED", "CANCELED")
        if not possible:
            detail = f'The run "{run.name}" ({run.id}) {unless}: it is {run.state}.'
            raise DiagnosticError(error(f"Cannot {verb} the run", detail))
        self._kfp.post(f'{verb} the run "{run.name}"', f"/runs/{identifier}:{verb}", again=False)

    def _every(self) -> Iterator[Wire]:
        """All that are not archived, the newest first."""
        place = self._kfp.place(self._namespace, "the list of runs")
        query = {"sort_by": "created_at desc", "filter": named("storage_state", "AVAILABLE")}
        yield from self._kfp.pages("list runs", "/runs", "runs", **query, **({"namespace": place} if place else {}))

    def close(self) -> None:
        """Ends connections."""
        self._kfp.close()


def _reference(run: Wire) -> Wire:
    found = run.get("pipeline_version_reference")
    return found if isinstance(found, Mapping) else {}


def _run(wire: Wire) -> PipelineRun:
    reference = _reference(wire)
    details = (wire.get("run_details") or {}).get("task_details") or ()
    return PipelineRun(
        str(wire["run_id"]),
        str(wire.get("display_name") or ""),
        str(wire.get("state") or "PENDING"),
        str(reference.get("pipeline_id") or ""),
        str(reference.get("pipeline_version_id") or ""),
        str(wire.get("experiment_id") or ""),
        time_of(wire.get("created_at")),
        time_of(wire.get("finished_at")),
        str((wire.get("error") or {}).get("message") or ""),
        tuple(_tasks(details)),
        dict((wire.get("runtime_config") or {}).get("parameters") or {}),
    )


def _tasks(details: Sequence[Wire]) -> Iterator[TaskRun]:
    """The pipeline's tasks among Argo's nodes, in the order of their beginning: v2beta1 tells neither groups nor pods."""
    own = [d for d in details if not _is_helper(str(d.get("display_name") or ""), d.get("child_tasks") or ())]
    for node in sorted(
        own, key=lambda d: (time_of(d.get("start_time") or d.get("create_time")) or 0.0, str(d.get("display_name")))
    ):
        name, state = str(node.get("display_name")), str(node.get("state") or "PENDING")
        message = str((node.get("error") or {}).get("message") or "")
        yield TaskRun(name, state, time_of(node.get("start_time")), time_of(node.get("end_time")), message)


def _is_helper(name: str, children: Sequence[Wire]) -> bool:
    """Drivers, executors and what holds iterations; and the workflow's own node, after which its children are called."""
    whole = bool(children) and all(str(child.get("pod_name") or "").startswith(f"{name}-") for child in children)
    return not name or name.endswith("-driver") or whole or bool(_HELPERS.match(name))
