"""The kubernetes provider against the sandbox's API: whose fields are whose, what is drift; nothing foreign is touched."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Checkpoint, Observed, Operation, Provider, ReadRequest, Run, Step, Wait
from kfinfra.model.resource import Desired, Resource
from kfinfra.model.schema import ResourceType
from kfinfra.plan.diff import diff
from kfinfra.providers.kubernetes.provider import make_provider
from kfinfra.providers.kubernetes.schema import RESOURCE_TYPES
from kfinfra.sandbox.http import Served
from kfinfra.sandbox.kubernetes.app import make_app

TYPES: Mapping[str, ResourceType] = {t.name: t for t in RESOURCE_TYPES}
OWNER = "lineage/me"
STEP = 0.01
MERGE = "application/merge-patch+json"
CONFIG_MAPS = "/api/v1/namespaces/ml/configmaps"
CLAIMS = "/api/v1/namespaces/ml/persistentvolumeclaims"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"


@dataclass
class Refusals:
    """An ASGI app before another one: what it refuses, and what was asked of it."""

    app: Any
    asked: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        call = f"{scope['method']} {scope['path']}"
        self.asked.append(call)
        if call not in self.refused:
            await self.app(scope, receive, send)
            return
        code = self.refused[call] if self.refused[call] != 503 else self.refused.pop(call)
        body = {"kind": "Status", "apiVersion": "v1", "code": code, "message": f"{call} is refused"}
        await send({"type": "http.response.start", "status": code, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


class World:
    """A fresh API server with the namespace ml, a provider for it, and the hands of others."""

    def __init__(self, folder: Path, front: Refusals, url: str) -> None:
        front.app, front.asked, front.refused = make_app(STEP), [], {}
        self.front, self.url = front, url
        path = folder / "kubeconfig"
        path.write_text(
            f"apiVersion: v1\nkind: Config\ncurrent-context: here\nclusters: [{{name: c, cluster: {{server: '{self.url}'}}}}]\n"
            "users: [{name: u, user: {token: sandbox}}]\n"
            "contexts: [{name: here, context: {cluster: c, user: u, namespace: ml}}]\n"
        )
        self.env = {"KUBECONFIG": str(path)}
        self.provider = self.another({})
        self.raw("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ml"}})

    def another(self, config: Attributes) -> Provider:
        """A provider with other settings."""
        return make_provider(config, self.env)

    def raw(self, method: str, path: str, body: Any = None, content: str = "application/json", manager: str = "kubectl") -> Any:
        """A call of somebody else's."""
        query = f"?fieldManager={manager}" if method in ("POST", "PATCH", "PUT") else ""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}{query}", data, {"Content-Type": content}, method=method)
        request.add_header("Authorization", "Bearer sandbox")
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def edit(self, path: str, patch: Any) -> Any:
        """What kubectl edit does."""
        return self.raw("PATCH", path, patch, MERGE, "kubectl-edit")

    def resolved(self, type_name: str, written: Mapping[str, Plain], recorded: Attributes | None = None) -> Desired:
        """What the planner gives to the differ: defaults, and what the provider completes."""
        schema = TYPES[type_name]
        attributes = {n: written.get(n, a.default) for n, a in schema.attributes.items() if not a.write_only}
        address = Address(type_name, "me")
        secrets = {n: written[n] for n, a in schema.attributes.items() if a.write_only and n in written}
        return self.provider.resolve(Desired(Resource(address, attributes), "kubernetes", secrets=secrets), recorded)

    def operation(self, type_name: str, written: Mapping[str, Plain], prior: Attributes | None = None, **more: Any) -> Operation:
        """An operation as the engine makes it."""
        desired = self.resolved(type_name, written, prior)
        before = None if prior is None else Resource(desired.address, prior)
        change = diff(desired, before, TYPES[type_name], "kubernetes")
        after = {n: v for n, v in (change.after or {}).items() if isinstance(v, str | bool | int | list | dict) or v is None}
        changed = frozenset(str(d.path[0]) for d in change.differences)
        settings = {"owner": OWNER, "timeout": 60.0, "secrets": desired.secrets, "changed": changed, **more}
        return Operation(desired.address, prior or {}, after, token="", **settings)

    def create(self, type_name: str, **written: Plain) -> Attributes:
        """Creates; returns what state would record."""
        return drive(self.provider.create(self.operation(type_name, {"name": "a", **written})))[1]

    def update(self, type_name: str, prior: Attributes, **written: Plain) -> Attributes:
        """Updates."""
        return drive(self.provider.update(self.operation(type_name, {"name": "a", **written}, prior)))[1]

    def delete(self, type_name: str, prior: Attributes, **more: Any) -> list[Step]:
        """Deletes; returns the steps."""
        operation = Operation(Address(type_name, "me"), prior, {}, **{"owner": OWNER, "token": "", "timeout": 60.0, **more})
        return drive(self.provider.delete(operation))[0]

    def look(self, type_name: str, recorded: Attributes) -> Observed:
        """A refresh of one object."""
        address = Address(type_name, "me")
        identity = {n: recorded[n] for n in TYPES[type_name].identity}
        return self.provider.refresh([ReadRequest(address, identity, recorded)])[address]

    def settled(self, type_name: str, recorded: Attributes, **written: Plain) -> bool:
        """Whether a plan after a refresh is empty."""
        found = self.look(type_name, recorded).attributes
        assert found is not None
        desired = self.resolved(type_name, {"name": "a", **written}, recorded)
        return not diff(desired, Resource(desired.address, found), TYPES[type_name], "kubernetes").differences


