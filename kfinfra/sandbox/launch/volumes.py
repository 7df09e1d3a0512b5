"""A pod's volumes and environment, from the configuration of its executor (kubernetes_executor_config.proto)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfinfra.sandbox.launch.cluster import Cluster, Denied
from kfinfra.sandbox.launch.mounts import Mount
from kfinfra.sandbox.launch.placeholders import filled
from kfinfra.sandbox.runs.task import Task


def volumes(task: Task, scratch: Path, claims: Path, cluster: Cluster) -> list[Mount]:
    """What is to be mounted: claims keep their content in `claims`, everything else lives in `scratch`. Raises Denied."""
    config = task.kubernetes
    out: list[Mount] = []
    for item in config.get("pvcMount") or ():
        folder = claims / task.namespace / _name(item, "pvcName", "constant") / str(item.get("subPath") or "")
        out.append(_made(Mount(folder, str(item["mountPath"]))))
    for number, item in enumerate([*(config.get("emptyDirMounts") or ()), *(config.get("genericEphemeralVolume") or ())]):
        out.append(_made(Mount(scratch / f"scratch-{number}", str(item["mountPath"]))))
    for field, kind, stem in (("secretAsVolume", "Secret", "secret"), ("configMapAsVolume", "ConfigMap", "configMap")):
        for number, item in enumerate(config.get(field) or ()):
            mount = _made(Mount(scratch / f"{stem}-{number}", str(item["mountPath"]), read_only=True))
            found = cluster.values(kind, task.namespace, _name(item, f"{stem}Name"), bool(item.get("optional")))
            for key, text in found.items():
                (mount.source / key).write_text(text)
            out.append(mount)
    return out


def _made(mount: Mount) -> Mount:
    mount.source.mkdir(parents=True, exist_ok=True)
    return mount


def _name(item: Mapping[str, Any], *names: str) -> str:
    return next((str(item[n]) for n in names if item.get(n)), "")


def environment(
    task: Task, container: Mapping[str, Any], cluster: Cluster, pod: str, given: Mapping[str, Any], facts: Mapping[str, str]
) -> dict[str, str]:
    """The variables of the container: its own, and keys of secrets and config maps. Raises Denied for a key that is missing."""
    out = {str(v["name"]): filled([str(v.get("value", ""))], given, facts)[0] for v in container.get("env") or ()}
    for field, kind, stem in (("configMapAsEnv", "ConfigMap", "configMap"), ("secretAsEnv", "Secret", "secret")):
        for item in task.kubernetes.get(field) or ():
            name, optional = _name(item, f"{stem}Name"), bool(item.get("optional"))
            found = cluster.values(kind, task.namespace, name, optional)
            for pair in item.get("keyToEnv") or ():
                key = str(pair[f"{stem}Key"])
                if key in found:
                    out[str(pair["envVar"])] = found[key]
                elif not (optional or pair.get("optional")):
                    raise Denied(f"couldn't find key {key} in {kind} {task.namespace}/{name}")
    fields = {"metadata.name": pod, "metadata.namespace": task.namespace, "spec.serviceAccountName": task.service_account}
    metadata = task.kubernetes.get("podMetadata") or {}
    for kind in ("labels", "annotations"):
        fields |= {f"metadata.{kind}['{key}']": str(value) for key, value in (metadata.get(kind) or {}).items()}
    for item in task.kubernetes.get("fieldPathAsEnv") or ():
        out[str(item["name"])] = fields.get(str(item.get("fieldPath")), "")
    return out
