"""A plan shows the parts that change, and not those that the server only spells in another way."""

from __future__ import annotations

from kfinfra.model.plain import UNKNOWN, Plain
from kfinfra.plan.merge import planned
from kfinfra.providers.kubernetes.schema import RESOURCE_TYPES

TYPES = {t.name: t for t in RESOURCE_TYPES}


def test_amounts_of_a_map_keep_the_servers_spelling_but_for_the_one_that_changes() -> None:
    hard = TYPES["resource_quota"].attributes["hard"]
    there: Plain = {"requests.cpu": "8", "requests.memory": "16Gi"}
    written: Plain = {"requests.cpu": "8000m", "requests.memory": "32Gi", "pods": UNKNOWN}
    after = {"requests.cpu": "8", "requests.memory": "32Gi", "pods": UNKNOWN}
    assert planned(hard, written, there, exists=True) == after
    assert planned(hard, written, None, exists=False) == written


def test_amounts_in_a_list_of_objects() -> None:
    limits = TYPES["limit_range"].attributes["limits"]
    there: Plain = [{"type": "Container", "default": {"cpu": "500m", "memory": "512Mi"}, "max": None}]
    written: Plain = [{"type": "Container", "default": {"cpu": "0.5", "memory": "1Gi"}, "max": None}]
    (item,) = planned(limits, written, there, exists=True)  # type: ignore[union-attr]
    assert item == {"type": "Container", "default": {"cpu": "500m", "memory": "1Gi"}, "max": None}


def test_amounts_deep_in_a_manifest() -> None:
    def manifest(cpu: str, replicas: int) -> Plain:
        container: Plain = {"name": "c", "resources": {"requests": {"cpu": cpu}}, "args": ["1000m"]}
        return {"kind": "Deployment", "spec": {"replicas": replicas, "template": {"spec": {"containers": [container]}}}}

    written = TYPES["manifest"].attributes["manifest"]
    assert planned(written, manifest("1000m", 2), manifest("1", 1), exists=True) == manifest("1", 2)
    assert planned(written, manifest("2", 1), manifest("1", 1), exists=True) == manifest("2", 1)
