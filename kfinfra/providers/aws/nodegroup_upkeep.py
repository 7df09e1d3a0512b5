"""How a node group is kept: what an update may take away, how ill nodes are repaired, which nodes wait in a warm pool. Pure.

Schema, rules and translation of each, in one place: they are updateConfig, nodeRepairConfig and warmPoolConfig of EKS's API
(botocore, eks/2017-11-01/service-2.json), under its names in snake case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kfinfra.diag import did_you_mean
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.schema import Attribute, Check, Problem, Shape
from kfinfra.values.types import BOOL, NUMBER, STRING

Wire = dict[str, Any]
STRATEGIES, POOL_STATES, REPAIRS = ("DEFAULT", "MINIMAL"), ("STOPPED", "RUNNING", "HIBERNATED"), ("Replace", "Reboot", "NoAction")


def whole(low: int, high: int, what: str) -> Check:
    """A check: a whole number from `low` to `high`."""

    def check(value: Plain) -> Iterator[Problem]:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            yield Problem((), f"Invalid {what}", f"{value} is not a whole number from {low} to {high}.")

    return check


def one_of(allowed: tuple[str, ...], what: str) -> Check:
    """A check: one of EKS's words."""

    def check(value: Plain) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem((), f"Invalid {what}", f'"{value}" is none of {", ".join(allowed)}.{did_you_mean(str(value), allowed)}')

    return check


def _optional(check: Check, doc: str, kind: Any = NUMBER) -> Attribute:
    return Attribute(kind, unmanaged_if_null=True, check=check, doc=doc)


_count, _percentage = whole(1, 450, "number of nodes"), whole(1, 100, "percentage")

UPDATE_CONFIG = {
    "max_unavailable": Attribute(
        NUMBER, check=whole(1, 100, "number of unavailable nodes"), doc="How many nodes an update takes at once."
    ),
    "max_unavailable_percentage": Attribute(NUMBER, check=_percentage, doc="The same, as a part of all nodes."),
    "update_strategy": _optional(
        one_of(STRATEGIES, "update strategy"), "DEFAULT makes new nodes first, MINIMAL takes old ones away first.", STRING
    ),
}

OVERRIDE = {
    "node_monitoring_condition": Attribute(STRING, required=True, doc="The condition that the monitoring agent reports."),
    "node_unhealthy_reason": Attribute(STRING, required=True, doc="The reason of the condition."),
    "min_repair_wait_time_mins": Attribute(
        NUMBER, required=True, check=whole(1, 10080, "number of minutes"), doc="How long to wait before the repair."
    ),
    "repair_action": Attribute(STRING, required=True, check=one_of(REPAIRS, "repair action"), doc="Replace, Reboot or NoAction."),
}

REPAIR_CONFIG = {
    "max_unhealthy_node_threshold_count": _optional(_count, "With more unhealthy nodes than this none is repaired."),
    "max_unhealthy_node_threshold_percentage": _optional(_percentage, "The same, as a part of all nodes."),
    "max_parallel_nodes_repaired_count": _optional(_count, "How many nodes are repaired at once."),
    "max_parallel_nodes_repaired_percentage": _optional(_percentage, "The same, as a part of the unhealthy nodes."),
    "overrides": Attribute(
        fields=OVERRIDE, shape=Shape.LIST, unmanaged_if_null=True, doc="What to do otherwise for single conditions."
    ),
}

WARM_POOL = {
    "min_size": _optional(whole(0, 450, "number of nodes"), "The fewest nodes that wait; 0 where it is not written."),
    "max_group_prepared_capacity": _optional(
        whole(0, 450, "number of nodes"), "The most nodes, those that wait and those that work; the largest size by default."
    ),
    "pool_state": _optional(one_of(POOL_STATES, "state of the pool"), "STOPPED, RUNNING or HIBERNATED.", STRING),
    "reuse_on_scale_in": Attribute(
        BOOL, unmanaged_if_null=True, doc="Whether nodes that are no longer needed go back into the pool."
    ),
}


def check(attributes: Attributes) -> Iterable[Problem]:
    """What these settings mean together."""
    config, repair = attributes.get("update_config"), attributes.get("node_repair_config")
    if isinstance(config, dict) and (config.get("max_unavailable") is None) == (config.get("max_unavailable_percentage") is None):
        detail = "Exactly one of max_unavailable and max_unavailable_percentage is written."
        yield Problem(("update_config",), "Invalid update configuration", detail)
    if isinstance(repair, dict):
        for name in ("max_unhealthy_node_threshold", "max_parallel_nodes_repaired"):
            if repair.get(f"{name}_count") is not None and repair.get(f"{name}_percentage") is not None:
                detail = f"Only one of {name}_count and {name}_percentage is written."
                yield Problem(("node_repair_config",), "Invalid repair configuration", detail)
        if attributes.get("node_repair") is False:
            detail = "node_repair_config says how nodes are repaired, and they are not."
            yield Problem(("node_repair_config",), "Repair is turned off", detail, "write node_repair = true")
    yield from _pool(attributes)


