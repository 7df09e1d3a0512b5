"""One task of a run: from the cache, imported, or attempted until it succeeds or its retries are used up."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kfinfra.model.durations import seconds
from kfinfra.pipelines.tasks import PLATFORM_OPERATIONS
from kfinfra.sandbox.runs.caching import Cache, cache_key
from kfinfra.sandbox.runs.dag import Use
from kfinfra.sandbox.runs.details import Details
from kfinfra.sandbox.runs.importer import imported
from kfinfra.sandbox.runs.task import Launcher, Task
from kfinfra.sandbox.runs.values import Result, RunFacts, Unresolved, typed
from kfinfra.sandbox.runs.workflow import pod_name

Wire = Mapping[str, Any]


class Leaves:
    """The tasks with executors of one run. `kept` are the results of an earlier try of the run, by path."""

    def __init__(
        self,
        spec: Wire,
        platform: Wire,
        run: RunFacts,
        details: Details,
        launcher: Launcher,
        cache: Cache,
        stop: threading.Event,
        kept: dict[str, Result],
    ) -> None:
        self._executors = (spec.get("deploymentSpec") or {}).get("executors") or {}
        kubernetes = (platform.get("platforms") or {}).get("kubernetes") or {}
        self._configs = (kubernetes.get("deploymentSpec") or {}).get("executors") or {}
        self._run, self._details, self._launcher, self._cache, self._stop = run, details, launcher, cache, stop
        self._kept = kept

    def run(self, use: Use) -> Result:
        """Runs the task to its end."""
        earlier = self._kept.get(use.path)
        if earlier is not None:
            return earlier
        try:
            result = self._run_once(use)
        except Unresolved as problem:
            result = Result("FAILED", str(problem))
        if result.state == "SUCCEEDED":
            self._kept[use.path] = result
        return result

    def _run_once(self, use: Use) -> Result:
        label = use.component.get("executorLabel", "")
        executor = self._executors.get(label) or {}
        if "importer" in executor:
            self._details.state(use.node, "RUNNING")
            return imported(executor["importer"], use)
        kubernetes = _plain(self._configs.get(label) or {}, use)
        key = cache_key(self._run.pipeline, use.task, use.component, executor, kubernetes, use.inputs)
        found = self._cache.find(key) if key is not None else None
        if found is not None:
            self._details.state(use.node, "RUNNING", "cached: the outputs are those of an earlier task")
            return found
        result = self._tried(use, executor, kubernetes)
        if key is not None and result.state == "SUCCEEDED":
            self._cache.keep(key, result)
        return result

    def _tried(self, use: Use, executor: Wire, kubernetes: Wire) -> Result:
        policy = use.task.get("retryPolicy") or {}
        most = int(policy.get("maxRetryCount") or 0)
        last = time.monotonic() + _longest(policy)
        for attempt in range(most + 1):
            result = self._attempt(use, executor, kubernetes, attempt)
            if result.state != "FAILED" or attempt == most:
                return result
            pause = _backoff(policy, attempt)
            if time.monotonic() + pause > last:
                return replace(result, message=f"{result.message} (not tried again: Backoff would exceed max duration limit)")
            self._details.state(use.node, "RUNNING", f"attempt {attempt + 1} failed: {result.message}; again in {pause:g} s")
            if self._stop.wait(pause):
                return Result("CANCELED", "the run was terminated")
        raise AssertionError("the last attempt returns")

    def _attempt(self, use: Use, executor: Wire, kubernetes: Wire, attempt: int) -> Result:
        deadline = kubernetes.get("activeDeadlineSeconds")
        tried = attempt if use.task.get("retryPolicy") else None
        task = Task(
            run_id=self._run.id,
            run_name=self._run.name,
            pipeline=self._run.pipeline,
            name=use.path,
            attempt=attempt,
            namespace=self._run.namespace,
            component=use.task["componentRef"]["name"],
            executor=executor,
            kubernetes=kubernetes,
            parameters=_with_defaults(use),
            artifacts=use.inputs.artifacts,
            outputs=use.component.get("outputDefinitions") or {},
            output_root=f"{self._run.root}/{self._run.pipeline}/{self._run.id}/{use.path}",
            service_account=self._run.service_account,
            timeout=float(deadline) if deadline else None,
            pod=pod_name(self._run.resource_name, use.path, tried),
        )

        def pending(words: str) -> None:
            self._details.state(use.node, "PENDING" if words else "RUNNING", words)

        if executor.get("container", {}).get("image") in PLATFORM_OPERATIONS:
            pending("")
        else:
            self._details.attempt(use.node, task.pod, tried)
        outcome = self._launcher.launch(task, self._stop, pending)
        return Result(outcome.state, outcome.message, outcome.parameters, outcome.artifacts)


def _with_defaults(use: Use) -> dict[str, Any]:
    """The parameters that the launcher sees: a component's own defaults stand where no value came (launcher_v2.go)."""
    declared = (use.component.get("inputDefinitions") or {}).get("parameters") or {}
    out = {key: about["defaultValue"] for key, about in declared.items() if "defaultValue" in about}
    out = {key: typed(key, value, str(declared[key].get("parameterType"))) for key, value in out.items()}
    return {**out, **{key: value for key, value in use.inputs.parameters.items() if value is not None}}


def _backoff(policy: Wire, attempt: int) -> float:
    """Seconds before the next attempt: Argo's duration, times the factor for each attempt."""
    return float(seconds(str(policy.get("backoffDuration") or "0s"))) * float(policy.get("backoffFactor") or 2) ** attempt


def _longest(policy: Wire) -> float:
    """Seconds from the first start in which attempts may begin: 0 where nothing is written (argocompiler/container.go)."""
    return float(seconds(str(policy.get("backoffMaxDuration") or "0s")))


def _plain(config: Wire, use: Use) -> dict[str, Any]:
    """The pod's configuration, each value that comes from a parameter resolved: `…Parameter` beside its older constant."""
    return {name: _resolved(value, use) for name, value in config.items()}


def _resolved(value: Any, use: Use) -> Any:
    if isinstance(value, list):
        return [_resolved(item, use) for item in value]
    if not isinstance(value, Mapping):
        return value
    if value.keys() & {"runtimeValue", "componentInputParameter", "taskOutputParameter"}:
        return _value(value, use)
    out = {name: _resolved(inner, use) for name, inner in value.items()}
    for name in [n for n in out if n.endswith("NameParameter")]:
        out[name.removesuffix("Parameter")] = out[name]
    if "pvcNameParameter" in out:
        out["constant"] = out["pvcNameParameter"]
    return out


def _value(spec: Wire, use: Use) -> Any:
    """One value. Raises Unresolved."""
    if "runtimeValue" in spec:
        return spec["runtimeValue"].get("constant")
    if "componentInputParameter" in spec:
        key = spec["componentInputParameter"]
        given = {**use.scope.given.parameters, **use.inputs.parameters}
        if given.get(key) is None:
            raise Unresolved(f"failed to resolve the pod's configuration: there is no input parameter {key}")
        return given[key]
    made = spec["taskOutputParameter"]
    result = use.scope.results.get(made["producerTask"])
    if result is None or made["outputParameterKey"] not in result.parameters:
        raise Unresolved(f"failed to resolve the pod's configuration: {made['producerTask']} has no {made['outputParameterKey']}")
    return result.parameters[made["outputParameterKey"]]