def drive(run: Run, meanwhile: Callable[[Wait], None] = lambda wait: None) -> tuple[list[Step], Attributes]:
    """Runs an operation to its end, as fast as the sandbox's controllers are; `meanwhile` is what the world does at each wait."""
    steps: list[Step] = []
    while True:
        try:
            step = next(run)
        except StopIteration as stop:
            return steps, stop.value
        steps.append(step)
        assert len(steps) < 200
        if isinstance(step, Wait):
            meanwhile(step)
            time.sleep(2 * STEP)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Refusals, str]]:
    front = Refusals(None)
    server = Served(front)
    yield front, server.url
    server.stop()


@pytest.fixture
def world(tmp_path: Path, served: tuple[Refusals, str]) -> Iterator[World]:
    made = World(tmp_path, *served)
    yield made
    made.provider.close()


def refused(call: Callable[[], Any]) -> Diagnostic:
    with pytest.raises(DiagnosticError) as caught:
        call()
    (found,) = caught.value.diagnostics
    assert found.hint
    return found


CLAIM: dict[str, Plain] = {"size": "1Gi", "access_modes": ["ReadWriteOnce"]}
EXAMPLES: list[tuple[str, dict[str, Plain]]] = [
    ("namespace", {"name": "other", "labels": {"team": "ml"}}),
    ("config_map", {"data": {"A": "1"}, "binary_data": {"b": "AAE="}, "labels": {"team": "ml"}, "annotations": {"a/b": "c d"}}),
    ("config_map", {"data": {"A": "1"}, "immutable": True}),
    ("config_map", {"data": {"A": "a\0b\x7f\ufffe😀"}, "annotations": {"a/b": "\0😀"}}),  # kube-apiserver keeps any character
    ("secret", {"data": {"password": "pä"}}),
    ("storage_class", {"provisioner": "ebs.csi.aws.com", "parameters": {"type": "gp3"}, "default": True}),
    (
        "storage_class",
        {"provisioner": "efs.csi.aws.com", "mount_options": ["tls"], "volume_binding_mode": "WaitForFirstConsumer"},
    ),
    ("limit_range", {"limits": [{"type": "Container", "max": {"cpu": "2000m"}, "default": {"memory": "1024Mi"}}]}),
    ("resource_quota", {"hard": {"requests.cpu": "1000m", "pods": "10"}, "scopes": ["NotTerminating"]}),
    ("pvc", {"size": "1024Mi", "access_modes": ["ReadWriteMany", "ReadWriteOnce"], "storage_class": ""}),
]


