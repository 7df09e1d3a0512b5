"""Runs: started, listed, read, ended and tried again. The wire's tasks are Argo's nodes; here they become the pipeline's tasks.

Facts: apiserver/server/run_server.go and resource/resource_manager.go of kubeflow/pipelines 2.17.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.runs import PipelineRun, TaskRun
from kfinfra.providers.kfp import experiments
from kfinfra.providers.kfp.client import Kfp, named
from kfinfra.providers.kfp.failures import Refused

Wire = Mapping[str, Any]
_HELPERS = ("executor", "root")
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
        """One run with its tasks. Raises DiagnosticError."""
        return _run(self._kfp.get(f"read the run {identifier}", f"/runs/{identifier}"))

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
        _time(wire.get("created_at")),
        _time(wire.get("finished_at")),
        str((wire.get("error") or {}).get("message") or ""),
        tuple(_tasks(details)),
        dict((wire.get("runtime_config") or {}).get("parameters") or {}),
    )


def _tasks(details: Sequence[Wire]) -> Iterator[TaskRun]:
    """The pipeline's tasks among the nodes, in the order of their beginning."""
    by_id = {str(d.get("task_id")): d for d in details}
    own = [d for d in details if not _is_helper(d)]
    for node in sorted(own, key=lambda d: (_time(d.get("start_time") or d.get("create_time")) or 0.0, _path(d, by_id))):
        yield TaskRun(
            _path(node, by_id),
            str(node.get("state") or "PENDING"),
            _time(node.get("start_time")),
            _time(node.get("end_time")),
            _message(node),
            str(node.get("pod_name") or _pod(node, by_id)),
        )


def _is_helper(node: Wire) -> bool:
    name = str(node.get("display_name") or "")
    return name in _HELPERS or name.endswith("-driver") or (not node.get("parent_task_id") and not name)


def _path(node: Wire, by_id: Mapping[str, Wire]) -> str:
    """The names of the groups around it, where the server tells them, and its own."""
    names, seen = [str(node.get("display_name"))], set[str]()
    parent = str(node.get("parent_task_id") or "")
    while parent in by_id and parent not in seen:
        seen.add(parent)
        if not _is_helper(by_id[parent]):
            names.insert(0, str(by_id[parent].get("display_name")))
        parent = str(by_id[parent].get("parent_task_id") or "")
    return "/".join(names)


def _message(node: Wire) -> str:
    """Why it failed or waits: its own error, else that of its newest state."""
    history = node.get("state_history") or [{}]
    found = (node.get("error") or history[-1].get("error") or {}).get("message")
    return str(found or "")


def _pod(node: Wire, by_id: Mapping[str, Wire]) -> str:
    """The pod of the node's own executor: a child of that name, or what a retry node tried last."""
    pods = [str(c.get("pod_name") or "") for c in node.get("child_tasks") or () if _kind(c, by_id) == "executor"]
    return next((pod for pod in reversed(pods) if pod), "")


def _kind(child: Wire, by_id: Mapping[str, Wire]) -> str:
    found = by_id.get(str(child.get("task_id")), {})
    return str(found.get("display_name") or "").partition("(")[0]


def _time(text: object) -> float | None:
    """Seconds since the epoch of an RFC 3339 time; Go's zero time is none."""
    if not isinstance(text, str) or not text or text.startswith(("0001-", "1970-01-01T00:00:00")):
        return None
    return datetime.fromisoformat(text).timestamp()
