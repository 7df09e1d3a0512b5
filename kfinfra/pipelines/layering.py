"""Settings over settings: what a later layer says wins, by the key that each setting has, and nothing else is lost.

Maps and objects merge by key, lists whose items have a name of their own (a mount's path, a variable's name) by that name;
everything else is replaced. Null is "not written".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from kfinfra.model.plain import Attributes, Plain
from kfinfra.pipelines.environment import variables
from kfinfra.pipelines.reading import entries, mapping, sequence, text

_NAMED = {"mounts": "path", "secret_env": "name", "s3_inputs": "path", "s3_outputs": "path"}


def layered(layers: Sequence[Attributes]) -> Attributes:
    """The layers as one, the last on top."""
    out: dict[str, Plain] = {}
    for layer in layers:
        out = _without(out, variables(layer))
        for name, value in layer.items():
            if value is not None:
                out[name] = _over(name, out.get(name), value)
    return out


def _without(settings: dict[str, Plain], names: set[str]) -> dict[str, Plain]:
    """The settings without the environment variables that a later layer sets, by whatever means."""
    if not names & variables(settings):
        return settings
    kept: dict[str, Plain] = {
        "env": {name: value for name, value in entries(settings, "env") if name not in names},
        "env_from": [e for e in map(partial(_without_keys, names), sequence(settings, "env_from")) if e["keys"]],
        "secret_env": [entry for entry in sequence(settings, "secret_env") if text(entry, "name") not in names],
    }
    return {name: value for name, value in {**settings, **kept}.items() if value or name not in kept}


def _without_keys(names: set[str], entry: Plain) -> dict[str, Plain]:
    return {**mapping(entry), "keys": {key: name for key, name in entries(entry, "keys") if name not in names}}


def _over(name: str, low: Plain, high: Plain) -> Plain:
    if isinstance(low, Mapping) and isinstance(high, Mapping) and name != "node_group":
        merged: dict[str, Plain] = dict(low)
        for inner, value in high.items():
            if value is not None:
                merged[inner] = _over("", low.get(inner), value)
        return merged
    if isinstance(low, list) and isinstance(high, list):
        if key := _NAMED.get(name):
            taken = {_name(item, key) for item in high}
            return [item for item in low if _name(item, key) not in taken] + high
        if name in ("env_from", "tolerations", "after"):
            return [item for item in low if item not in high] + high
    return high


def _name(item: Plain, key: str) -> Plain:
    return item.get(key) if isinstance(item, Mapping) else None
