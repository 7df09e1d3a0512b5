"""Environment variables: values in the container, keys of config maps and secrets in the executor's configuration.

A variable that is set here is taken out wherever the task's own code set it, because Kubernetes would take the last one
of a name and KFP decides the order.
"""

from __future__ import annotations

from collections.abc import Iterable

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.pipelines.reading import entries, mapping, sequence, text
from kfinfra.pipelines.rewriting import Executor

_KINDS = (("configMapAsEnv", "config_map", "configMap"), ("secretAsEnv", "secret", "secret"))


def with_environment(executor: Executor, settings: Attributes) -> Executor:
    """The executor with the settings' variables. Raises DiagnosticError where one name is set twice."""
    values = dict(entries(settings, "env"))
    objects = list(_objects(settings))
    named = [*values, *(name for _, item in objects for name in _names(item))]
    if not named:
        return executor
    if twice := sorted({name for name in named if named.count(name) > 1}):
        detail = f"{', '.join(twice)}: more than one of env, env_from and secret_env sets it."
        raise DiagnosticError(error("Environment variable set twice", detail, hint="remove all but one"))
    container = mapping(executor.spec, "container")
    kept = [v for v in sequence(container, "env") if text(v, "name") not in named]
    container["env"] = kept + [{"name": name, "value": value} for name, value in values.items()]
    config = _without(executor.config, set(named))
    for field, item in objects:
        config[field] = [*sequence(config, field), item]
    if not container["env"]:
        del container["env"]
    return Executor({**executor.spec, "container": container}, config)


def variables(settings: Attributes) -> set[str]:
    """The names that the settings set."""
    return {*mapping(settings, "env"), *(name for _, item in _objects(settings) for name in _names(item))}


def _objects(settings: Attributes) -> Iterable[tuple[str, dict[str, Plain]]]:
    """The executor's fields and entries for keys of config maps and secrets, as kfp.kubernetes writes them."""
    for entry in sequence(settings, "env_from"):
        for field, name, stem in _KINDS:
            if source := text(entry, name):
                yield field, _object(stem, source, [(key, str(env)) for key, env in entries(entry, "keys")])
    for entry in sequence(settings, "secret_env"):
        yield "secretAsEnv", _object("secret", text(entry, "secret"), [(text(entry, "key"), text(entry, "name"))])


def _object(stem: str, source: str, keys: list[tuple[str, str]]) -> dict[str, Plain]:
    return {
        f"{stem}Name": source,
        f"{stem}NameParameter": {"runtimeValue": {"constant": source}},
        "keyToEnv": [{f"{stem}Key": key, "envVar": env} for key, env in keys],
        "optional": False,
    }


def _names(item: Plain) -> list[str]:
    return [text(key, "envVar") for key in sequence(item, "keyToEnv")]


def _without(config: dict[str, Plain], names: set[str]) -> dict[str, Plain]:
    """The configuration without keys that set one of `names`."""
    out = dict(config)
    for field, _, _ in _KINDS:
        if field in out:
            kept = [
                {**mapping(i), "keyToEnv": [k for k in sequence(i, "keyToEnv") if text(k, "envVar") not in names]}
                for i in sequence(out, field)
            ]
            out[field] = [item for item in kept if item["keyToEnv"]]
    if "fieldPathAsEnv" in out:
        out["fieldPathAsEnv"] = [item for item in sequence(out, "fieldPathAsEnv") if text(item, "name") not in names]
    return {key: value for key, value in out.items() if value != []}
