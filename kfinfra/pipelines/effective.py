"""The settings that hold for each task in the end, and which layer each comes from: the code, defaults, or an override."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kfinfra.model.plain import Attributes, Plain
from kfinfra.pipelines.compare import flat
from kfinfra.pipelines.overrides import with_settings
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.reading import mapping
from kfinfra.pipelines.selection import precedence
from kfinfra.pipelines.summary import summarize

CODE = "code"
_NO_SETTING = ("component", "inputs", "code", "command", "imports", "items", "when", "on_failure_too")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a task: its name and value as a plan shows them, and the layer that it comes from."""

    name: str
    value: str
    origin: str


def effective(
    package: Package,
    defaults: Attributes | None,
    overrides: Mapping[str, Attributes],
    own: Mapping[str, Attributes] = MappingProxyType({}),
) -> dict[str, list[Setting]]:
    """Each task's settings, by path. Layer upon layer is written into the package: who changed a fact last is its origin.

    Raises DiagnosticError as `with_settings` does.
    """
    with_settings(package, defaults, overrides, own)
    found: dict[str, dict[str, Setting]] = {}
    for origin, low, high, middle in _layers(defaults, overrides, own):
        made = with_settings(package, low, high, middle)
        tasks = mapping(summarize(made), "tasks")
        found = {path: dict(_facts(facts, origin, found.get(path, {}))) for path, facts in tasks.items()}
    return {path: list(settings.values()) for path, settings in found.items()}


def _layers(
    defaults: Attributes | None, overrides: Mapping[str, Attributes], own: Mapping[str, Attributes]
) -> Iterator[tuple[str, Attributes | None, dict[str, Attributes], Mapping[str, Attributes]]]:
    yield CODE, None, {}, {}
    if defaults:
        yield "defaults", defaults, {}, {}
    if own:
        yield "task", defaults, {}, own
    so_far: dict[str, Attributes] = {}
    for name in precedence(overrides):
        so_far = {**so_far, name: overrides[name]}
        yield f'override "{name}"', defaults, so_far, own


def _facts(facts: Plain, origin: str, before: Mapping[str, Setting]) -> Iterator[tuple[str, Setting]]:
    for name, value in mapping(facts).items():
        if name in _NO_SETTING:
            continue
        for label, shown in flat(name, value):
            made = (
                Setting(name, label.removeprefix(f"{name} "), origin)
                if isinstance(value, list)
                else Setting(label, shown, origin)
            )
            old = before.get(label)
            yield label, old if old is not None and old.value == made.value else made
