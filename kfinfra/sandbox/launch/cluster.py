"""The cluster as a task's pod meets it: settings and secrets, claims, nodes; and the pod itself, its phases and its log."""

from __future__ import annotations

import base64
import copy
import threading
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from kfinfra.sandbox.kubernetes.kinds import BY_KIND
from kfinfra.sandbox.kubernetes.store import Store, now
from kfinfra.sandbox.launch.placement import Group, Wish, place
from kfinfra.sandbox.runs.task import Task

Body = dict[str, Any]
POD, EVENT, CLAIM = BY_KIND["Pod"], BY_KIND["Event"], BY_KIND["PersistentVolumeClaim"]
RESERVED_MILLICPU, RESERVED_MIB = 90, 700
"""About what EKS keeps of a node for the kubelet and the system: a node offers less than its instance has."""


class Denied(Exception):
    """The kubelet cannot start the pod: what it wants does not exist (CreateContainerConfigError, FailedMount)."""


class Cluster:
    """A Kubernetes store with nodes of EKS's node groups. `groups` tells them anew at each look; `bind` binds a claim."""

    def __init__(self, store: Store, groups: Callable[[], list[Group]], bind: Callable[[str, str], None], logs: Path) -> None:
        self._store, self._groups, self._bind, self.logs = store, groups, bind, logs
        self._lock = threading.Lock()
        self._used: dict[str, tuple[str, Mapping[str, Fraction]]] = {}
        store.log_of = lambda namespace, pod: self.log(namespace, pod)

    # what a pod refers to

    def values(self, kind: str, namespace: str, name: str, optional: bool) -> dict[str, str]:
        """The texts of a ConfigMap or Secret. Raises Denied where it does not exist and is not optional."""
        with self._store.lock:
            found = self._store.objects.get((kind, namespace, name))
        if found is None:
            if optional:
                return {}
            raise Denied(f'{kind.lower()} "{name}" not found')
        data = found.get("data") or {}
        return {k: base64.b64decode(v).decode(errors="replace") for k, v in data.items()} if kind == "Secret" else dict(data)

    def claim_problem(self, namespace: str, name: str) -> str:
        """Why no pod can use the claim, empty where one can. A claim that waits for its first consumer is bound by it."""
        with self._store.lock:
            found = self._store.objects.get((CLAIM.kind, namespace, name))
            if found is None:
                return f'persistentvolumeclaim "{name}" not found'
            if "deletionTimestamp" in found["metadata"]:
                return f'persistentvolumeclaim "{name}" is being deleted'
            if (found.get("status") or {}).get("phase") == "Bound":
                return ""
            chosen = self._store.objects.get(("StorageClass", "", str(found["spec"].get("storageClassName"))))
            if chosen is None:
                return "pod has unbound immediate PersistentVolumeClaims"
            self._bind(namespace, name)
            return ""

    def create_claim(self, namespace: str, body: Body) -> str:
        """Makes a claim; returns its name."""
        with self._store.lock:
            return str(self._store.create(CLAIM, namespace, body, "kfp-driver")["metadata"]["name"])

    def delete_claim(self, namespace: str, name: str) -> None:
        """Deletes a claim; one that is gone is no error."""
        with self._store.lock:
            if (CLAIM.kind, namespace, name) in self._store.objects:
                self._store.delete(CLAIM, namespace, name, {})

    # the pod

    def add(self, task: Task, container: Mapping[str, Any], wanted: Wish, claims: list[str]) -> str:
        """Makes the pod of a task: Pending. Returns its name."""
        metadata = task.kubernetes.get("podMetadata") or {}
        labels = {"pipeline/runid": task.run_id, "pipelines.kubeflow.org/v2_component": "true"}
        body: Body = {
            "metadata": {
                "name": task.pod,
                "labels": {**labels, **(metadata.get("labels") or {})},
                "annotations": {"pipelines.kubeflow.org/task_path": task.name, **(metadata.get("annotations") or {})},
            },
            "spec": {
                "serviceAccountName": task.service_account,
                "containers": [{"name": "main", "image": container.get("image"), "resources": amounts(container)}],
                "volumes": [{"name": c, "persistentVolumeClaim": {"claimName": c}} for c in claims],
                "tolerations": list(wanted.tolerations),
                "nodeSelector": dict(wanted.selector),
                **affinity(wanted),
            },
            "status": {"phase": "Pending"},
        }
        with self._store.lock:
            if (POD.kind, task.namespace, task.pod) in self._store.objects:  # of an earlier try of the run, as KFP deletes it
                self._store.delete(POD, task.namespace, task.pod, {})
                self.log_path(task.pod).unlink(missing_ok=True)
            self._store.create(POD, task.namespace, body, "argo")
        return task.pod

    def schedule(self, namespace: str, pod: str, wanted: Wish) -> str:
        """Puts the pod on a node. Returns "" or the scheduler's words, which are in its condition and an event too."""
        with self._lock:
            on: dict[str, list[Mapping[str, Fraction]]] = {}
            for taken, requests in self._used.values():
                on.setdefault(taken, []).append(requests)
            group, words = place(wanted, self._groups(), on)
            if group is not None:
                self._used[pod] = (group, wanted.requests)
        if group is None:
            self._unschedulable(namespace, pod, words)
            return words
        self._phase(namespace, pod, "Running", {"nodeName": f"{group}-node"})
        return ""

    def unschedulable(self, namespace: str, pod: str, words: str) -> None:
        """Says in the pod's condition why it waits."""
        self._unschedulable(namespace, pod, words)

    def ended(self, namespace: str, pod: str, phase: str, message: str = "") -> None:
        """The pod's last phase: Succeeded or Failed; its place on the node is free again."""
        with self._lock:
            self._used.pop(pod, None)
        self._phase(namespace, pod, phase, {}, message)

    def _phase(self, namespace: str, pod: str, phase: str, spec: Mapping[str, Any], message: str = "") -> None:
        with self._store.lock:
            live = self._store.objects.get((POD.kind, namespace, pod))
            if live is None:
                return
            fresh = copy.deepcopy(live)
            fresh["spec"] |= spec
            if phase != "Running":  # an ended pod holds its claims no more
                fresh["spec"]["volumes"] = []
            fresh["status"] = {"phase": phase, **({"message": message} if message else {})}
            self._store.store(POD, fresh)

    def _unschedulable(self, namespace: str, pod: str, words: str) -> None:
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words}
        with self._store.lock:
            live = self._store.objects.get((POD.kind, namespace, pod))
            if live is None or live["status"].get("conditions") == [condition]:
                return
            fresh = copy.deepcopy(live)
            fresh["status"] = {"phase": "Pending", "conditions": [condition]}
            self._store.store(POD, fresh)
            about = {"kind": "Pod", "namespace": namespace, "name": pod, "uid": live["metadata"]["uid"]}
            event = {"metadata": {"generateName": f"{pod}."}, "involvedObject": about, "reason": "FailedScheduling"}
            self._store.create(
                EVENT, namespace, {**event, "message": words, "type": "Warning", "lastTimestamp": now()}, "default-scheduler"
            )

    def log_path(self, pod: str) -> Path:
        """Where the pod's output is kept."""
        self.logs.mkdir(parents=True, exist_ok=True)
        return self.logs / f"{pod}.log"

    def log(self, namespace: str, pod: str) -> tuple[Path, bool]:
        """The file of a pod's log, and whether more may come."""
        with self._store.lock:
            live = self._store.objects.get((POD.kind, namespace, pod))
        running = live is not None and live["status"]["phase"] in ("Pending", "Running")
        return self.log_path(pod), running


