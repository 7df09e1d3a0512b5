"""Where a task's pod runs: node groups, affinity, tolerations, node selector.

Kubernetes takes a node that meets ANY of the required terms, so a term that is added beside others would widen the choice.
Terms of the task's own code therefore give way to what is written here, and a node group is added to each term.
"""

from __future__ import annotations

from kfinfra.model.plain import Attributes, Plain
from kfinfra.pipelines.reading import entries, mapping, sequence, text

GROUP_LABEL = "eks.amazonaws.com/nodegroup"
"""The label that EKS puts on the nodes of a managed node group."""

_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "PREFER_NO_SCHEDULE": "PreferNoSchedule", "NO_EXECUTE": "NoExecute"}


def with_placement(config: dict[str, Plain], settings: Attributes) -> dict[str, Plain]:
    """The executor's configuration with the settings' placement."""
    out = dict(config)
    groups = node_groups(settings)
    written = [_term(item) for item in sequence(settings, "affinity")]
    if groups or written:
        out["nodeAffinity"] = _affinity(groups, written)
    tolerations = [t for g in groups for t in map(_tolerated, sequence(g, "taints"))]
    tolerations += [_toleration(item) for item in sequence(settings, "tolerations")]
    if tolerations:
        there = sequence(out, "tolerations")
        out["tolerations"] = _distinct([*there, *tolerations])
    if selector := mapping(settings, "node_selector"):
        out["nodeSelector"] = {"labels": {**mapping(out, "nodeSelector", "labels"), **selector}}
    return out


def node_groups(settings: Attributes) -> list[dict[str, Plain]]:
    """The node groups that are written, in order of preference."""
    value = settings.get("node_group")
    return [mapping(item) for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def _affinity(groups: list[dict[str, Plain]], written: list[dict[str, Plain]]) -> list[Plain]:
    names: list[Plain] = [text(g, "name") for g in groups]
    required = [term for term in written if "weight" not in term]
    preferred: list[Plain] = [term for term in written if "weight" in term]
    if not groups:
        return [*required, *preferred]
    here = _in(names)
    terms: list[Plain] = [{**t, "matchExpressions": [*sequence(t, "matchExpressions"), here]} for t in required]
    ranked: list[Plain] = []
    if len(names) > 1:
        ranked = [{"matchExpressions": [_in([n])], "weight": _weight(i, len(names))} for i, n in enumerate(names)]
    return [*(terms or [{"matchExpressions": [here]}]), *ranked, *preferred]


def _in(names: list[Plain]) -> dict[str, Plain]:
    return {"key": GROUP_LABEL, "operator": "In", "values": names}


def _weight(index: int, count: int) -> int:
    """100 for the first, falling in equal steps, at least 1."""
    return max(1, 100 * (count - index) // count)


def _term(item: Plain) -> dict[str, Plain]:
    out: dict[str, Plain] = {}
    for name, field in (("match_expressions", "matchExpressions"), ("match_fields", "matchFields")):
        if found := sequence(item, name):
            out[field] = [_requirement(r) for r in found]
    weight = mapping(item).get("weight")
    return out if weight is None else {**out, "weight": weight}


def _requirement(item: Plain) -> dict[str, Plain]:
    out: dict[str, Plain] = {"key": text(item, "key"), "operator": text(item, "operator")}
    values = sequence(item, "values")
    return {**out, "values": values} if values else out


def _tolerated(taint: Plain) -> dict[str, Plain]:
    """The toleration for a taint: of its value where it has one, else of its existence."""
    value, effect = text(taint, "value"), text(taint, "effect")
    out: dict[str, Plain] = {"key": text(taint, "key"), "operator": "Equal" if value else "Exists"}
    return {**out, **({"value": value} if value else {}), "effect": _EFFECTS.get(effect, effect)}


def _toleration(item: Plain) -> dict[str, Plain]:
    renamed = {"seconds": "tolerationSeconds"}
    return {renamed.get(name, name): value for name, value in entries(item) if value is not None}


def _distinct(items: list[Plain]) -> list[Plain]:
    return [item for index, item in enumerate(items) if item not in items[:index]]