@pytest.mark.parametrize(("type_name", "written"), EXAMPLES)
def test_what_was_created_needs_no_change_and_goes_when_it_is_deleted(world: World, type_name: str, written: Any) -> None:
    made = world.create(type_name, **written)
    assert world.look(type_name, made).owner == OWNER
    assert world.settled(type_name, made, **written)
    assert made == world.look(type_name, made).attributes
    world.delete(type_name, made)
    assert world.look(type_name, made) == Observed(None)
    assert world.delete(type_name, made) == []


def test_an_update_changes_what_is_written_and_drops_what_no_longer_is(world: World) -> None:
    made = world.create("config_map", data={"A": "1", "B": "2"}, labels={"team": "ml"})
    changed = world.update("config_map", made, data={"A": "3"})
    there = world.raw("GET", f"{CONFIG_MAPS}/a")
    assert there["data"] == {"A": "3"} == changed["data"]
    assert "labels" not in there["metadata"]
    assert world.settled("config_map", changed, data={"A": "3"})


def test_each_change_is_told_at_once(world: World) -> None:
    steps, _ = drive(world.provider.create(world.operation("config_map", {"name": "a", "data": {"A": "1"}})))
    assert [type(step) for step in steps] == [Checkpoint]


def test_what_others_add_is_left_alone(world: World) -> None:
    written: dict[str, Plain] = {"data": {"A": "1"}}
    made = world.create("config_map", **written)
    world.edit(f"{CONFIG_MAPS}/a", {"data": {"THEIRS": "x"}, "metadata": {"labels": {"theirs": "y"}}})
    assert world.settled("config_map", made, **written)
    world.update("config_map", made, data={"A": "2"})
    there = world.raw("GET", f"{CONFIG_MAPS}/a")
    assert there["data"] == {"A": "2", "THEIRS": "x"}
    assert there["metadata"]["labels"] == {"theirs": "y"}


def test_an_edit_of_our_field_is_drift_and_a_conflict_that_names_the_other(world: World) -> None:
    made = world.create("config_map", data={"A": "1", "B": "2"})
    world.edit(f"{CONFIG_MAPS}/a", {"data": {"A": "by hand"}})
    found = world.look("config_map", made).attributes or {}
    assert found["data"] == {"A": "by hand", "B": "2"}
    problem = refused(lambda: world.update("config_map", found, data={"A": "1", "B": "2"}))
    assert problem.summary == "Field is managed by somebody else"
    assert "kubectl-edit" in problem.detail
    assert "data.A" in problem.detail
    assert "data.B" not in problem.detail
    world.provider = world.another({"force_conflicts": True})
    assert world.update("config_map", found, data={"A": "1", "B": "2"})["data"] == {"A": "1", "B": "2"}


def test_a_removed_key_is_drift(world: World) -> None:
    made = world.create("config_map", data={"A": "1", "B": "2"})
    world.edit(f"{CONFIG_MAPS}/a", {"data": {"A": None}})
    assert not world.settled("config_map", made, data={"A": "1", "B": "2"})
    again = world.update("config_map", world.look("config_map", made).attributes or {}, data={"A": "1", "B": "2"})
    assert again["data"] == {"A": "1", "B": "2"}


def test_a_key_that_others_edited_does_not_stay_unnoticed_when_it_is_no_longer_written(world: World) -> None:
    made = world.create("config_map", data={"A": "1", "B": "2"})
    world.edit(f"{CONFIG_MAPS}/a", {"data": {"A": "by hand"}})
    found = world.look("config_map", made).attributes or {}
    problem = refused(lambda: world.update("config_map", found, data={"B": "3"}))
    assert problem.summary == "Field is managed by somebody else"
    assert 'data.A (changed by "kubectl-edit"' in problem.detail
    assert world.raw("GET", f"{CONFIG_MAPS}/a")["data"] == {"A": "by hand", "B": "2"}
    world.provider = world.another({"force_conflicts": True})
    assert world.update("config_map", found, data={"B": "2"})["data"] == {"B": "2"}
    assert world.raw("GET", f"{CONFIG_MAPS}/a")["data"] == {"B": "2"}


