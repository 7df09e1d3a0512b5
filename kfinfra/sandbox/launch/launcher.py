"""One attempt at a task, on this machine: a pod that waits for its node, artifacts in, the container's command, outputs out.

Facts: backend/src/v2/component/launcher_v2.go of kubeflow/pipelines 2.16.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfinfra.sandbox.launch import mounts, process
from kfinfra.sandbox.launch.cluster import Cluster, Denied
from kfinfra.sandbox.launch.objects import NoObject, Objects
from kfinfra.sandbox.launch.outputs import Unreadable, collected
from kfinfra.sandbox.launch.placeholders import LOCAL, filled
from kfinfra.sandbox.launch.placement import wish
from kfinfra.sandbox.launch.platform_tasks import platform_task
from kfinfra.sandbox.launch.python import EXECUTOR, Environments, NoPackages, program
from kfinfra.sandbox.launch.volumes import environment, volumes
from kfinfra.sandbox.runs.task import Outcome, Task

RETRY_SCHEDULING = 0.5
"""Seconds between two looks for a node."""
_UNBUFFERED = {"PYTHONUNBUFFERED": "1"}
"""A log in the order in which things were written, as a terminal shows it."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """One attempt's own folder and what is in it."""

    folder: Path

    @property
    def outputs(self) -> Path:
        """Where the executor writes what it tells of its outputs."""
        return self.folder / "outputs"

    def artifact(self, uri: str) -> Path:
        """The place of an artifact here."""
        scheme, _, rest = uri.partition("://")
        return self.folder / "artifacts" / scheme / rest


