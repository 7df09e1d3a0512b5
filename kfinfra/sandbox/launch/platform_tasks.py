"""CreatePVC and DeletePVC of kfp-kubernetes: no pod runs for them, KFP's driver does the work (backend/src/v2/driver/k8s.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfinfra.sandbox.kubernetes.faults import Fault
from kfinfra.sandbox.launch.cluster import Cluster
from kfinfra.sandbox.runs.task import Outcome, Task


def platform_task(task: Task, container: Mapping[str, Any], cluster: Cluster) -> Outcome | None:
    """Does what the task asks for; None where it is an ordinary one."""
    match container.get("image"):
        case "argostub/createpvc":
            return _create(task, cluster)
        case "argostub/deletepvc":
            cluster.delete_claim(task.namespace, str(task.parameters.get("pvc_name")))
            return Outcome("SUCCEEDED")
        case _:
            return None


def _create(task: Task, cluster: Cluster) -> Outcome:
    given = task.parameters
    name, suffix = given.get("pvc_name"), given.get("pvc_name_suffix")
    if bool(name) == bool(suffix):
        return Outcome("FAILED", "exactly one of pvc_name and pvc_name_suffix is wanted")
    spec: dict[str, Any] = {
        "accessModes": given.get("access_modes"),
        "resources": {"requests": {"storage": given.get("size")}},
    }
    if given.get("storage_class_name") is not None:
        spec["storageClassName"] = given["storage_class_name"]
    if given.get("volume_name"):
        spec["volumeName"] = given["volume_name"]
    metadata = {"name": name or f"{task.run_id}{suffix}", "annotations": given.get("annotations") or {}}
    try:
        made = cluster.create_claim(task.namespace, {"metadata": metadata, "spec": spec})
    except Fault as problem:
        return Outcome("FAILED", f"failed to create the claim: {problem}")
    return Outcome("SUCCEEDED", "", {"name": made})
