"""The pure rooms of the kubernetes provider: what is sent, what is seen of it, what is refused before anything is asked."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Plain
from kfinfra.model.resource import Desired, Resource
from kfinfra.plan.change import Action, Change
from kfinfra.plan.diff import diff
from kfinfra.providers.kubernetes.observe import observed
from kfinfra.providers.kubernetes.provider import make_provider
from kfinfra.providers.kubernetes.schema import CONFIG_MAP, LIMIT_RANGE, NAMESPACE, PVC, RESOURCE_QUOTA, RESOURCE_TYPES
from kfinfra.providers.kubernetes.translate import manifest

OWNER = "lineage/config_map.a"
PROVIDER = make_provider({"namespace": "ml"}, {})


def desired(type_name: str, **attributes: Plain) -> Desired:
    return Desired(Resource(Address(type_name, "a"), {"namespace": "ml", "name": "a", **attributes}), "kubernetes")


def seen(body: dict[str, Any], *, ours: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """What a server would keep of an apply body, with kfinfra as the manager of `ours`."""
    fields = [{"manager": "kfinfra", "operation": "Apply", "fieldsV1": ours or {}}]
    return {**body, **more, "metadata": {**body["metadata"], "managedFields": fields}}


def test_an_apply_body_holds_what_is_written_and_the_mark_and_nothing_else() -> None:
    attributes: dict[str, Plain] = {"namespace": "ml", "name": "a", "data": {"A": "1"}, "labels": None, "immutable": False}
    assert manifest("config_map", attributes, {}, OWNER) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "ml", "annotations": {"kfinfra.dev/owner": OWNER}},
        "data": {"A": "1"},
    }


def test_a_secrets_values_are_sent_encoded_and_come_back_apart_from_its_attributes() -> None:
    body = manifest("secret", {"namespace": "ml", "name": "a", "type": "Opaque"}, {"data": {"p": "pä"}}, OWNER)
    assert base64.b64decode(body["data"]["p"]).decode() == "pä"
    found = observed("secret", seen(body, ours={"f:data": {"f:p": {}}}), {})
    assert found.write_only == {"data": {"p": "pä"}}
    assert found.owner == OWNER
    assert "data" not in (found.attributes or {})


def test_a_secret_key_that_somebody_else_took_over_is_missing_and_so_differs() -> None:
    body = manifest("secret", {"namespace": "ml", "name": "a"}, {"data": {"p": "1", "q": "2"}}, OWNER)
    assert observed("secret", seen(body, ours={"f:data": {"f:q": {}}}), {}).write_only == {"data": {"q": "2"}}


def test_what_others_add_is_no_drift_but_what_they_change_is() -> None:
    written: dict[str, Plain] = {"data": {"A": "1"}, "labels": {"team": "ml"}}
    body = manifest("config_map", {"namespace": "ml", "name": "a", **written}, {}, OWNER)
    body["data"] = {"A": "changed by hand", "B": "theirs"}
    body["metadata"]["labels"]["theirs"] = "x"
    attributes = observed("config_map", seen(body), written).attributes or {}
    assert attributes["data"] == {"A": "changed by hand"}
    assert attributes["labels"] == {"team": "ml"}
    assert attributes["annotations"] is None


def test_an_empty_map_that_was_written_stays_an_empty_map() -> None:
    body = manifest("config_map", {"namespace": "ml", "name": "a", "data": {}}, {}, OWNER)
    assert (observed("config_map", seen(body), {"data": {}}).attributes or {})["data"] == {}
    assert (observed("config_map", seen(body), {}).attributes or {})["data"] is None


def test_limits_that_the_server_derives_are_no_drift_but_limits_that_somebody_adds_are() -> None:
    item = {"type": "Container", "max": {"cpu": "2"}, "default": {"cpu": "2", "memory": "1Gi"}, "defaultRequest": {"cpu": "2"}}
    found = {"metadata": {"name": "a", "namespace": "ml"}, "spec": {"limits": [item]}}
    recorded: dict[str, Plain] = {"limits": [{"type": "Container", "max": {"cpu": "2"}}]}
    limits = (observed("limit_range", found, recorded).attributes or {})["limits"]
    assert limits == [
        {
            "type": "Container",
            "max": {"cpu": "2"},
            "min": None,
            "default": {"memory": "1Gi"},
            "default_request": None,
            "max_limit_request_ratio": None,
        }
    ]


def test_quantities_spelled_differently_are_no_change() -> None:
    quota = desired("resource_quota", hard={"requests.cpu": "1000m"}, scopes=None)
    there = Resource(quota.address, {**quota.resource.attributes, "hard": {"requests.cpu": "1"}})
    assert diff(quota, there, RESOURCE_QUOTA, "kubernetes").action is Action.NOOP
    limits = desired("limit_range", limits=[{"type": "Pod", "max": {"memory": "1024Mi"}}])
    there = Resource(limits.address, {**limits.resource.attributes, "limits": [{"type": "Pod", "max": {"memory": "1Gi"}}]})
    assert diff(limits, there, LIMIT_RANGE, "kubernetes").action is Action.NOOP


def _frozen_change(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change:
    old = PROVIDER.resolve(desired("config_map", **before), None).resource
    return diff(PROVIDER.resolve(desired("config_map", **after), old.attributes), old, CONFIG_MAP, "kubernetes")


@pytest.mark.parametrize(
    ("before", "after", "action"),
    [
        ((True, "1"), (True, "2"), Action.REPLACE),
        ((True, "1"), (False, "1"), Action.REPLACE),
        ((False, "1"), (True, "2"), Action.UPDATE),
        ((False, "1"), (False, "2"), Action.UPDATE),
        ((True, "1"), (True, "1"), Action.NOOP),
    ],
)
def test_a_change_of_immutable_data_replaces(before: tuple[bool, str], after: tuple[bool, str], action: Action) -> None:
    old, new = ({"immutable": frozen, "data": {"A": value}} for frozen, value in (before, after))
    assert _frozen_change(old, new).action is action


def test_a_claim_grows_in_place() -> None:
    claim = desired("pvc", size="20Gi", access_modes=["ReadWriteOnce"], volume_mode="Filesystem", force_destroy=False)
    before = {**claim.resource.attributes, "size": "10Gi", "storage_class": "gp3", "volume_name": "pv-1", "phase": "Bound"}
    change = diff(PROVIDER.resolve(claim, before), Resource(claim.address, before), PVC, "kubernetes")
    assert change.action is Action.UPDATE
    assert {d.path for d in change.differences if d.path != ("phase",)} == {("size",)}


def test_a_claim_never_shrinks_and_the_plan_says_so() -> None:
    claim = desired("pvc", size="1G", access_modes=["ReadWriteOnce"])
    with pytest.raises(DiagnosticError, match="cannot make that 1G"):
        PROVIDER.resolve(claim, {**claim.resource.attributes, "size": "1Gi"})
    same_size = desired("pvc", size="1024Mi", access_modes=["ReadWriteOnce"])
    PROVIDER.resolve(same_size, {**same_size.resource.attributes, "size": "1Gi"})


def test_a_claim_that_is_replaced_anyway_may_be_smaller() -> None:
    claim = desired("pvc", size="1Gi", access_modes=["ReadWriteOnce"], storage_class="new")
    PROVIDER.resolve(claim, {**claim.resource.attributes, "size": "2Gi", "storage_class": "old"})


def test_unknown_data_of_an_immutable_config_map_is_no_digest() -> None:
    resolved = PROVIDER.resolve(desired("config_map", immutable=True, data={"A": UNKNOWN}), None)
    assert resolved.resource.attributes["frozen"] is UNKNOWN


def test_a_namespace_comes_from_the_provider_and_else_from_the_kubeconfigs_context(tmp_path: Any) -> None:
    path = tmp_path / "config"
    path.write_text("current-context: a\ncontexts:\n- {name: a, context: {namespace: team-a}}\n- {name: b, context: {}}\n")
    env = {"KUBECONFIG": str(path)}
    bare = Desired(Resource(Address("pvc", "a"), {"name": "a", "size": "1Gi"}), "kubernetes")

    def namespace(config: dict[str, Plain]) -> Plain:
        return make_provider(config, env).resolve(bare, None).resource.attributes["namespace"]

    assert namespace({"namespace": "mine"}) == "mine"
    assert namespace({}) == "team-a"
    assert namespace({"context": "b"}) == "default"


@pytest.mark.parametrize(
    ("type_name", "attribute", "value"),
    [
        ("namespace", "name", "Ml"),
        ("namespace", "name", "a" * 64),
        ("namespace", "name", "a.b"),
        ("config_map", "name", "under_score"),
        ("config_map", "name", "-a"),
        ("config_map", "data", {"a/b": "1"}),
        ("config_map", "data", {"..a": "1"}),
        ("config_map", "binary_data", {"a": "not base64!"}),
        ("config_map", "labels", {"team": "a b"}),
        ("config_map", "labels", {"/team": "a"}),
        ("config_map", "labels", {"a/b/c": "a"}),
        ("config_map", "labels", {"team": "x" * 64}),
        ("config_map", "annotations", {"kfinfra.dev/owner": "me"}),
        ("pvc", "size", "10 Gi"),
        ("pvc", "size", "0"),
        ("pvc", "access_modes", ["ReadWrite"]),
        ("resource_quota", "hard", {"pods": "-1"}),
        ("storage_class", "reclaim_policy", "Keep"),
    ],
)
def test_what_the_server_would_refuse_is_a_problem_at_once(type_name: str, attribute: str, value: Plain) -> None:
    schema = next(t for t in RESOURCE_TYPES if t.name == type_name)
    check = schema.attributes[attribute].check
    assert check is not None
    assert list(check(value))


@pytest.mark.parametrize("value", [{"app.kubernetes.io/name": "a.b_c-d"}, {"team": ""}, {"Team": "ML"}])
def test_good_labels_have_no_problem(value: Plain) -> None:
    check = NAMESPACE.attributes["labels"].check
    assert check is not None
    assert not list(check(value))


def test_settings_that_exclude_each_other_are_an_error() -> None:
    with pytest.raises(DiagnosticError, match="exclude each other"):
        make_provider({"host": "https://a", "context": "b"}, {})