class LocalLauncher:
    """A Launcher that runs child processes."""

    def __init__(self, folder: Path, cluster: Cluster, objects: Objects, env: Mapping[str, str]) -> None:
        """`env` is what every task's environment holds: where the sandbox's AWS answers, as IRSA's webhook would add it."""
        self._folder, self._cluster, self._objects, self._env = folder, cluster, objects, dict(env)
        self._environments = Environments(folder / "environments")

    def launch(self, task: Task, stop: threading.Event, pending: Callable[[str], None]) -> Outcome:
        """Runs one attempt to its end."""
        container = task.executor.get("container") or {}
        done = platform_task(task, container, self._cluster)
        if done is not None:
            return done
        try:
            wanted = wish(_measured(container, task), task.kubernetes)
        except ValueError as problem:
            return Outcome("FAILED", f"the pod's resources are none that Kubernetes takes: {problem}")
        claims = [str(m.get("constant") or m.get("pvcName") or "") for m in task.kubernetes.get("pvcMount") or ()]
        pod = self._cluster.add(task, container, wanted, claims)
        while words := self._waits(task, pod, claims) or self._cluster.schedule(task.namespace, pod, wanted):
            self._cluster.unschedulable(task.namespace, pod, words)
            pending(words)
            if stop.wait(RETRY_SCHEDULING):
                self._cluster.ended(task.namespace, pod, "Failed", "terminated")
                return Outcome("CANCELED", "terminated while it waited for a node", pod=pod)
        pending("")
        outcome = self._attempt(task, container, pod, stop)
        self._cluster.ended(task.namespace, pod, "Succeeded" if outcome.state == "SUCCEEDED" else "Failed", outcome.message)
        return outcome

    def _waits(self, task: Task, pod: str, claims: Sequence[str]) -> str:
        """Why the pod's claims keep it waiting, empty where they do not."""
        found = [self._cluster.claim_problem(task.namespace, name) for name in claims]
        return next((f"0/1 nodes are available: {words}." for words in found if words), "")

    def _attempt(self, task: Task, container: Mapping[str, Any], pod: str, stop: threading.Event) -> Outcome:
        shop = Workshop(self._folder / "tasks" / pod)
        shop.outputs.mkdir(parents=True)
        try:
            return self._executed(task, container, shop, pod, stop)
        except (Denied, NoObject, NoPackages, Unreadable, NotHere) as problem:
            with self._cluster.log_path(pod).open("a") as log:
                log.write(f"{problem}\n")
            return Outcome("FAILED", str(problem), pod=pod)
        finally:
            shutil.rmtree(shop.folder, ignore_errors=True)

    def _executed(self, task: Task, container: Mapping[str, Any], shop: Workshop, pod: str, stop: threading.Event) -> Outcome:
        own = volumes(task, shop.folder / "volumes", self._folder / "claims", self._cluster)
        isolated = mounts.available()
        if own and not isolated:
            raise NotHere(f"{', '.join(m.target for m in own)} cannot be mounted: {mounts.MISSING}")
        given = self._given(task, shop, isolated)
        for artifact in _artifacts(given, "inputs"):
            self._fetch(str(artifact["uri"]), shop)
        facts = _facts(task)
        env = {**self._base(shop), **environment(task, container, self._cluster, pod, given, facts)}
        command = self._command(task, container, given, facts, env)
        binds = [*own, *_artifact_mounts(shop)] if isolated else []
        words, log = mounts.within(command, binds) if isolated else command, self._cluster.log_path(pod)
        try:
            ended = process.run(words, env, shop.folder, log, stop, task.timeout)
        except process.NotStarted as problem:
            return Outcome("FAILED", f"main: StartError (exit code 128): failed to create containerd task: {problem}", pod=pod)
        if ended.why == "stopped":
            return Outcome("CANCELED", "terminated", pod=pod)
        if ended.why == "timeout":
            return Outcome("FAILED", f"DeadlineExceeded: the pod was active for more than {task.timeout:g} s", pod=pod)
        if ended.code:
            return Outcome("FAILED", f"main: Error (exit code {ended.code}){self._last(pod)}", pod=pod)
        parameters, artifacts = collected(task, given, shop.outputs)
        return Outcome("SUCCEEDED", "", parameters, self._uploaded(task, artifacts, shop, isolated), pod)

    def _last(self, pod: str) -> str:
        """The last line of the log, as a pod's message shows it."""
        lines = self._cluster.log_path(pod).read_text(errors="replace").strip().splitlines()
        return f": {lines[-1].strip()[:300]}" if lines else ""

    # what the task is given

    def _given(self, task: Task, shop: Workshop, isolated: bool) -> dict[str, Any]:
        """The ExecutorInput. Where the task has this machine's own root, URIs are its paths here."""

        def seen(uri: str) -> str:
            return uri if isolated or uri.partition("://")[0] not in LOCAL else str(shop.artifact(uri))

        inputs = {
            name: {"artifacts": [{**a, "uri": seen(str(a.get("uri", "")))} for a in found]}
            for name, found in task.artifacts.items()
        }
        made = {
            name: {"artifacts": [_fresh(task, name, about, seen)]}
            for name, about in (task.outputs.get("artifacts") or {}).items()
        }
        parameters = {
            name: {"outputFile": str(shop.outputs / "parameters" / name)} for name in task.outputs.get("parameters") or {}
        }
        (shop.outputs / "parameters").mkdir()
        for name in made:
            shop.artifact(f"{task.output_root}/{name}").parent.mkdir(parents=True, exist_ok=True)
        metadata = str(shop.outputs / "output_metadata.json")
        return {
            "inputs": {"parameterValues": dict(task.parameters), "artifacts": inputs},
            "outputs": {"parameters": parameters, "artifacts": made, "outputFile": metadata},
        }

    def _fetch(self, uri: str, shop: Workshop) -> None:
        if str(uri).startswith(str(shop.folder)):
            scheme, _, rest = str(Path(uri).relative_to(shop.folder / "artifacts")).partition("/")
            uri = f"{scheme}://{rest}"
        self._objects.fetch(uri, shop.artifact(uri))

    def _base(self, shop: Workshop) -> dict[str, str]:
        (shop.folder / "tmp").mkdir()
        path = os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin")
        return {
            **self._env,
            "PATH": path,
            "HOME": str(shop.folder),
            "TMPDIR": str(shop.folder / "tmp"),
            "LANG": "C.UTF-8",
            **_UNBUFFERED,
        }

    def _command(
        self, task: Task, container: Mapping[str, Any], given: Mapping[str, Any], facts: Mapping[str, str], env: dict[str, str]
    ) -> list[str]:
        """The command to run; `env` gets the PATH of the component's Python. Raises NotHere, NoPackages."""
        words = [str(w) for w in [*(container.get("command") or ()), *(container.get("args") or ())]]
        found = program(words)
        if found is None:
            command = filled(words, given, facts)
            if not command or shutil.which(command[0], path=env["PATH"]) is None:
                what = f'the command "{command[0]}"' if command else "the image's own command"
                raise NotHere(f"the image {container.get('image')} is not run here, and this machine does not have {what}")
            return command
        if EXECUTOR in found.command and "--component_module_path" not in found.command:
            raise NotHere(f"the component's code is in the image {container.get('image')}, which is not run here")
        python = self._environments.python(found.install)
        env["PATH"] = f"{python.parent}:{env['PATH']}"
        return filled(found.command, given, facts)

    # what the task has made

    def _uploaded(
        self, task: Task, artifacts: Mapping[str, list[dict[str, Any]]], shop: Workshop, isolated: bool
    ) -> dict[str, list[Mapping[str, Any]]]:
        out: dict[str, list[Mapping[str, Any]]] = {}
        for name, found in artifacts.items():
            kept: list[Mapping[str, Any]] = []
            for artifact in found:
                uri = str(artifact.get("uri", ""))
                if not isolated and uri.startswith(str(shop.folder)):
                    scheme, _, rest = str(Path(uri).relative_to(shop.folder / "artifacts")).partition("/")
                    uri = f"{scheme}://{rest}"
                if "://" not in uri and Path(uri).exists():  # a function that returns an artifact may have put it anywhere
                    planned = f"{task.output_root}/{name}"
                    self._objects.put(Path(uri), planned)
                    kept.append({**artifact, "uri": planned})
                    continue
                here = shop.artifact(uri)
                if here.exists():
                    self._objects.put(here, uri)
                kept.append({**artifact, "uri": uri})
            out[name] = kept
        return out