def test_secret_values_come_back_to_be_compared_and_are_in_no_attribute(world: World) -> None:
    made = world.create("secret", data={"password": "pä", "user": "me"})
    assert "pä" not in str(made)
    assert world.look("secret", made).write_only == {"data": {"password": "pä", "user": "me"}}
    world.edit("/api/v1/namespaces/ml/secrets/a", {"data": {"password": base64.b64encode(b"theirs").decode()}})
    assert world.look("secret", made).write_only == {"data": {"user": "me"}}


def test_immutable_secrets_say_how_they_are_made_anew(world: World) -> None:
    made = world.create("secret", data={"p": "1"}, immutable=True)
    operation = world.operation("secret", {"name": "a", "data": {"p": "2"}, "immutable": True}, made, changed=frozenset({"data"}))
    problem = refused(lambda: drive(world.provider.update(operation)))
    assert problem.summary == "Object is immutable"
    assert "-replace=secret.me" in problem.hint


def _foreign(world: World, owner: str | None) -> None:
    metadata: dict[str, Any] = {"name": "a", "annotations": {"kfinfra.dev/owner": owner} if owner else {}}
    world.raw("POST", CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"A": "theirs"}})


@pytest.mark.parametrize("owner", [None, "lineage/another"])
def test_an_object_that_is_not_ours_is_neither_taken_nor_deleted(world: World, owner: str | None) -> None:
    _foreign(world, owner)
    assert refused(lambda: world.create("config_map", data={"A": "1"})).summary == "Object already exists"
    problem = refused(lambda: world.delete("config_map", {"namespace": "ml", "name": "a"}))
    assert problem.summary == "Object is not ours"
    assert world.raw("GET", f"{CONFIG_MAPS}/a")["data"] == {"A": "theirs"}


def test_an_object_that_bears_our_mark_is_taken_over(world: World) -> None:
    world.create("config_map", data={"A": "1"})
    assert world.create("config_map", data={"A": "2"})["data"] == {"A": "2"}


def test_an_object_of_another_owner_is_not_updated(world: World) -> None:
    _foreign(world, "lineage/another")
    prior: dict[str, Plain] = {"namespace": "ml", "name": "a", "data": {"A": "1"}}
    assert refused(lambda: world.update("config_map", prior, data={"A": "2"})).summary == "Object already exists"


def test_an_object_that_is_gone_is_not_made_by_an_update(world: World) -> None:
    prior: dict[str, Plain] = {"namespace": "ml", "name": "a", "data": {"A": "1"}}
    assert refused(lambda: world.update("config_map", prior, data={"A": "2"})).summary == "Object is gone"


def test_a_namespace_that_is_missing_is_named(world: World) -> None:
    problem = refused(lambda: world.create("config_map", namespace="nowhere", data={"A": "1"}))
    assert problem.summary == "Namespace does not exist"
    assert "nowhere" in problem.detail


def test_what_the_server_finds_invalid_is_told_in_its_words(world: World) -> None:
    problem = refused(lambda: world.create("config_map", name="NOT A NAME", data={"A": "1"}))
    assert problem.summary == "Kubernetes finds this invalid"
    assert "metadata.name" in problem.detail


def test_an_apply_that_was_not_answered_well_is_sent_again(world: World) -> None:
    world.front.refused[f"PATCH {CONFIG_MAPS}/a"] = 503
    assert world.create("config_map", data={"A": "1"})["data"] == {"A": "1"}


def test_a_role_that_may_not_apply_is_told(world: World) -> None:
    world.front.refused[f"PATCH {CONFIG_MAPS}/a"] = 403
    assert refused(lambda: world.create("config_map", data={"A": "1"})).summary == "Kubernetes refuses"


