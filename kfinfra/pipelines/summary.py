"""A package as a person would compare it: task by task, without labels and protobuf's detours. Plain JSON, kept in state.

Source code is kept as a digest of each line, values of environment variables as digests: state holds no secret that a
variable carries, and still tells that it changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from kfinfra.model.plain import Plain
from kfinfra.pipelines.compare import compare
from kfinfra.pipelines.digest import neutral_quantity, neutral_text
from kfinfra.pipelines.overrides import normalized
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.reading import entries, mapping, sequence, text
from kfinfra.pipelines.references import upstream_of
from kfinfra.pipelines.tasks import Task, container_of, executor_config, tasks_of

__all__ = ["compare", "sources", "summarize"]

_SHOWN = 80
_VOLUMES = {
    "pvcMount": "claim",
    "emptyDirMounts": "emptyDir",
    "genericEphemeralVolume": "volume",
    "secretAsVolume": "secret",
    "configMapAsVolume": "config map",
}


def summarize(package: Package) -> dict[str, Plain]:
    """`tasks`: by path, only what says something; `parameters`: the pipeline's inputs, with types and defaults."""
    normal = normalized(package)
    tasks: dict[str, Plain] = {task.path: _task(normal, task) for task in tasks_of(normal.spec)}
    return {"tasks": tasks, "parameters": _parameters(normal.spec)}


def _parameters(spec: Mapping[str, Plain]) -> dict[str, Plain]:
    out: dict[str, Plain] = {}
    for name, parameter in entries(spec, "root", "inputDefinitions", "parameters"):
        found = mapping(parameter)
        shown: dict[str, Plain] = {"type": text(found, "parameterType") or text(found, "type")}
        for field, key in (("defaultValue", "default"), ("isOptional", "optional"), ("description", "description")):
            if field in found:
                shown[key] = found[field]
        out[name] = shown
    for name, artifact in entries(spec, "root", "inputDefinitions", "artifacts"):
        out[name] = {"type": text(artifact, "artifactType", "schemaTitle") or "artifact"}
    return out


def _task(package: Package, task: Task) -> dict[str, Plain]:
    facts: dict[str, Plain] = {"component": task.component, **_flow(task)}
    if task.executor is not None:
        executor = mapping(package.spec, "deploymentSpec", "executors", task.executor)
        if container := mapping(executor, "container"):
            facts |= _container(container)
        if importer := mapping(executor, "importer"):
            facts["imports"] = _value(importer.get("artifactUri"))
        facts |= _settings(executor_config(package.platform, task.executor))
    return {name: value for name, value in facts.items() if value not in (None, "", [], {})}


def _flow(task: Task) -> dict[str, Plain]:
    spec = task.spec
    inputs: dict[str, Plain] = {name: _value(value) for name, value in entries(spec, "inputs", "parameters")}
    inputs |= {name: _value(value) for name, value in entries(spec, "inputs", "artifacts")}
    retry = mapping(spec, "retryPolicy")
    iterator = mapping(spec, "parameterIterator")
    limit = mapping(spec, "iteratorPolicy").get("parallelismLimit")
    return {
        "inputs": inputs,
        "after": [*sorted(upstream_of(spec))],
        "when": text(spec, "triggerPolicy", "condition"),
        "on_failure_too": text(spec, "triggerPolicy", "strategy") == "ALL_UPSTREAM_TASKS_COMPLETED" or None,
        "items": _short(text(iterator, "items", "raw") or text(iterator, "items", "inputParameter")),
        "parallelism": limit,
        "retry": _retry(retry) if retry else None,
        "cache": None if task.is_group else bool(mapping(spec, "cachingOptions").get("enableCache")),
    }


def _retry(retry: Mapping[str, Plain]) -> dict[str, Plain]:
    return {
        "count": retry.get("maxRetryCount", 0),
        "backoff": retry.get("backoffDuration"),
        "factor": retry.get("backoffFactor"),
        "max_backoff": retry.get("backoffMaxDuration"),
    }


def _container(container: Mapping[str, Plain]) -> dict[str, Plain]:
    command = [neutral_text(str(word)) for word in [*sequence(container, "command"), *sequence(container, "args")]]
    source = _source(container)
    rest = [word for word in command if word != source]
    env: dict[str, Plain] = {text(v, "name"): "#" + _digest(text(v, "value")) for v in sequence(container, "env")}
    return {
        "image": text(container, "image"),
        "code": " ".join(_digest(line, 6) for line in source.strip().split("\n")) if source else None,
        "command": _digest("\0".join(rest)) if rest else None,
        "env": env,
        **_resources(mapping(container, "resources")),
    }


def _source(container: Mapping[str, Plain]) -> str:
    """The Python that a component's command carries, empty where it carries none."""
    words = (neutral_text(str(word)) for word in [*sequence(container, "command"), *sequence(container, "args")])
    return next((word for word in words if "\ndef " in word or "\nclass " in word), "")


def sources(package: Package) -> dict[str, str]:
    """The Python of each task that has some, by path."""
    found = {t.path: _source(container_of(package.spec, t) or {}) for t in tasks_of(package.spec)}
    return {path: source for path, source in found.items() if source}