class NotHere(Exception):
    """This machine cannot run the task; the message says what is missing."""


def _measured(container: Mapping[str, Any], task: Task) -> dict[str, Any]:
    """The container with its resources' parameters filled in."""
    given = {"inputs": {"parameterValues": dict(task.parameters)}}

    def one(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: one(inner) for name, inner in value.items()}
        return filled([value], given, {})[0] if isinstance(value, str) else value

    return {**container, "resources": one(container.get("resources") or {})}


def _fresh(task: Task, name: str, about: Mapping[str, Any], seen: Callable[[str], str]) -> dict[str, Any]:
    """An output artifact before it is made."""
    return {
        "name": f"{task.run_id}/{task.name}/{name}",
        "uri": seen(f"{task.output_root}/{name}"),
        "type": about.get("artifactType") or {},
        "metadata": dict(about.get("metadata") or {}),
    }


def _artifacts(given: Mapping[str, Any], side: str) -> list[Mapping[str, Any]]:
    return [a for found in given[side]["artifacts"].values() for a in found["artifacts"]]


def _artifact_mounts(shop: Workshop) -> list[mounts.Mount]:
    out = []
    for scheme, target in LOCAL.items():
        folder = shop.folder / "artifacts" / scheme
        folder.mkdir(parents=True, exist_ok=True)
        out.append(mounts.Mount(folder, target))
    return out


def _facts(task: Task) -> dict[str, str]:
    """What the driver knows of the run and the task, by placeholder."""
    return {
        "$.pipeline_job_name": task.run_name,
        "$.pipeline_job_resource_name": f"{task.pipeline}-{task.run_id[:5]}",
        "$.pipeline_job_uuid": task.run_id,
        "$.pipeline_task_name": task.name.rpartition("/")[2],
        "$.pipeline_task_uuid": f"{task.run_id}/{task.name}",
        "$.pipeline_root": task.output_root,
    }