def _pool(attributes: Attributes) -> Iterator[Problem]:
    pool, scaling = attributes.get("warm_pool"), attributes.get("scaling")
    if not isinstance(pool, dict):
        return
    if attributes.get("capacity_type") == "SPOT":
        detail = "Auto Scaling keeps no warm pool of spot instances."
        yield Problem(("warm_pool",), "Warm pool of spot instances", detail, "leave warm_pool out, or take ON_DEMAND")
    most, prepared = (scaling.get("max") if isinstance(scaling, dict) else None), pool.get("max_group_prepared_capacity")
    least = pool.get("min_size")
    if isinstance(least, int) and isinstance(prepared, int) and least > prepared:
        detail = f"min_size = {least} is more than max_group_prepared_capacity = {prepared}."
        yield Problem(("warm_pool", "min_size"), "Invalid warm pool", detail)
    elif isinstance(least, int) and prepared is None and isinstance(most, int) and least > most:
        detail = f"min_size = {least} is more than the group's largest size, {most}."
        yield Problem(
            ("warm_pool", "min_size"), "Invalid warm pool", detail, "write max_group_prepared_capacity, or a larger max"
        )


def _table(value: Plain) -> Mapping[str, Plain]:
    return value if isinstance(value, dict) else {}


_REPAIR_WIRE = {
    "max_unhealthy_node_threshold_count": "maxUnhealthyNodeThresholdCount",
    "max_unhealthy_node_threshold_percentage": "maxUnhealthyNodeThresholdPercentage",
    "max_parallel_nodes_repaired_count": "maxParallelNodesRepairedCount",
    "max_parallel_nodes_repaired_percentage": "maxParallelNodesRepairedPercentage",
}
_OVERRIDE_WIRE = {
    "node_monitoring_condition": "nodeMonitoringCondition",
    "node_unhealthy_reason": "nodeUnhealthyReason",
    "min_repair_wait_time_mins": "minRepairWaitTimeMins",
    "repair_action": "repairAction",
}
_POOL_WIRE = {
    "min_size": "minSize",
    "max_group_prepared_capacity": "maxGroupPreparedCapacity",
    "pool_state": "poolState",
    "reuse_on_scale_in": "reuseOnScaleIn",
}


def _sent(value: Mapping[str, Plain], names: Mapping[str, str]) -> Wire:
    return {wire: value[own] for own, wire in names.items() if value.get(own) is not None}


def update_config(value: Plain) -> Wire | None:
    """How many nodes an update may take: a number or a percentage, and in which order."""
    held = _table(value)
    names = {
        "max_unavailable_percentage": "maxUnavailablePercentage",
        **({"max_unavailable": "maxUnavailable"} if held.get("max_unavailable_percentage") is None else {}),
    }
    return _sent(held, {**names, "update_strategy": "updateStrategy"}) or None


def repair_config(desired: Attributes) -> Wire:
    """Whether and how nodes are repaired."""
    if not desired.get("node_repair"):
        return {"enabled": False}
    held = _table(desired.get("node_repair_config"))
    overrides = held.get("overrides")
    each = [_sent(_table(o), _OVERRIDE_WIRE) for o in overrides] if isinstance(overrides, list) else []
    return {"enabled": True, **_sent(held, _REPAIR_WIRE), **({"nodeRepairConfigOverrides": each} if each else {})}


def warm_pool(value: Plain) -> Wire:
    """The warm pool; one that is not wanted is turned off."""
    return {"enabled": True, **_sent(_table(value), _POOL_WIRE)} if isinstance(value, dict) else {"enabled": False}


def observed(group: Wire) -> dict[str, Plain]:
    """These settings of a group that EKS described."""
    update, repair, pool = (group.get(n) or {} for n in ("updateConfig", "nodeRepairConfig", "warmPoolConfig"))
    return {
        "update_config": {
            "max_unavailable": update.get("maxUnavailable"),
            "max_unavailable_percentage": update.get("maxUnavailablePercentage"),
            "update_strategy": update.get("updateStrategy"),
        }
        if update
        else None,
        "node_repair": bool(repair.get("enabled")),
        "node_repair_config": _repair(repair) if repair.get("enabled") else None,
        "warm_pool": _read(pool, _POOL_WIRE) if pool.get("enabled") else None,
    }


def _read(wire: Wire, names: Mapping[str, str]) -> dict[str, Plain]:
    return {own: wire.get(name) for own, name in names.items()}


def _repair(wire: Wire) -> Plain:
    overrides: list[Plain] = [_read(o, _OVERRIDE_WIRE) for o in wire.get("nodeRepairConfigOverrides") or ()]
    read = {**_read(wire, _REPAIR_WIRE), "overrides": overrides or None}
    return read if any(v is not None for v in read.values()) else None