def test_a_refresh_costs_a_list_per_kind_however_many_objects_there_are(world: World) -> None:
    made = [world.create("config_map", name=f"n{i}", data={"A": str(i)}) for i in range(12)]
    made_secrets = [world.create("secret", name=f"n{i}", data={"A": str(i)}) for i in range(3)]
    requests = [
        ReadRequest(Address(kind, str(a["name"])), {"namespace": "ml", "name": a["name"]}, a)
        for kind, found in (("config_map", made), ("secret", made_secrets))
        for a in found
    ]
    world.front.asked.clear()
    found = world.provider.refresh(requests)
    assert sorted(world.front.asked) == [f"GET {CONFIG_MAPS}", "GET /api/v1/namespaces/ml/secrets"]
    assert [found[r.address].attributes for r in requests] == [*made, *made_secrets]


def test_a_namespace_that_hangs_says_what_holds_it(world: World) -> None:
    made = world.create("namespace", name="held")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "finalizers": ["example.com/hold"]}}
    world.raw("POST", "/api/v1/namespaces/held/configmaps", body)
    operation = Operation(Address("namespace", "me"), made, {}, owner=OWNER, token="", timeout=60.0)
    seen: list[str] = []

    def release(wait: Wait) -> None:
        seen.append(wait.status)
        if len(seen) == 3:
            world.edit("/api/v1/namespaces/held/configmaps/a", {"metadata": {"finalizers": None}})

    drive(world.provider.delete(operation), release)
    assert any("example.com/hold" in status for status in seen)
    assert any("kubernetes" in status for status in seen)


def test_a_namespace_that_does_not_go_in_time_is_an_error_that_names_what_holds_it(world: World) -> None:
    made = world.create("namespace", name="held")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "finalizers": ["example.com/hold"]}}
    world.raw("POST", "/api/v1/namespaces/held/configmaps", body)
    problem = refused(lambda: world.delete("namespace", made, timeout=1.0))
    assert problem.summary == "Deletion did not finish"
    assert "example.com/hold" in problem.detail


def test_a_claim_of_a_class_that_binds_at_once_is_waited_for(world: World) -> None:
    operation = world.operation("pvc", {"name": "a", **CLAIM, "storage_class": "efs-sc"})
    _, made = drive(world.provider.create(operation))
    assert made["phase"] == "Bound"
    assert made["volume_name"]
    assert world.settled("pvc", made, **CLAIM, storage_class="efs-sc")


@pytest.mark.parametrize("storage_class", ["gp3", "no-such-class", ""])
def test_a_claim_that_binds_later_or_of_no_known_class_is_not_waited_for(world: World, storage_class: str) -> None:
    steps, made = drive(world.provider.create(world.operation("pvc", {"name": "a", **CLAIM, "storage_class": storage_class})))
    assert made["phase"] == "Pending"
    assert [type(step) for step in steps] == [Checkpoint]


def test_a_claim_without_a_class_gets_the_clusters_and_that_is_no_change(world: World) -> None:
    made = world.create("pvc", **CLAIM)
    assert made["storage_class"] == "gp2"
    assert world.settled("pvc", made, **CLAIM)


def _stuck_claim(world: World) -> Operation:
    """A claim whose provisioner never answers: the sandbox's does, so its answer is kept from the provider."""
    world.front.app = Pending(world.front.app)
    return world.operation("pvc", {"name": "a", **CLAIM, "storage_class": "efs-sc"}, timeout=1.0)


