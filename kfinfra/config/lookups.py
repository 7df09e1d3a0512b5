"""Keys that tasks take out of declared config maps and secrets: a pod that asks for one that is not there is not started.

A warning, since another manager may add keys to the object. Told only where the pipeline refers to the object, so that it is
known which one is meant, and where its keys are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kfinfra.config.bodies import problem_diagnostics
from kfinfra.diag import Diagnostic, Span, did_you_mean
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, Path, Plain
from kfinfra.model.resource import Desired
from kfinfra.model.schema import Problem

_HOLDERS = {"config_map": ("data", "binary_data"), "secret": ("data",)}
_ASKER = "pipeline"


@dataclass(frozen=True, slots=True)
class _Holder:
    """What an object is called and holds. A message may name those of its keys that stand in the text, which `spans` knows."""

    name: Plain
    keys: frozenset[str]
    spans: Mapping[Path, Span]


class Lookups:
    """The objects whose keys are known, by address; pipelines are asked of after the objects that they refer to."""

    def __init__(self, types: Iterable[str]) -> None:
        """`types` are those of all blocks: where nobody asks, nothing need be known."""
        self.types = frozenset((*_HOLDERS, _ASKER)) if _ASKER in types else frozenset[str]()
        """The types that `told` has something to do for."""
        self._holders: dict[Address, _Holder] = {}

    def told(self, desired: Desired) -> list[Diagnostic]:
        """Takes an object's keys in; warnings about those that a pipeline asks for in vain."""
        kind = desired.address.type
        if kind in _HOLDERS:
            self._take(desired, kind)
        if kind != _ASKER or desired.span is None:
            return []
        found = problem_diagnostics(self._problems(desired), desired.spans, desired.span)
        return [d.at(None, str(desired.address)) for d in found]

    def _take(self, desired: Desired, kind: str) -> None:
        given, secrets = desired.resource.attributes, desired.secrets
        found = [secrets[name] if name in secrets else given.get(name) for name in _HOLDERS[kind]]
        tables = [value for value in found if isinstance(value, dict)]
        self._holders.pop(desired.address, None)
        if len(tables) == len(found) - found.count(None):
            self._holders[desired.address] = _Holder(given.get("name"), frozenset[str]().union(*tables), desired.spans)

    def _problems(self, desired: Desired) -> Iterator[Problem]:
        for path, kind, name, key in _asked(desired.resource.attributes):
            meant = [h for a in desired.depends_on if (h := self._holders.get(a)) and (a.type, h.name) == (kind, name)]
            if meant and not any(key in holder.keys for holder in meant):
                known = [k for h in meant for k in h.keys if any((name, k) in h.spans for name in _HOLDERS[kind])]
                close = did_you_mean(key, known)
                detail = f'The {kind} "{name}" has no key "{key}": a pod that asks for it is not started.{close}'
                yield Problem(path, "Key is not in the object", detail, f"add it to the data of the {kind}", warning=True)


def _asked(pipeline: Attributes) -> Iterator[tuple[Path, str, str, str]]:
    """Where a pipeline asks for a key: the place, the kind and the name of the object, the key."""
    dag = pipeline.get("dag")
    blocks: list[tuple[Path, Plain]] = [(("defaults",), pipeline.get("defaults"))]
    blocks += [(("override", name), settings) for name, settings in _items(pipeline.get("override"))]
    own = dag.get("settings") if isinstance(dag, dict) else None
    blocks += [(("dag", f"task.{name}"), settings) for name, settings in _items(own)]
    for path, settings in blocks:
        for name in ("env_from", "secret_env"):
            found = settings.get(name) if isinstance(settings, dict) else None
            for index, entry in enumerate(found if isinstance(found, list) else ()):
                if isinstance(entry, dict):
                    yield from _of_entry((*path, name, index), entry)


def _of_entry(path: Path, entry: Mapping[str, Plain]) -> Iterator[tuple[Path, str, str, str]]:
    for kind in _HOLDERS:
        name, key = entry.get(kind), entry.get("key")
        if isinstance(name, str):
            if isinstance(key, str):
                yield (*path, "key"), kind, name, key
            yield from ((((*path, "keys", k), kind, name, k)) for k, _ in _items(entry.get("keys")))


def _items(value: Plain) -> list[tuple[str, Plain]]:
    return list(value.items()) if isinstance(value, dict) else []