def amounts(container: Mapping[str, Any]) -> Body:
    """The `resources` of a pod's container, as KFP's driver writes them: a device is a limit (backend/src/v2/driver)."""
    written = container.get("resources") or {}
    out: Body = {}
    for kind in ("Request", "Limit"):
        found = {n.lower(): str(written[f"resource{n}{kind}"]) for n in ("Cpu", "Memory") if written.get(f"resource{n}{kind}")}
        if found:
            out[f"{kind.lower()}s"] = found
    device = written.get("accelerator") or {}
    name, count = device.get("resourceType") or device.get("type"), device.get("resourceCount") or device.get("count")
    if name and count:
        out.setdefault("limits", {})[str(name)] = str(count)
    return out


def affinity(wanted: Wish) -> Body:
    """The `affinity` of a pod's spec, as KFP's driver writes it: required terms of which one must hold, weighted preferences."""
    rules: Body = {}
    if wanted.required:
        rules["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": [_term(t) for t in wanted.required]}
    if wanted.preferred:
        weighted = [{"weight": int(t["weight"]), "preference": _term(t)} for t in wanted.preferred]
        rules["preferredDuringSchedulingIgnoredDuringExecution"] = weighted
    return {"affinity": {"nodeAffinity": rules}} if rules else {}


def _term(wire: Mapping[str, Any]) -> Body:
    return {name: wire[name] for name in ("matchExpressions", "matchFields") if wire.get(name)}


def capacity(vcpus: int, memory_mib: int, device: str, devices: int) -> dict[str, Fraction]:
    """What a node of an instance type offers to pods."""
    out = {
        "cpu": Fraction(vcpus) - Fraction(RESERVED_MILLICPU, 1000),
        "memory": Fraction((memory_mib - RESERVED_MIB) * 1024 * 1024),
    }
    return {**out, **({device: Fraction(devices)} if device and devices else {})}
