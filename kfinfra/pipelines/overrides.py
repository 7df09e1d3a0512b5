"""Settings from HCL written into a compiled package, so that the Python stays free of them.

Precedence: the task's own code, then `defaults`, then the task's own block in HCL, then overrides by pattern in their order,
then by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.durations import seconds
from kfinfra.model.plain import Attributes, Plain
from kfinfra.pipelines.environment import with_environment
from kfinfra.pipelines.ordering import with_order
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.placement import with_placement
from kfinfra.pipelines.reading import entries, mapping, sequence, text
from kfinfra.pipelines.resources import with_resources
from kfinfra.pipelines.rewriting import Appliers, Executor, rewrite
from kfinfra.pipelines.s3_steps import SETTINGS as S3_SETTINGS
from kfinfra.pipelines.s3_steps import Pod, with_s3_steps
from kfinfra.pipelines.selection import settings_by_task
from kfinfra.pipelines.settings import relevant
from kfinfra.pipelines.volumes import with_volumes
from kfinfra.pipelines.wire import Flaw, read


def with_settings(
    package: Package,
    defaults: Attributes | None,
    overrides: Mapping[str, Attributes],
    own: Mapping[str, Attributes] = MappingProxyType({}),
) -> Package:
    """The package in which each task has its settings (all known).

    `own` are the settings that tasks of a pipeline in HCL have in their blocks, by label. `overrides` are keyed by a
    task's path (`for-loop-1/fit`), its name where no other has it, or a pattern with `*`.
    Raises DiagnosticError for an override that means no task (did you mean …), and for settings that cannot hold together.
    """
    low = relevant(defaults or {})
    high = {name: relevant(settings) for name, settings in overrides.items()}
    middle = {name: relevant(settings) for name, settings in own.items()}
    if not low and not high and not middle:
        return package
    normal = normalized(package)
    settings = settings_by_task(normal, low, high, middle)
    ordered = with_order(rewrite(normal, settings, Appliers(_task, _named)), settings)
    return with_s3_steps(ordered, settings, partial(_step, low))


def normalized(package: Package) -> Package:
    """The package with the field names and forms that protobuf itself writes; what it means is unchanged."""
    flaws: list[Flaw] = []
    platform = None if package.platform is None else read(package.platform, "PlatformSpec", flaws)
    return Package(read(package.spec, "PipelineSpec", flaws), platform)


_OF_ONE_TASK = ("after", "image", "mounts", "scratch", "shared_memory", "timeout", *S3_SETTINGS)


def _step(defaults: Attributes, pod: Pod) -> Pod:
    """A step's pod with the defaults that are not about one task: where it runs, its labels, its environment."""
    kept = {name: value for name, value in defaults.items() if name not in _OF_ONE_TASK}
    if "resources" in kept:
        kept["resources"] = {
            kind: {n: v for n, v in entries(kept, "resources", kind) if "/" not in n} for kind in ("requests", "limits")
        }
    made = _executor(Executor(*pod), kept)
    return Pod(made.spec, made.config)


def _named(executor: Executor, settings: Attributes, path: str) -> Executor:
    try:
        return _executor(executor, settings)
    except DiagnosticError as problem:
        where = f"Task {path}: "
        raise DiagnosticError(replace(d, detail=where + d.detail) for d in problem.diagnostics) from None


def _copies(settings: Attributes) -> bool:
    return any(sequence(settings, name) for name in S3_SETTINGS)


def _executor(executor: Executor, settings: Attributes) -> Executor:
    if _copies(settings) and settings.get("cache") is True:
        detail = "KFP's cache knows nothing of what is in S3: the task would keep the results of older files."
        raise DiagnosticError(error("Cached task with folders of S3", detail, hint="remove cache = true"))
    container = with_resources(mapping(executor.spec, "container"), settings)
    if image := text(settings, "image"):
        container["image"] = image
    config = with_placement(with_volumes(executor.config, settings), settings)
    metadata = mapping(config, "podMetadata")
    for name in ("labels", "annotations"):
        if written := mapping(settings, name):
            metadata[name] = {**mapping(metadata, name), **written}
    if metadata:
        config["podMetadata"] = metadata
    if timeout := text(settings, "timeout"):
        config["activeDeadlineSeconds"] = int(seconds(timeout))
    return with_environment(Executor({**executor.spec, "container": container}, config), settings)


def _task(task: dict[str, Plain], settings: Attributes) -> dict[str, Plain]:
    """The task with its retry policy and caching, as kfp writes them."""
    out = dict(task)
    if retry := mapping(settings, "retry"):
        out["retryPolicy"] = _retry(retry, mapping(task, "retryPolicy"))
    if _copies(settings):
        out["cachingOptions"] = {}
    elif isinstance(cache := settings.get("cache"), bool):
        key = mapping(task, "cachingOptions").get("cacheKey")
        out["cachingOptions"] = {"enableCache": True, **({"cacheKey": key} if key else {})} if cache else {}
    return out


def _retry(retry: Mapping[str, Plain], there: Mapping[str, Plain]) -> dict[str, Plain]:
    """kfp's own defaults stand where neither the settings nor the code says anything (kfp/dsl/structures.py)."""
    out: dict[str, Plain] = {"backoffDuration": "0s", "backoffFactor": 2, "backoffMaxDuration": "3600s", **there}
    out["maxRetryCount"] = retry["count"]
    for name, field in (("backoff", "backoffDuration"), ("max_backoff", "backoffMaxDuration")):
        if duration := text(retry, name):
            out[field] = f"{int(seconds(duration))}s"
    if retry.get("factor") is not None:
        out["backoffFactor"] = retry["factor"]
    return out