def _resources(resources: Mapping[str, Plain]) -> dict[str, Plain]:
    """New servers' text, or old ones' numbers where only those are written."""
    out: dict[str, Plain] = {}
    for name, unit in (("Cpu", ""), ("Memory", "G")):
        for kind in ("Request", "Limit"):
            old = resources.get(name.lower() + kind)
            number = f"{old:g}{unit}" if isinstance(old, int | float) else ""
            value = neutral_quantity(text(resources, f"resource{name}{kind}")) or number
            if value:
                out[f"{name.lower()} {kind.lower()}"] = value
    slot = mapping(resources, "accelerator")
    if kind := text(slot, "resourceType") or text(slot, "type"):
        out[f"{kind} limit"] = str(slot.get("resourceCount") or slot.get("count") or "")
    return out


def _settings(config: Mapping[str, Plain]) -> dict[str, Plain]:
    """The executor's configuration in words."""
    known = ("nodeSelector", "nodeAffinity", "tolerations", "podMetadata", "activeDeadlineSeconds", "imagePullPolicy")
    env: dict[str, Plain] = {}
    for field, stem in (("configMapAsEnv", "configMap"), ("secretAsEnv", "secret")):
        for item in sequence(config, field):
            name = text(item, f"{stem}Name") or str(_value(mapping(item).get(f"{stem}NameParameter")))
            for key in sequence(item, "keyToEnv"):
                env[text(key, "envVar")] = f"{'config map' if stem == 'configMap' else stem} {name}, {text(key, f'{stem}Key')}"
    for item in sequence(config, "fieldPathAsEnv"):
        env[text(item, "name")] = f"field {text(item, 'fieldPath')}"
    rest = {name: value for name, value in config.items() if name not in (*known, *_VOLUMES) and not name.endswith("AsEnv")}
    timeout = config.get("activeDeadlineSeconds")
    return {
        "node selector": mapping(config, "nodeSelector", "labels") or mapping(config, "nodeSelector"),
        "placement": [_term(t) for t in sequence(config, "nodeAffinity")],
        "tolerations": [_toleration(t) for t in sequence(config, "tolerations")],
        "mounts": dict(_mounts(config)),
        "env from": env,
        "labels": mapping(config, "podMetadata", "labels"),
        "annotations": mapping(config, "podMetadata", "annotations"),
        "timeout": f"{timeout}s" if timeout else None,
        "image pull policy": text(config, "imagePullPolicy"),
        **rest,
    }


def _mounts(config: Mapping[str, Plain]) -> Iterable[tuple[str, Plain]]:
    for field, word in _VOLUMES.items():
        for item in sequence(config, field):
            names = [*(f"{stem}Name" for stem in ("pvc", "secret", "configMap")), "volumeName", "constant"]
            name = next((text(item, n) for n in names if text(item, n)), "")
            parameter = next((v for k, v in entries(item) if k.endswith("NameParameter")), None)
            said = [word, name or str(_value(parameter)), text(item, "subPath"), text(item, "storageClassName")]
            said += [text(item, "medium"), text(item, "size") or text(item, "sizeLimit")]
            yield text(item, "mountPath"), " ".join(part for part in said if part)


def _term(term: Plain) -> str:
    if "nodeAffinityJson" in mapping(term):
        return f"as {_value(mapping(term)['nodeAffinityJson'])}"
    parts = []
    for item in [*sequence(term, "matchExpressions"), *sequence(term, "matchFields")]:
        parts.append(f"{text(item, 'key')} {text(item, 'operator')} {', '.join(map(str, sequence(item, 'values')))}".rstrip())
    weight = mapping(term).get("weight")
    return ("requires " if weight is None else f"prefers ({weight}) ") + " and ".join(parts)


def _toleration(item: Plain) -> str:
    if "tolerationJson" in mapping(item):
        return f"as {_value(mapping(item)['tolerationJson'])}"
    value = f"={text(item, 'value')}" if text(item, "value") else ""
    effect = f":{text(item, 'effect')}" if text(item, "effect") else ""
    seconds = mapping(item).get("tolerationSeconds")
    return f"{text(item, 'key') or '*'}{value}{effect}" + (f" for {seconds}s" if seconds is not None else "")


def _value(value: Plain) -> Plain:
    """Where an input comes from, in words: a constant, an input of what holds the task, or a task's output."""
    match mapping(value):
        case {"runtimeValue": constant}:
            return _short(mapping(constant).get("constant", constant))
        case {"componentInputParameter": str(name)} | {"componentInputArtifact": str(name)}:
            return f"input {name}"
        case {"taskOutputParameter": made} | {"taskOutputArtifact": made}:
            return f"{text(made, 'producerTask')}.{text(made, 'outputParameterKey') or text(made, 'outputArtifactKey')}"
        case {"taskFinalStatus": made}:
            return f"status of {text(made, 'producerTask')}"
        case {"constant": constant}:
            return _short(constant)
        case _:
            return _short(value)


def _short(value: Plain) -> Plain:
    """A value that is small enough to show; longer text ends in its digest."""
    if isinstance(value, str) and len(value) > _SHOWN:
        return f"{value[: _SHOWN - 20]}… #{_digest(value)}"
    return value if isinstance(value, str | int | float | None) else _short(json.dumps(value, sort_keys=True, ensure_ascii=False))


def _digest(value: str, length: int = 8) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:length]
