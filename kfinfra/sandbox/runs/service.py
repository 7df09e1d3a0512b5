"""What KFP's controller does for the API server's runs: starts them, follows them, ends them, starts what recurs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from kfinfra.sandbox.kfp import specs
from kfinfra.sandbox.kfp.world import FINISHED, POD_NAMESPACE, World, set_state, workflow_name
from kfinfra.sandbox.runs.caching import Cache
from kfinfra.sandbox.runs.dag import Dag
from kfinfra.sandbox.runs.details import Details
from kfinfra.sandbox.runs.leaf import Leaves
from kfinfra.sandbox.runs.task import Launcher
from kfinfra.sandbox.runs.values import Result, RunFacts, Unresolved, root_inputs

ROOT = "minio://mlpipeline/v2/artifacts"
"""Where KFP keeps artifacts if nobody says otherwise: the object store of its own installation."""
LOST = "The server that ran this was stopped in the middle of it."
_log = logging.getLogger(__name__)


class Controller:
    """Runs the runs of a world, each in a thread of its own."""

    def __init__(
        self, world: World, launcher: Launcher, cache: Cache | None = None, changed: Callable[[], None] = lambda: None
    ) -> None:
        """`changed` is called when a run has gone on."""
        self._world, self._launcher, self._changed = world, launcher, changed
        self._cache = cache or Cache()
        self._stops: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._kept: dict[str, dict[str, Result]] = {}
        with world.lock:
            for run in world.runs.values():
                _lose(run)
            world.started, world.terminated = self.start, self.terminate

    def start(self, run_id: str) -> None:
        """Begins a run, or what is left of one that is tried again."""
        stop = self._stops[run_id] = threading.Event()
        thread = threading.Thread(target=self._run, args=(run_id, stop), name=f"run-{run_id}", daemon=True)
        self._threads[run_id] = thread
        thread.start()

    def terminate(self, run_id: str) -> None:
        """Ends a run soon."""
        if run_id in self._stops:
            self._stops[run_id].set()

    def wait(self, run_id: str, seconds: float) -> bool:
        """Whether the run has ended within that time."""
        thread = self._threads.get(run_id)
        if thread is not None:
            thread.join(seconds)
        return thread is None or not thread.is_alive()

    def close(self) -> None:
        """Ends every run, and waits a little for their processes."""
        for stop in self._stops.values():
            stop.set()
        for thread in self._threads.values():
            thread.join(5)

    def _run(self, run_id: str, stop: threading.Event) -> None:
        try:
            result = self._result(run_id, stop)
        except Unresolved as problem:
            result = Result("FAILED", str(problem))
        except Exception as problem:  # the run must not stay RUNNING for ever; the log has the rest
            _log.exception("run %s", run_id)
            result = Result("FAILED", f"the sandbox could not go on: {type(problem).__name__}: {problem}")
        with self._world.lock:
            run = self._world.runs.get(run_id)
            if run is not None and run["state"] not in FINISHED:
                if result.message and result.state == "FAILED":
                    run["error"] = {"code": 2, "message": result.message}
                set_state(run, result.state)
        self._changed()

    def _result(self, run_id: str, stop: threading.Event) -> Result:
        with self._world.lock:
            run = self._world.run(run_id)
            stored = self._stored(run)
            facts = _facts(run, specs.pipeline_of(stored))
            if not stop.is_set():
                set_state(run, "RUNNING")
        spec, platform = specs.pipeline_of(stored), stored.get("platform_spec") or {}
        details = Details(run_id, self._telling(run_id))
        kept = self._kept.setdefault(run_id, {})
        leaves = Leaves(spec, platform, facts, details, self._launcher, self._cache, stop, kept)
        given = root_inputs(spec["root"], (run.get("runtime_config") or {}).get("parameters") or {})
        return Dag(spec, facts, details, leaves.run, stop).group(spec["root"], given, "", "")

    def _stored(self, run: Mapping[str, Any]) -> dict[str, Any]:
        reference = run.get("pipeline_version_reference")
        if reference is None:
            return dict(run["pipeline_spec"])
        return dict(self._world.versions[reference["pipeline_version_id"]]["pipeline_spec"])

    def _telling(self, run_id: str) -> Callable[[list[dict[str, Any]]], None]:
        def tell(tasks: list[dict[str, Any]]) -> None:
            with self._world.lock:
                if run_id in self._world.runs:
                    self._world.runs[run_id]["run_details"] = {"task_details": tasks}
            self._changed()

        return tell


def _facts(run: Mapping[str, Any], spec: Mapping[str, Any]) -> RunFacts:
    name = str(spec["pipelineInfo"]["name"])
    root = (run.get("runtime_config") or {}).get("pipeline_root") or spec.get("defaultPipelineRoot") or ROOT
    return RunFacts(
        str(run["run_id"]),
        str(run["display_name"]),
        workflow_name(name, str(run["run_id"])),
        name,
        POD_NAMESPACE,
        str(root).rstrip("/"),
        str(run.get("service_account") or ""),
        str(run.get("created_at") or ""),
        str(run.get("scheduled_at") or run.get("created_at") or ""),
    )


def _lose(run: dict[str, Any]) -> None:
    """A run that was going on when the server stopped has failed: nothing of it runs any more."""
    if run["state"] in FINISHED:
        return
    run["error"] = {"code": 2, "message": LOST}
    for task in (run.get("run_details") or {}).get("task_details") or ():
        if task.get("state") not in FINISHED:
            task["state"] = "FAILED"
            task["error"] = {"code": 2, "message": LOST}
    set_state(run, "FAILED")
