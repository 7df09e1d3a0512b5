"""What a pipeline's content is made from: of its attributes what matters to it, parts of which may be UNKNOWN."""

from __future__ import annotations

from kfinfra.model.plain import Attributes, Plain
from kfinfra.pipelines.settings import relevant

WHERE = ("source", "package", "function")


def origin(attributes: Attributes) -> dict[str, Plain]:
    """The attributes that the content is made from; a pipeline in HCL has its name in it."""
    dag = attributes.get("dag")
    return {
        **{name: attributes.get(name) for name in WHERE},
        "defaults": _settings(attributes.get("defaults")),
        "override": _each(attributes.get("override")),
        **({"dag": _dag(dag), "name": attributes.get("name")} if dag is not None else {}),
    }


def _dag(dag: Plain) -> Plain:
    return {**dag, "settings": _each(dag.get("settings"))} if isinstance(dag, dict) else dag


def _each(settings: Plain) -> Plain:
    return {name: _settings(value) for name, value in settings.items()} if isinstance(settings, dict) else settings


def _settings(settings: Plain) -> Plain:
    return relevant(settings) if isinstance(settings, dict) else settings