@dataclass
class Pending:
    """An ASGI app before another one, in which no claim is ever bound and one event says why."""

    app: Any

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        sent: list[Any] = []

        async def keep(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, keep)
        body = json.loads(b"".join(m.get("body", b"") for m in sent))
        if body.get("kind") == "PersistentVolumeClaim":
            body["status"] = {"phase": "Pending"}
            self.uid = body["metadata"]["uid"]
        if body.get("kind") == "EventList":
            body["items"] = [{"involvedObject": {"uid": self.uid}, "reason": "ProvisioningFailed", "message": "no file system"}]
        await send({**sent[0], "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def test_a_claim_that_is_never_bound_says_why_while_it_waits_and_at_the_end(world: World) -> None:
    operation, seen = _stuck_claim(world), []
    problem = refused(lambda: drive(world.provider.create(operation), lambda wait: seen.append(wait.status)))
    assert seen
    assert all("ProvisioningFailed: no file system" in status for status in seen)
    assert problem.summary == "Claim was not bound"
    assert "no file system" in problem.detail


def test_a_claim_grows_in_place_where_its_class_allows_it(world: World) -> None:
    made = world.create("pvc", **CLAIM, storage_class="efs-sc")
    grown = world.update("pvc", made, **{**CLAIM, "size": "2Gi"}, storage_class="efs-sc")
    assert grown["size"] == "2Gi"
    assert grown["volume_name"] == made["volume_name"]


def test_a_claim_of_a_class_that_does_not_allow_growth_says_so(world: World) -> None:
    world.raw("PATCH", f"{CLASSES}/efs-sc", {"allowVolumeExpansion": False}, MERGE)
    made = world.create("pvc", **CLAIM, storage_class="efs-sc")
    problem = refused(lambda: world.update("pvc", made, **{**CLAIM, "size": "2Gi"}, storage_class="efs-sc"))
    assert problem.summary == "Claim cannot grow"
    assert "efs-sc" in problem.detail


def test_a_claim_that_grew_meanwhile_is_not_shrunk(world: World) -> None:
    made = world.create("pvc", **CLAIM, storage_class="efs-sc")
    world.edit(f"{CLAIMS}/a", {"spec": {"resources": {"requests": {"storage": "3Gi"}}}})
    problem = refused(lambda: world.update("pvc", made, **{**CLAIM, "size": "2Gi"}, storage_class="efs-sc"))
    assert problem.summary == "Claim cannot shrink"


def test_a_bound_claim_is_only_destroyed_where_that_was_applied(world: World) -> None:
    made = world.create("pvc", **CLAIM, storage_class="efs-sc")
    problem = refused(lambda: world.delete("pvc", made))
    assert problem.summary == "Claim holds data"
    forced = world.update("pvc", made, **CLAIM, storage_class="efs-sc", force_destroy=True)
    found = world.look("pvc", forced).attributes or {}
    assert found["force_destroy"] is True
    world.delete("pvc", found)
    assert world.look("pvc", forced) == Observed(None)


def test_a_claim_that_pods_hold_names_them(world: World) -> None:
    made = world.create("pvc", **CLAIM, storage_class="efs-sc", force_destroy=True)
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "a"}}]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "trainer"}, "spec": {"containers": [], "volumes": volumes}}
    world.raw("POST", "/api/v1/namespaces/ml/pods", pod)
    problem = refused(lambda: world.delete("pvc", made, timeout=1.0))
    assert problem.summary == "Deletion did not finish"
    assert "pod trainer" in problem.detail


def test_an_object_that_is_still_going_away_is_waited_for(world: World) -> None:
    made = world.create("config_map", data={"A": "1"})
    world.edit(f"{CONFIG_MAPS}/a", {"metadata": {"finalizers": ["example.com/hold"]}})
    world.raw("DELETE", f"{CONFIG_MAPS}/a")
    operation = world.operation("config_map", {"name": "a", "data": {"A": "2"}})
    seen: list[str] = []

    def release(wait: Wait) -> None:
        seen.append(wait.status)
        world.edit(f"{CONFIG_MAPS}/a", {"metadata": {"finalizers": None}})

    _, fresh = drive(world.provider.create(operation), release)
    assert "example.com/hold" in seen[0]
    assert fresh["data"] == {"A": "2"} != made["data"]


def test_an_object_in_a_namespace_that_goes_away_says_so(world: World) -> None:
    world.create("config_map", name="held", data={"A": "1"})
    world.edit(f"{CONFIG_MAPS}/held", {"metadata": {"finalizers": ["example.com/hold"]}})
    world.raw("DELETE", "/api/v1/namespaces/ml")
    assert refused(lambda: world.create("config_map", data={"A": "1"})).summary == "Namespace is being deleted"
