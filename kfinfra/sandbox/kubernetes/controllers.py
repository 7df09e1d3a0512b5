"""What a cluster does by itself: claims bind and grow, namespaces empty themselves, and some things exist from the start."""

from __future__ import annotations

import copy
from typing import Any

from kfinfra.model.quantity import parse
from kfinfra.sandbox.kubernetes.apply import updated
from kfinfra.sandbox.kubernetes.custom import DEFINITION, react
from kfinfra.sandbox.kubernetes.faults import Fault
from kfinfra.sandbox.kubernetes.kinds import BY_KIND, Kind
from kfinfra.sandbox.kubernetes.store import Store, now

Body = dict[str, Any]
PROTECTION = "kubernetes.io/pvc-protection"
CLAIM, NAMESPACE = BY_KIND["PersistentVolumeClaim"], BY_KIND["Namespace"]


class Controllers:
    """The controllers over a store; each step takes `step` seconds."""

    def __init__(self, store: Store, step: float) -> None:
        self._store, self._step = store, step
        store.changed = self._changed
        for name in ("default", "kube-system", "kube-public", "kube-node-lease", "kubeflow"):
            store.create(NAMESPACE, "", {"metadata": {"name": name}}, "kube-apiserver")
        for each in _classes():
            store.create(BY_KIND["StorageClass"], "", each, "eks")

    def resume(self) -> None:
        """Goes on with what was under way in objects that an earlier process left: no pod of it runs any more."""
        for body in list(self._store.objects.values()):
            namespace, name = body["metadata"].get("namespace", ""), body["metadata"]["name"]
            if body["kind"] == "Namespace" and "deletionTimestamp" in body["metadata"]:
                self._store.later(self._step, lambda name=name: self._empty(name))  # type: ignore[misc]
            elif body["kind"] == "PersistentVolumeClaim" and "deletionTimestamp" in body["metadata"]:
                self._claim("MODIFIED", body)
            elif body["kind"] == "PersistentVolumeClaim" and (body.get("status") or {}).get("phase") == "Pending":
                self._bind_or_say_why(body)
            elif body["kind"] == DEFINITION.kind:
                react(self._store, "MODIFIED", body, self._step)
            elif body["kind"] == "Pod" and (body.get("status") or {}).get("phase") in ("Pending", "Running"):
                spec = {**body["spec"], "volumes": []}
                fresh = {**copy.deepcopy(body), "spec": spec, "status": {"phase": "Failed", "message": "the node was lost"}}
                self._store.objects["Pod", namespace, name] = fresh

    def _changed(self, event: str, body: Body) -> None:
        if body["kind"] == DEFINITION.kind:
            react(self._store, event, body, self._step)
        if event == "DELETED":
            return
        if body["kind"] == "Namespace":
            self._namespace(event, body)
        elif body["kind"] == "PersistentVolumeClaim":
            self._claim(event, body)

    def _namespace(self, event: str, body: Body) -> None:
        name = body["metadata"]["name"]
        if event == "ADDED":
            certificate = {"metadata": {"name": "kube-root-ca.crt"}, "data": {"ca.crt": "none: the sandbox speaks plain HTTP"}}
            self._store.create(BY_KIND["ConfigMap"], name, certificate, "kube-controller-manager")
            self._store.create(BY_KIND["ServiceAccount"], name, {"metadata": {"name": "default"}}, "kube-controller-manager")
        elif "deletionTimestamp" in body["metadata"] and (body.get("status") or {}).get("phase") != "Terminating":
            fresh = copy.deepcopy(body)
            fresh["status"] = {"phase": "Terminating"}
            self._store.store(NAMESPACE, fresh)
            self._store.later(self._step, lambda: self._empty(name))

    def _empty(self, name: str) -> None:
        """Deletes what is in the namespace; says what holds it; looks again until it is empty."""
        store = self._store
        if ("Namespace", "", name) not in store.objects:
            return
        for kind in (k for k in store.kinds() if k.namespaced):
            for body in list(store.listed(kind, name)):
                store.delete(kind, name, body["metadata"]["name"], {})
        left = [(k, b) for k in store.kinds() if k.namespaced for b in store.listed(k, name)]
        if not left:
            store.remove(NAMESPACE, "", name)
            return
        fresh = copy.deepcopy(store.get(NAMESPACE, "", name))
        fresh["status"] = {"phase": "Terminating", "conditions": _remaining(left)}
        store.store(NAMESPACE, fresh)
        store.later(self._step, lambda: self._empty(name))

    def _claim(self, event: str, body: Body) -> None:
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        if "deletionTimestamp" in body["metadata"]:
            if not self._users(namespace, name):
                self._store.later(self._step, lambda: self._unprotect(namespace, name))
            return
        if event == "ADDED":
            fresh = copy.deepcopy(body)
            fresh["metadata"]["finalizers"] = sorted({*(fresh["metadata"].get("finalizers") or []), PROTECTION})
            fresh["status"] = {"phase": "Pending"}
            self._store.store(CLAIM, fresh)
            self._bind_or_say_why(fresh)
        elif _wanted(body) > parse((body.get("status", {}).get("capacity") or {}).get("storage", _size(body))):
            self._store.later(self._step, lambda: self._grow(namespace, name))

    def _bind_or_say_why(self, body: Body) -> None:
        namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
        chosen = body["spec"].get("storageClassName")
        found = self._store.objects.get(("StorageClass", "", str(chosen)))
        if found is None:
            self._event(body, "ProvisioningFailed", f'storageclass.storage.k8s.io "{chosen}" not found')
        elif found["volumeBindingMode"] == "WaitForFirstConsumer":
            self._event(body, "WaitForFirstConsumer", "waiting for first consumer to be created before binding")
        else:
            self._store.later(self._step, lambda: self.bind(namespace, name))

    def bind(self, namespace: str, name: str) -> None:
        """Gives a claim a volume."""
        live = self._store.objects.get((CLAIM.kind, namespace, name))
        if live is None or "deletionTimestamp" in live["metadata"]:
            return
        fresh = copy.deepcopy(live)
        volume = f"pvc-{live['metadata']['uid']}"
        spec = {"capacity": {"storage": _size(live)}, "accessModes": live["spec"]["accessModes"]}
        claim = {"claimRef": {"namespace": namespace, "name": name, "uid": live["metadata"]["uid"]}}
        self._store.create(
            BY_KIND["PersistentVolume"], "", {"metadata": {"name": volume}, "spec": {**spec, **claim}}, "provisioner"
        )
        fresh["spec"]["volumeName"] = volume
        fresh["status"] = {"phase": "Bound", **spec}
        self._store.store(CLAIM, updated(live, fresh, "kube-controller-manager", now()))

    def _grow(self, namespace: str, name: str) -> None:
        live = self._store.objects.get((CLAIM.kind, namespace, name))
        if live is not None:
            fresh = copy.deepcopy(live)
            fresh["status"]["capacity"] = {"storage": _size(live)}
            self._store.store(CLAIM, fresh)

    def _unprotect(self, namespace: str, name: str) -> None:
        live = self._store.objects.get((CLAIM.kind, namespace, name))
        if live is None:
            return
        rest = [f for f in live["metadata"].get("finalizers") or [] if f != PROTECTION]
        if rest:
            fresh = copy.deepcopy(live)
            fresh["metadata"]["finalizers"] = rest
            self._store.store(CLAIM, fresh)
            return
        self._store.remove(CLAIM, namespace, name)
        volume = live["spec"].get("volumeName")
        if ("PersistentVolume", "", volume) in self._store.objects:
            self._store.remove(BY_KIND["PersistentVolume"], "", str(volume))

    def _users(self, namespace: str, name: str) -> list[str]:
        """The pods that mount the claim."""
        pods = self._store.listed(BY_KIND["Pod"], namespace)
        volumes = ((p["metadata"]["name"], v) for p in pods for v in (p.get("spec") or {}).get("volumes") or [])
        return [pod for pod, v in volumes if (v.get("persistentVolumeClaim") or {}).get("claimName") == name]

    def _event(self, about: Body, reason: str, message: str) -> None:
        metadata = about["metadata"]
        body = {
            "metadata": {"generateName": f"{metadata['name']}."},
            "involvedObject": {
                "kind": about["kind"],
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
            "reason": reason,
            "message": message,
            "type": "Normal" if reason == "WaitForFirstConsumer" else "Warning",
            "lastTimestamp": now(),
        }
        self._store.create(BY_KIND["Event"], metadata["namespace"], body, "persistentvolume-controller")


def check_growth(store: Store, body: Body, live: Body) -> None:
    """The PersistentVolumeClaimResize admission plugin: growth needs a class that allows it. Raises Fault."""
    if body["kind"] != "PersistentVolumeClaim" or _wanted(body) <= _wanted(live):
        return
    found = store.objects.get(("StorageClass", "", str(live["spec"].get("storageClassName"))))
    if found is None or not found.get("allowVolumeExpansion"):
        name = live["metadata"]["name"]
        said = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
        raise Fault("Forbidden", f'persistentvolumeclaims "{name}" is forbidden: {said}')


def _size(body: Body) -> str:
    return str(body["spec"]["resources"]["requests"]["storage"])


def _wanted(body: Body) -> Any:
    return parse(_size(body))


def _remaining(left: list[tuple[Kind, Body]]) -> list[Body]:
    """The conditions that tell why a namespace stays."""
    kinds = {kind.plural: sum(1 for k, _ in left if k is kind) for kind, _ in left}
    said = ", ".join(f"{plural}. has {count} resource instances" for plural, count in kinds.items())
    conditions = [
        {"type": "NamespaceContentRemaining", "reason": "SomeResourcesRemain", "message": f"Some resources are remaining: {said}"}
    ]
    held = [f for _, b in left for f in b["metadata"].get("finalizers") or []]
    if held:
        words = ", ".join(f"{f} in {held.count(f)} resource instances" for f in dict.fromkeys(held))
        message = f"Some content in the namespace has finalizers remaining: {words}"
        conditions.append({"type": "NamespaceFinalizersRemaining", "reason": "SomeFinalizersRemain", "message": message})
    return [{"status": "True", "lastTransitionTime": now(), **c} for c in conditions]


def _classes() -> list[Body]:
    """The storage classes of an EKS cluster with the EBS and EFS drivers."""
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    late = "WaitForFirstConsumer"
    return [
        {"metadata": {"name": "gp2", "annotations": default}, "provisioner": "kubernetes.io/aws-ebs", "volumeBindingMode": late},
        {"metadata": {"name": "gp3"}, "provisioner": "ebs.csi.aws.com", "volumeBindingMode": late, "allowVolumeExpansion": True},
        {"metadata": {"name": "efs-sc"}, "provisioner": "efs.csi.aws.com", "allowVolumeExpansion": True},
    ]
