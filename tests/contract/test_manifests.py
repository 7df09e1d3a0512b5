"""Objects by their manifest: typed by the server, ours field by field, definitions of kinds that come in the same apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Attributes, Plain
from kfinfra.model.ports import Observed, ReadRequest
from kfinfra.model.resource import Desired, Resource
from kfinfra.providers.kubernetes.schema import RESOURCE_TYPES
from tests.contract.test_kubernetes_provider import World, drive, refused, served

__all__ = ["served"]
SCHEMA = next(t for t in RESOURCE_TYPES if t.name == "manifest")
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
DEFAULTS = "/apis/kubeflow.org/v1alpha1/namespaces/ml/poddefaults"
ENV: Plain = {
    "type": "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "value": {"type": "string"}}},
}
SPEC: Plain = {
    "type": "object",
    "required": ["selector"],
    "properties": {
        "desc": {"type": "string"},
        "priority": {"type": "integer", "default": 5, "minimum": 1},
        "selector": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "env": ENV,
        "groups": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
    },
}


def version(name: str, **more: Plain) -> dict[str, Plain]:
    schema: Plain = {"openAPIV3Schema": {"type": "object", "properties": {"spec": SPEC}}}
    return {"name": name, "served": True, "storage": True, "schema": schema, **more}


def definition(*versions: dict[str, Plain]) -> Plain:
    names: Plain = {"plural": "poddefaults", "singular": "poddefault", "kind": "PodDefault"}
    spec: Plain = {
        "group": "kubeflow.org",
        "scope": "Namespaced",
        "names": names,
        "versions": list(versions or [version("v1alpha1")]),
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "poddefaults.kubeflow.org"},
        "spec": spec,
    }


def pod_default(api: str = "kubeflow.org/v1alpha1", **spec: Plain) -> dict[str, Plain]:
    inside: dict[str, Plain] = {"selector": {"matchLabels": {"a": "b"}}, **spec}
    return {"apiVersion": api, "kind": "PodDefault", "metadata": {"name": "access"}, "spec": inside}


def role(*verbs: Plain) -> dict[str, Plain]:
    rule: Plain = {"apiGroups": [""], "resources": ["pods"], "verbs": list(verbs)}
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "reader"}, "rules": [rule]}


def service(*ports: Plain) -> dict[str, Plain]:
    spec: Plain = {"selector": {"app": "x"}, "ports": list(ports)}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec}


@pytest.fixture
def world(tmp_path: Path, served: Any) -> Iterator[World]:
    made = World(tmp_path, *served)
    yield made
    made.provider.close()


def make(world: World, manifest: Plain, **more: Plain) -> Attributes:
    return drive(world.provider.create(world.operation("manifest", {"manifest": manifest, **more})))[1]


def change(world: World, prior: Attributes, manifest: Plain) -> Attributes:
    return drive(world.provider.update(world.operation("manifest", {"manifest": manifest}, prior)))[1]


def settled(world: World, made: Attributes, manifest: Plain, **more: Plain) -> bool:
    return world.settled("manifest", made, manifest=manifest, **more)


CLUSTER_ROLE: Plain = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": []}
PRIORITY: Plain = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 1000}
BINDING: Plain = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "RoleBinding",
    "roleRef": {"kind": "Role", "name": "reader"},
    "subjects": [{"kind": "ServiceAccount", "name": "default"}, {"kind": "User", "name": "ada"}],
}
POLICY: Plain = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": {"podSelector": {}, "ingress": [{}]}}


@pytest.mark.parametrize("written", [role("get"), CLUSTER_ROLE, PRIORITY, BINDING, POLICY, definition(), service({"port": 80})])
def test_what_was_created_needs_no_change_and_goes_when_it_is_deleted(world: World, written: Any) -> None:
    made = make(world, written)
    assert world.look("manifest", made).owner == "lineage/me"
    assert settled(world, made, written)
    assert made == world.look("manifest", made).attributes
    world.delete("manifest", made)
    assert world.look("manifest", made) == Observed(None)
    assert world.delete("manifest", made) == []


def test_names_come_from_the_manifest_the_resource_and_the_label(world: World) -> None:
    found = world.resolved("manifest", {"manifest": {**role("get"), "metadata": {}}}).resource.attributes
    assert (found["name"], found["namespace"], found["kind"]) == ("me", "ml", "Role")
    assert found["manifest"] == {**role("get"), "metadata": {"name": "me", "namespace": "ml"}}
    elsewhere = world.resolved("manifest", {"manifest": role("get"), "namespace": "default"}).resource.attributes
    assert (elsewhere["name"], elsewhere["namespace"]) == ("reader", "default")
    assert world.resolved("manifest", {"manifest": CLUSTER_ROLE}).resource.attributes["namespace"] is None
    assert (
        "lives in no namespace"
        in refused(lambda: world.resolved("manifest", {"manifest": CLUSTER_ROLE, "namespace": "ml"})).detail
    )


def test_nulls_are_as_if_not_written(world: World) -> None:
    written = {**role("get"), "metadata": {"name": "reader", "labels": None}, "aggregationRule": None}
    assert settled(world, make(world, written), written)


def test_only_what_is_ours_is_drift(world: World) -> None:
    make(world, definition())
    written = pod_default(desc="a", env=[{"name": "A", "value": "1"}], groups=["x"])
    made = make(world, written)
    theirs: Any = {"spec": {"priority": 9}, "metadata": {"labels": {"theirs": "y"}}}
    world.edit(f"{DEFAULTS}/access", theirs)
    assert settled(world, made, written)
    world.edit(f"{DEFAULTS}/access", {"spec": {"desc": "by hand"}})
    assert not settled(world, made, written)
    found = world.look("manifest", made).attributes or {}
    problem = refused(lambda: change(world, found, written))
    assert problem.summary == "Field is managed by somebody else"
    assert "spec.desc" in problem.detail
    assert "kubectl-edit" in problem.detail
    world.provider = world.another({"force_conflicts": True})
    assert settled(world, change(world, found, written), written)
    assert world.raw("GET", f"{DEFAULTS}/access")["spec"]["priority"] == 9


def test_items_with_keys_come_and_go_one_by_one(world: World) -> None:
    make(world, definition())
    made = make(world, pod_default(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}], groups=["x", "y"]))
    other: Any = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "THEIRS", "value": "3"}]
    world.edit(f"{DEFAULTS}/access", {"spec": {"env": other}})
    fewer = pod_default(env=[{"name": "B", "value": "2"}], groups=["y", "z"])
    assert not settled(world, made, fewer)
    changed = change(world, world.look("manifest", made).attributes or {}, fewer)
    there = world.raw("GET", f"{DEFAULTS}/access")["spec"]
    assert [e["name"] for e in there["env"]] == ["B", "THEIRS"]
    assert there["groups"] == ["y", "z"]
    assert settled(world, changed, fewer)


def test_a_port_whose_key_is_a_default_is_told_from_another(world: World) -> None:
    written = service({"name": "a", "port": 80}, {"name": "b", "port": 81, "targetPort": "m"})
    made = make(world, written)
    assert settled(world, made, written)
    fewer = service({"name": "b", "port": 81, "targetPort": "m"})
    changed = change(world, made, fewer)
    assert [p["port"] for p in world.raw("GET", "/api/v1/namespaces/ml/services/web")["spec"]["ports"]] == [81]
    assert settled(world, changed, fewer)


def test_what_is_no_longer_written_but_was_taken_over_is_told(world: World) -> None:
    make(world, definition())
    made = make(world, pod_default(desc="a"))
    world.edit(f"{DEFAULTS}/access", {"spec": {"desc": "by hand"}})
    found = world.look("manifest", made).attributes or {}
    problem = refused(lambda: change(world, found, pod_default()))
    assert 'spec.desc (changed by "kubectl-edit", and no longer wanted)' in problem.detail
    world.provider = world.another({"force_conflicts": True})
    assert settled(world, change(world, found, pod_default()), pod_default())
    assert "desc" not in world.raw("GET", f"{DEFAULTS}/access")["spec"]


MISTAKES: list[tuple[dict[str, Plain], str, str]] = [
    (role(1), "Incorrect field type", "rules[0].verbs[0] must be a text, not 1"),
    ({**role("get"), "rulse": []}, "Unsupported field", 'Did you mean "rules"?'),
    ({**role("get"), "rules": {}}, "Incorrect field type", "rules must be a list, not an object"),
    (service({"port": "80"}), "Incorrect field type", "spec.ports[0].port must be a whole number, not '80'"),
]


@pytest.mark.parametrize(("written", "summary", "words"), MISTAKES)
def test_the_servers_types_are_checked_before_anything_is_applied(world: World, written: Any, summary: str, words: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        world.resolved("manifest", {"manifest": written})
    found = caught.value.diagnostics[0]
    assert found.summary == summary
    assert words in found.detail


def test_the_types_of_a_definition_count_too(world: World) -> None:
    make(world, definition())
    wrong = pod_default(desc=True, prioritty=1)
    wrong["spec"].pop("selector")  # type: ignore[union-attr, call-arg, arg-type]
    with pytest.raises(DiagnosticError) as caught:
        world.resolved("manifest", {"manifest": wrong})
    details = "\n".join(d.detail for d in caught.value.diagnostics)
    assert 'Did you mean "priority"' in details
    assert '"selector" of spec is required' in details
    assert "spec.desc must be a text" in details


def test_a_value_that_only_the_server_refuses_is_told_in_its_words(world: World) -> None:
    make(world, definition())
    problem = refused(lambda: make(world, pod_default(priority=0)))
    assert problem.summary == "Kubernetes finds this invalid"
    assert "should be greater than or equal to 1" in problem.detail


def test_a_kind_that_is_not_there_is_an_error_but_where_the_configuration_brings_it(world: World) -> None:
    problem = refused(lambda: world.resolved("manifest", {"manifest": pod_default()}))
    assert problem.summary == "Unknown kind"
    assert "depends_on" in problem.hint
    assert "Did you mean" in refused(lambda: world.resolved("manifest", {"manifest": {**role("get"), "kind": "Roel"}})).detail
    attributes: dict[str, Plain] = {"manifest": pod_default(), "namespace": None, "force_destroy": False}
    waiting = Desired(Resource(Address("manifest", "me"), attributes), "kubernetes", frozenset({Address("manifest", "crd")}))
    resolved = world.provider.resolve(waiting, None)
    assert resolved.resource.attributes["namespace"] is UNKNOWN
    (line,) = world.provider.details(waiting.address, None, resolved.resource.attributes)
    assert "no kind PodDefault yet" in line.text
    make(world, definition())
    assert world.provider.resolve(waiting, None).resource.attributes["namespace"] == "ml"
    assert list(world.provider.details(waiting.address, None, resolved.resource.attributes)) == []


def test_another_version_of_a_kind_is_the_same_object_and_another_group_is_not(world: World) -> None:
    both = definition(version("v1alpha1", storage=False), version("v1"))
    make(world, both)
    made = make(world, pod_default())
    newer = world.operation("manifest", {"manifest": pod_default("kubeflow.org/v1")}, made)
    assert newer.changed == {"manifest", "api_version"}
    changed = drive(world.provider.update(newer))[1]
    assert changed["api_version"] == "kubeflow.org/v1"
    assert settled(world, changed, pod_default("kubeflow.org/v1"))
    replaces: Any = SCHEMA.attributes["api_version"].replaces
    assert not replaces("kubeflow.org/v1alpha1", "kubeflow.org/v1")
    assert replaces("kubeflow.org/v1", "example.org/v1")


def test_a_definition_is_kept_while_objects_of_its_kind_exist(world: World) -> None:
    crd = make(world, definition())
    made = make(world, pod_default())
    problem = refused(lambda: world.delete("manifest", crd))
    assert problem.summary == "Objects of this kind exist"
    assert "ml/access" in problem.detail
    world.delete("manifest", {**crd, "force_destroy": True})
    assert world.look("manifest", crd) == Observed(None)
    assert world.look("manifest", made) == Observed(None)
    assert world.delete("manifest", made) == []


def test_an_immutable_field_says_how_to_make_the_object_anew(world: World) -> None:
    made = make(world, PRIORITY)
    assert isinstance(PRIORITY, dict)
    problem = refused(lambda: change(world, made, {**PRIORITY, "value": 5}))
    assert problem.summary == "Field cannot be changed"
    assert "-replace=manifest.me" in problem.hint


def test_a_foreign_object_is_neither_taken_nor_deleted_but_can_be_imported(world: World) -> None:
    world.raw("POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/ml/roles", role("get"))
    assert refused(lambda: make(world, role("get"))).summary == "Object already exists"
    attributes = world.resolved("manifest", {"manifest": role("get")}).resource.attributes
    assert refused(lambda: world.delete("manifest", attributes)).summary == "Object is not ours"
    identity = {n: attributes[n] for n in SCHEMA.identity}
    found = world.provider.refresh([ReadRequest(Address("manifest", "me"), identity, attributes)])[Address("manifest", "me")]
    assert settled(world, found.attributes or {}, role("get"))
    request = ReadRequest(Address("manifest", "me"), {**identity, "namespace": None}, {})
    whole = world.provider.read([request])[request.address].attributes or {}
    assert whole["manifest"] == {**role("get"), "metadata": {"name": "reader", "namespace": "ml"}}


def test_calls_do_not_grow_with_the_number_of_manifests(world: World) -> None:
    def calls(count: int) -> list[str]:
        made = [make(world, {**role("get"), "metadata": {"name": f"r{count}-{i}"}}) for i in range(count)]
        provider = world.another({})
        world.front.asked.clear()
        requests = [ReadRequest(Address("manifest", f"m{i}"), {n: m[n] for n in SCHEMA.identity}, m) for i, m in enumerate(made)]
        found = provider.refresh(requests)
        for request in requests:
            attributes: Mapping[str, Plain] = {**dict.fromkeys(SCHEMA.attributes), **request.recorded}
            desired = Desired(Resource(request.address, {**attributes, "namespace": None}), "kubernetes")
            again = provider.resolve(desired, request.recorded)
            assert again.resource.attributes["manifest"] == (found[request.address].attributes or {})["manifest"]
        provider.close()
        return list(world.front.asked)

    few, many = calls(3), calls(9)
    assert len(few) == len(many) == 2, many


def test_a_server_that_cannot_be_reached_is_told_in_the_plan_and_nothing_is_guessed(tmp_path: Path, world: World) -> None:
    world.front.refused = {"GET /apis/rbac.authorization.k8s.io/v1": 403}
    provider = world.another({})
    written: dict[str, Plain] = {"manifest": role("get"), "namespace": None, "force_destroy": False}
    desired = Desired(Resource(Address("manifest", "me"), written), "kubernetes")
    resolved = provider.resolve(desired, None)
    assert resolved.resource.attributes["namespace"] is UNKNOWN
    (line,) = provider.details(desired.address, None, resolved.resource.attributes)
    assert "not checked against the server's types" in line.text
    world.front.refused = {"GET /apis/rbac.authorization.k8s.io/v1": 401}
    with pytest.raises(DiagnosticError, match="who you are"):
        world.another({}).resolve(desired, None)
    world.front.refused = {"GET /openapi/v3": 404}
    unknown = replace(desired, resource=replace(desired.resource, attributes={**written, "manifest": {**role("get"), "x": 1}}))
    old = world.another({})
    assert old.resolve(unknown, None).resource.attributes["namespace"] == "ml"
    (line,) = old.details(desired.address, None, resolved.resource.attributes)
    assert "shows none of Role" in line.text
