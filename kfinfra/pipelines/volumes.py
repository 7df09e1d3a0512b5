"""Volumes of a task: claims, scratch space, shared memory. One volume at a path; what the code mounted there gives way."""

from __future__ import annotations

from collections.abc import Iterable

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.pipelines.reading import mapping, sequence, text

_FIELDS = ("pvcMount", "emptyDirMounts", "genericEphemeralVolume", "secretAsVolume", "configMapAsVolume")


def with_volumes(config: dict[str, Plain], settings: Attributes) -> dict[str, Plain]:
    """The executor's configuration with the settings' volumes. Raises DiagnosticError where two have one path."""
    wanted = list(_volumes(settings))
    paths = [_path(item) for _, item in wanted]
    if twice := sorted({path for path in paths if paths.count(path) > 1}):
        raise DiagnosticError(error("Two volumes at one path", f"{', '.join(twice)}: more than one volume is mounted there."))
    out = dict(config)
    for field in _FIELDS:
        if kept := [item for item in sequence(out, field) if _path(item) not in paths]:
            out[field] = kept
        else:
            out.pop(field, None)
    for field, item in wanted:
        out[field] = [*sequence(out, field), item]
    return out


def _path(item: Plain) -> str:
    return text(item, "mountPath").rstrip("/")


def _volumes(settings: Attributes) -> Iterable[tuple[str, dict[str, Plain]]]:
    for mount in sequence(settings, "mounts"):
        yield "pvcMount", _claim(text(mount, "pvc"), text(mount, "path"), text(mount, "sub_path"))
    if scratch := mapping(settings, "scratch"):
        yield _scratch(scratch)
    if size := text(settings, "shared_memory"):
        place: dict[str, Plain] = {"volumeName": "kfinfra-shared-memory", "mountPath": "/dev/shm"}
        yield "emptyDirMounts", {**place, "medium": "Memory", "sizeLimit": size}


def _claim(name: str, path: str, sub_path: str) -> dict[str, Plain]:
    """As kfp.kubernetes.mount_pvc writes it: the deprecated field too, for older servers."""
    out: dict[str, Plain] = {"constant": name, "mountPath": path}
    out["pvcNameParameter"] = {"runtimeValue": {"constant": name}}
    return {**out, "subPath": sub_path} if sub_path else out


def _scratch(scratch: dict[str, Plain]) -> tuple[str, dict[str, Plain]]:
    """A volume of its own where a storage class is named (as kfp.kubernetes.add_ephemeral_volume), else an emptyDir."""
    place: dict[str, Plain] = {"volumeName": "kfinfra-scratch", "mountPath": scratch["path"]}
    storage_class, medium = text(scratch, "storage_class"), text(scratch, "medium")
    if storage_class and medium:
        detail = f"Scratch space is either a volume of the class {storage_class} or held in {medium}."
        raise DiagnosticError(error("Scratch space of two kinds", detail, hint='remove "storage_class" or "medium"'))
    if storage_class:
        claim: dict[str, Plain] = {"accessModes": ["ReadWriteOnce"], "size": scratch["size"], "storageClassName": storage_class}
        return "genericEphemeralVolume", {**place, **claim}
    return "emptyDirMounts", {**place, **({"medium": medium} if medium else {}), "sizeLimit": scratch["size"]}
