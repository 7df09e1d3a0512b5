"""What KFP would refuse, drop without a word, or fail on in the first run, found before any call.

Three readers on the server's side, all stricter or laxer than one would like: the upload (apiserver/template), which drops
platform documents it does not know; the compilation of a run (v2/compiler), which drops unknown fields of executors; and
the driver (v2/driver), which fails the run. Sources: kubeflow/pipelines 2.17.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from kfinfra.diag import Diagnostic, did_you_mean, error, warning
from kfinfra.model import quantity
from kfinfra.model.plain import Plain
from kfinfra.pipelines.argo import oddities, refusals
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.protos import FORMAT
from kfinfra.pipelines.reading import entries, mapping, sequence, text
from kfinfra.pipelines.references import artifact_loops, problems_of_graph
from kfinfra.pipelines.wire import Flaw, flaw_text, read

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")
_VOLUME = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_SDK = re.compile(r"kfp-(\d+)\.(\d+)")
_SCHEMA = "2.1.0"
_ARTIFACTS = "iterates over artifacts, which KFP on Kubernetes has not implemented (argocompiler/dag.go): a run of it fails."


def problems_of(package: Package) -> tuple[Diagnostic, ...]:
    """What a server would not take, or not do, of this package; no error in it where it is sound.

    Warnings are for what is stored, but fails when it is run by the servers that are known. A field that is not known is no
    problem in a package from a newer kfp than this knows: its server may know it.
    """
    flaws: list[Flaw] = []
    spec = read(package.spec, "PipelineSpec", flaws)
    in_platform: list[Flaw] = []
    platform = {} if package.platform is None else read(package.platform, "PlatformSpec", in_platform)
    newer = _newer(text(spec, "sdkVersion"))
    found = [_flawed("PipelineSpec", f) for f in flaws if not (f.unknown and newer)]
    found += [_flawed("PlatformSpec", f) for f in in_platform if not (f.unknown and newer)]
    found += [error("Invalid pipeline package", detail, hint=hint) for detail, hint in _heading(spec)]
    found += [error("Invalid pipeline package", detail) for detail in problems_of_graph(spec)]
    found += [error(odd.summary, odd.detail, hint=odd.hint) for odd in refusals(spec)]
    found += [warning(odd.summary, odd.detail, hint=odd.hint) for odd in oddities(spec, platform)]
    found += [warning("KFP cannot run this task yet", f'Task "{path}" {_ARTIFACTS}') for path in artifact_loops(spec)]
    if package.platform is not None:
        found += [error("Invalid platform settings", detail) for detail in _platform(spec, platform)]
    return tuple(found)


def _newer(sdk: str) -> bool:
    found = _SDK.match(sdk)
    return found is not None and (int(found[1]), int(found[2])) > FORMAT


def _flawed(document: str, flaw: Flaw) -> Diagnostic:
    return error("Invalid pipeline package", f"{document}, {flaw_text(flaw)}{'' if flaw.message.endswith(('?', '.')) else '.'}")


def _heading(spec: Mapping[str, Plain]) -> Iterator[tuple[str, str]]:
    name, version = text(spec, "pipelineInfo", "name"), text(spec, "schemaVersion")
    if version != _SCHEMA:
        yield f'The schemaVersion is "{version}"; KFP reads {_SCHEMA} only.', "compile the pipeline with kfp 2.16 or later"
    if not name:
        yield "The pipeline has no name (pipelineInfo.name).", '@dsl.pipeline(name="…") gives it one'
    elif not _NAME.fullmatch(name):
        yield f'The pipeline\'s name "{name}" is none that KFP can run: lower-case letters, digits and -, at most 128.', ""
    if "root" not in spec:
        yield "The pipeline has no root.", ""


def _platform(spec: Mapping[str, Plain], platform: Mapping[str, Plain]) -> Iterable[str]:
    platforms = mapping(platform, "platforms")
    if "kubernetes" not in platforms:
        yield 'The PlatformSpec says nothing of "kubernetes"; KFP drops it without a word.'
    for other in sorted(set(platforms) - {"kubernetes"}):
        yield f'KFP reads the platform "kubernetes" only; what is written for "{other}" has no effect.'
    labels = mapping(spec, "deploymentSpec", "executors")
    for label, config in entries(platforms, "kubernetes", "deploymentSpec", "executors"):
        if label not in labels:
            yield f'Settings of the executor "{label}" have no effect: there is none.{did_you_mean(label, labels)}'
        yield from (f'Executor "{label}": {problem}' for problem in _config(config))


_VOLUMES = {
    "pvcMount": ("pvcNameParameter", "constant"),
    "secretAsVolume": ("secretNameParameter", "secretName"),
    "configMapAsVolume": ("configMapNameParameter", "configMapName"),
    "emptyDirMounts": ("", "volumeName"),
    "genericEphemeralVolume": ("", "volumeName"),
}
"""Where the driver takes the names of a pod's volumes from: of a claim, a secret, a config map (v2/driver/k8s.go)."""


def _volumes(config: Plain) -> Iterator[str]:
    """Names that Kubernetes takes for no volume, or for one of two kinds: it refuses such a pod."""
    kinds: dict[str, str] = {}
    for kind, (newer, older) in _VOLUMES.items():
        for volume in sequence(config, kind):
            name = text(volume, newer, "runtimeValue", "constant") if newer in mapping(volume) else text(volume, older)
            if name and not _VOLUME.fullmatch(name):
                yield f'"{name}" cannot be mounted: KFP names the volume so, with at most 63 lower-case letters, digits and -.'
            if name and kinds.setdefault(name, kind) != kind:
                yield f'"{name}" is mounted as {kinds[name]} and as {kind}: KFP gives both volumes this name.'


def _config(config: Plain) -> Iterator[str]:
    """What the driver fails on. Values that hold a placeholder are known in a run only."""
    yield from _volumes(config)
    if (policy := text(config, "imagePullPolicy")) not in ("", "Always", "Never", "IfNotPresent"):
        yield f'imagePullPolicy "{policy}" is none of Always, Never and IfNotPresent.'
    for mount in sequence(config, "pvcMount"):
        if not text(mount, "mountPath"):
            yield "a claim is mounted without a mountPath."
    for volume in sequence(config, "genericEphemeralVolume"):
        yield from _quantity("size", text(volume, "size"))
        for mode in sequence(volume, "accessModes"):
            if mode not in ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"):
                yield f'"{mode}" is no access mode.'
    for volume in sequence(config, "emptyDirMounts"):
        if size := text(volume, "sizeLimit"):
            yield from _quantity("sizeLimit", size)
    security = mapping(config, "securityContext")
    if security.get("runAsNonRoot") is True and security.get("runAsUser") == 0:
        yield "runAsUser is 0 where runAsNonRoot is true."


def _quantity(name: str, written: str) -> Iterator[str]:
    if "{{" in written:
        return
    try:
        quantity.parse(written)
    except ValueError as problem:
        yield f"{name}: {problem}."
