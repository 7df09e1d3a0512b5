"""Which node takes a pod, judged as Kubernetes' scheduler and the cluster autoscaler judge it; or their words why none does.

A node group counts with all the nodes that it may have (its maximum): the autoscaler would make them. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from kfinfra.model import quantity

Wire = Mapping[str, Any]
LABEL = "eks.amazonaws.com/nodegroup"


@dataclass(frozen=True, slots=True)
class Group:
    """A node group: what each of its nodes has, and how many there may be."""

    name: str
    most: int
    labels: Mapping[str, str]
    taints: Sequence[Wire]
    capacity: Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a pod wants of its node."""

    requests: Mapping[str, Fraction] = field(default_factory=dict)
    selector: Mapping[str, str] = field(default_factory=dict)
    required: Sequence[Wire] = ()
    preferred: Sequence[Wire] = ()
    tolerations: Sequence[Wire] = ()


def wish(container: Wire, kubernetes: Wire) -> Wish:
    """The wish of a task's container and the configuration of its pod."""
    resources = container.get("resources") or {}
    requests: dict[str, Fraction] = {}
    for name, field_name in (("cpu", "Cpu"), ("memory", "Memory")):
        text = resources.get(f"resource{field_name}Request") or resources.get(f"resource{field_name}Limit")
        if text:
            requests[name] = quantity.parse(str(text))
    device = resources.get("accelerator") or {}
    kind, count = device.get("resourceType") or device.get("type"), device.get("resourceCount") or device.get("count")
    if kind and count:
        requests[str(kind)] = quantity.parse(str(count))
    terms = kubernetes.get("nodeAffinity") or []
    selector = kubernetes.get("nodeSelector") or {}
    return Wish(
        requests,
        dict(selector.get("labels") or {}),
        [t for t in terms if not t.get("weight")],
        [t for t in terms if t.get("weight")],
        list(kubernetes.get("tolerations") or []),
    )


def place(wanted: Wish, groups: Sequence[Group], used: Mapping[str, Sequence[Mapping[str, Fraction]]]) -> tuple[str | None, str]:
    """The group that takes the pod, or None with the scheduler's words. `used`: requests of the pods on each group's nodes."""
    if not groups:
        return None, "0/0 nodes are available: there are no node groups. preemption: 0/0 nodes are available."
    fitting: list[Group] = []
    reasons: Counter[str] = Counter()
    for group in groups:
        why = _against(wanted, group, used.get(group.name, ()))
        if why:
            reasons.update(dict.fromkeys(why, group.most))
        else:
            fitting.append(group)
    if fitting:
        return max(fitting, key=lambda g: _preference(wanted, g)).name, ""
    total = sum(g.most for g in groups)
    said = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    hint = "no node group can grow to take the pod"
    return None, f"0/{total} nodes are available: {said}. preemption: not helpful; cluster-autoscaler: {hint}."


def _against(wanted: Wish, group: Group, used: Sequence[Mapping[str, Fraction]]) -> list[str]:
    """What of a group's nodes does not fit, in the order in which the scheduler looks."""
    taint = next((t for t in group.taints if _repels(t) and not any(_tolerates(o, t) for o in wanted.tolerations)), None)
    if taint is not None:
        value = f": {taint.get('value')}" if taint.get("value") else ": "
        return [f"node(s) had untolerated taint {{{taint.get('key')}{value}}}"]
    if any(group.labels.get(k) != v for k, v in wanted.selector.items()) or (
        wanted.required and not any(_matches(t, group) for t in wanted.required)
    ):
        return ["node(s) didn't match Pod's node affinity/selector"]
    return _lacking(wanted.requests, group, used)


def _lacking(requests: Mapping[str, Fraction], group: Group, used: Sequence[Mapping[str, Fraction]]) -> list[str]:
    """What is not left on any node. Pods are packed on the first node that takes them, as the nodes would be filled."""
    nodes: list[dict[str, Fraction]] = [dict(group.capacity) for _ in range(group.most)]
    for pod in used:
        _fill(nodes, pod)
    if any(all(node.get(n, Fraction(0)) >= v for n, v in requests.items()) for node in nodes):
        return []
    short = [n for n, v in sorted(requests.items()) if not any(node.get(n, Fraction(0)) >= v for node in nodes)]
    return [f"Insufficient {name}" for name in short] or ["Insufficient resources together"]


def _fill(nodes: list[dict[str, Fraction]], pod: Mapping[str, Fraction]) -> None:
    for node in nodes:
        if all(node.get(n, Fraction(0)) >= v for n, v in pod.items()):
            for name, value in pod.items():
                node[name] -= value
            return


def _repels(taint: Wire) -> bool:
    return _effect(taint) in ("NoSchedule", "NoExecute")


def _effect(taint: Wire) -> str:
    """EKS writes NO_SCHEDULE, Kubernetes NoSchedule."""
    written = str(taint.get("effect", ""))
    return "".join(part.capitalize() for part in written.split("_")) if written.isupper() else written


def _tolerates(toleration: Wire, taint: Wire) -> bool:
    if toleration.get("effect") and toleration["effect"] != _effect(taint):
        return False
    if not toleration.get("key"):
        return toleration.get("operator") == "Exists"
    if toleration["key"] != taint.get("key"):
        return False
    return toleration.get("operator") == "Exists" or str(toleration.get("value", "")) == str(taint.get("value", ""))


def _matches(term: Wire, group: Group) -> bool:
    expressions = [*(term.get("matchExpressions") or ())]
    return all(_holds(e, {LABEL: group.name, **group.labels}) for e in expressions)


def _holds(expression: Wire, labels: Mapping[str, str]) -> bool:
    key, values = str(expression.get("key")), [str(v) for v in expression.get("values") or ()]
    there = labels.get(key)
    match expression.get("operator"):
        case "In":
            return there in values
        case "NotIn":
            return there not in values
        case "Exists":
            return there is not None
        case "DoesNotExist":
            return there is None
        case "Gt":
            return there is not None and there.lstrip("-").isdigit() and int(there) > int(values[0])
        case "Lt":
            return there is not None and there.lstrip("-").isdigit() and int(there) < int(values[0])
        case _:
            return False


def _preference(wanted: Wish, group: Group) -> tuple[int, int]:
    """The weights of the preferences that it meets; then groups without taints, which nobody asked to keep free."""
    met = sum(int(t.get("weight") or 0) for t in wanted.preferred if _matches(t, group))
    return met, -len(group.taints)
