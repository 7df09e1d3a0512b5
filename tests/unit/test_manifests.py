"""Manifests without a server: what is refused, what means the same, what of an object is ours, how the types are read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfinfra.config.imports import id_form, id_text, parse_id
from kfinfra.model.plain import UNKNOWN, Plain
from kfinfra.providers.kubernetes.manifest_schema import MANIFEST, check_manifest, same_content
from kfinfra.providers.kubernetes.manifests import content, whole
from kfinfra.providers.kubernetes.openapi import problems

ROLE: dict[str, Plain] = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role"}

REFUSED: list[tuple[Plain, str, str]] = [
    ([], "Invalid manifest", "An object"),
    ({"kind": "Role"}, "Missing required argument", '"apiVersion"'),
    ({"apiVersion": "v1", "kind": ""}, "Missing required argument", '"kind"'),
    ({"apiVersion": "v1", "kind": "ConfigMap"}, "Kind has its own resource type", "ConfigMap"),
    ({"apiVersion": "v1", "kind": "Secret"}, "Kind has its own resource type", "Secret"),
    ({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass"}, "Kind has its own resource type", "StorageClass"),
    ({"apiVersion": "pipelines.kubeflow.org/v2beta1", "kind": "Pipeline"}, "Kind has its own resource type", "Pipeline"),
    ({"apiVersion": "v1", "kind": "List"}, "Invalid manifest", "no object of its own"),
    ({**ROLE, "status": {}}, "Read-only argument", "status"),
    ({**ROLE, "metadata": "x"}, "Invalid manifest", "metadata"),
    ({**ROLE, "metadata": {"uid": "x"}}, "Read-only argument", "metadata.uid"),
    ({**ROLE, "metadata": {"generateName": "x-"}}, "Unsupported argument", "cannot be found again"),
    ({**ROLE, "metadata": {"labels": {"a b": "c"}}}, "Invalid label", "a b"),
    ({**ROLE, "metadata": {"annotations": {"kfinfra.dev/owner": "me"}}}, "Reserved annotation", "own mark"),
    ({**ROLE, "metadata": {"namespace": "Not_A"}}, "Invalid name", "Not_A"),
]


@pytest.mark.parametrize(("written", "summary", "words"), REFUSED)
def test_a_mistake_is_told_without_a_server(written: Plain, summary: str, words: str) -> None:
    (found,) = check_manifest({"manifest": written})
    assert found.summary == summary
    assert words in found.detail + found.hint


def test_kinds_of_other_groups_with_a_known_name_are_no_mistake() -> None:
    assert not list(check_manifest({"manifest": {"apiVersion": "serving.knative.dev/v1", "kind": "Secret"}}))
    assert not list(
        check_manifest({"manifest": {"apiVersion": UNKNOWN, "kind": UNKNOWN, "metadata": {"labels": {"a": UNKNOWN}}}})
    )


def test_two_namespaces_are_a_contradiction() -> None:
    (found,) = check_manifest({"manifest": {**ROLE, "metadata": {"namespace": "a"}}, "namespace": "b"})
    assert found.summary == "Namespace is given twice"


def test_quantities_mean_the_same_where_they_are_quantities() -> None:
    def spec(cpu: Plain) -> Plain:
        return {"spec": {"resources": {"limits": {"cpu": cpu}}, "args": [cpu]}}

    assert not same_content(spec("1000m"), spec("1"))
    assert same_content({"limits": {"cpu": "1000m"}}, {"limits": {"cpu": 1}})
    assert not same_content({"data": "1000m"}, {"data": "1"})
    assert not same_content({"a": True}, {"a": 1})


def test_an_id_names_its_parts() -> None:
    text = "api_version=apps/v1,kind=Deployment,namespace=ml,name=web"
    identity = parse_id(MANIFEST, text)
    assert identity == {"api_version": "apps/v1", "kind": "Deployment", "namespace": "ml", "name": "web"}
    assert id_text(MANIFEST, identity) == text
    assert parse_id(MANIFEST, "apiVersion=v1,kind=Node,name=a") == {
        "api_version": "v1",
        "kind": "Node",
        "namespace": None,
        "name": "a",
    }
    with pytest.raises(ValueError, match="api_version=API_VERSION,kind=KIND"):
        parse_id(MANIFEST, "ml/web")
    assert id_form(MANIFEST).startswith("api_version=")


def applied(fields: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"manager": "kfinfra", "operation": "Apply", "fieldsV1": fields},
        {"manager": "kube-controller-manager", "operation": "Update", "fieldsV1": {"f:status": {"f:replicas": {}}}},
    ]


DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "ml",
        "uid": "u",
        "generation": 3,
        "labels": {"ours": "a", "theirs": "b"},
        "annotations": {"kfinfra.dev/owner": "l/manifest.web", "deployment.kubernetes.io/revision": "1"},
        "managedFields": applied(
            {
                "f:metadata": {"f:annotations": {"f:kfinfra.dev/owner": {}}, "f:labels": {"f:ours": {}}},
                "f:spec": {
                    "f:selector": {},
                    "f:template": {
                        "f:spec": {
                            "f:containers": {
                                'k:{"name":"main"}': {
                                    ".": {},
                                    "f:name": {},
                                    "f:image": {},
                                    "f:ports": {'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}}},
                                }
                            },
                            "f:volumes": {'k:{"name":"tmp"}': {".": {}, "f:name": {}, "f:emptyDir": {}}},
                        }
                    },
                },
            }
        ),
    },
    "spec": {
        "replicas": 5,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "spec": {
                "restartPolicy": "Always",
                "containers": [
                    {"name": "injected", "image": "proxy"},
                    {
                        "name": "main",
                        "image": "web:1",
                        "imagePullPolicy": "IfNotPresent",
                        "ports": [{"containerPort": 80, "protocol": "TCP"}],
                    },
                ],
                "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "token", "projected": {}}],
            }
        },
    },
    "status": {"replicas": 5},
}
OURS: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "ml", "labels": {"ours": "a"}},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "spec": {
                "containers": [{"name": "main", "image": "web:1", "ports": [{"containerPort": 80}]}],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            }
        },
    },
}


def test_a_deployment_as_a_real_server_gives_it_is_what_was_applied() -> None:
    found = content(DEPLOYMENT, {"manifest": OURS})
    assert found["manifest"] == OURS
    assert (found["api_version"], found["kind"], found["namespace"], found["name"]) == ("apps/v1", "Deployment", "ml", "web")


def test_without_a_record_what_managed_fields_call_ours_is_there() -> None:
    assert content(DEPLOYMENT, {})["manifest"] == OURS


def test_all_of_an_object_is_what_an_import_writes() -> None:
    found = whole(DEPLOYMENT)["manifest"]
    assert isinstance(found, dict)
    assert "status" not in found
    assert found["metadata"] == {
        "name": "web",
        "namespace": "ml",
        "labels": {"ours": "a", "theirs": "b"},
        "annotations": {"kfinfra.dev/owner": "l/manifest.web"},
    }


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["spec", "data", "rules"]), values, max_size=3))
def test_what_is_recorded_and_still_there_is_seen_whole_whoever_owns_it(body: dict[str, Any]) -> None:
    there = {"apiVersion": "v1", "kind": "X", "metadata": {"name": "a"}, **body}
    assert content(there, {"manifest": there})["manifest"] == there


DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "org.kubeflow.v1.Notebook": {
                "type": "object",
                "x-kubernetes-group-version-kind": [{"group": "kubeflow.org", "version": "v1", "kind": "Notebook"}],
                "required": ["spec"],
                "properties": {
                    "apiVersion": {"type": "string"},
                    "kind": {"type": "string"},
                    "metadata": {"allOf": [{"$ref": "#/components/schemas/Meta"}], "default": {}},
                    "spec": {
                        "type": "object",
                        "required": ["mode"],
                        "properties": {
                            "mode": {"type": "string", "enum": ["fast", "slow"]},
                            "size": {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True},
                            "ratio": {"type": "number"},
                            "on": {"type": "boolean"},
                            "open": {
                                "type": "object",
                                "x-kubernetes-preserve-unknown-fields": True,
                                "properties": {"a": {"type": "string"}},
                            },
                            "items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
                            "pod": {
                                "type": "object",
                                "x-kubernetes-embedded-resource": True,
                                "properties": {"spec": {"type": "object"}},
                            },
                        },
                    },
                },
            },
            "Meta": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "labels": {"additionalProperties": {"type": "string"}}},
            },
            "Item": {"type": "object", "properties": {"path": {"type": "string"}}},
        }
    }
}
TYPED: list[tuple[dict[str, Plain], list[str]]] = [
    ({"mode": "fast", "size": 1, "ratio": 1, "on": False, "open": {"b": [1]}, "items": [{"path": "x"}]}, []),
    ({"mode": "fast", "size": "50%", "ratio": 0.5, "pod": {"apiVersion": "v1", "metadata": {}, "spec": {"any": 1}}}, []),
    ({"mode": UNKNOWN, "items": UNKNOWN}, []),
    ({"mode": "fats"}, ["spec.mode is 'fats', and must be one of: fast, slow. Did you mean \"fast\"?"]),
    ({}, ['"mode" of spec is required.']),
    ({"mode": "fast", "size": True}, ["spec.size must be a text or a number, not True."]),
    ({"mode": "fast", "on": "true"}, ["spec.on must be true or false, not 'true'."]),
    ({"mode": "fast", "open": {"a": 1}}, ["spec.open.a must be a text, not 1."]),
    (
        {"mode": "fast", "items": [{"paht": "x"}]},
        ['spec.items[0] has no field "paht" by the types of the server. Did you mean "path"?'],
    ),
    ({"mode": "fast", "items": {"path": "x"}}, ["spec.items must be a list, not an object."]),
]


@pytest.mark.parametrize(("spec", "said"), TYPED)
def test_a_manifest_is_held_against_the_types(spec: dict[str, Plain], said: list[str]) -> None:
    manifest: Plain = {"apiVersion": "kubeflow.org/v1", "kind": "Notebook", "metadata": {"name": "a"}, "spec": spec}
    assert [p.detail for p in problems(DOCUMENT, "kubeflow.org/v1", "Notebook", manifest)] == said


def test_a_label_that_is_a_number_is_told_how_to_write_it() -> None:
    manifest: Plain = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Notebook",
        "metadata": {"labels": {"a": 1}},
        "spec": {"mode": "fast"},
    }
    (found,) = problems(DOCUMENT, "kubeflow.org/v1", "Notebook", manifest)
    assert found.path == ("metadata", "labels", "a")
    assert 'write "1"' in found.hint
    assert not list(problems(DOCUMENT, "kubeflow.org/v1", "Other", {"x": 1}))
