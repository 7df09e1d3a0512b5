"""The kfp provider against a KFP API over HTTP: plan, apply, plan again; interrupted anywhere; refused where it must be."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
import yaml

from kfinfra.diag import DiagnosticError, SourceText
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Attributes, Plain
from kfinfra.model.ports import Checkpoint, Observed, Operation, Provider, ReadRequest, Run, Wait
from kfinfra.model.resource import Desired, Resource
from kfinfra.plan.change import Action, Change
from kfinfra.plan.diff import diff
from kfinfra.providers.kfp.provider import make_provider
from kfinfra.providers.kfp.schema import RESOURCE_TYPES
from kfinfra.sandbox.http import Served
from kfinfra.sandbox.kfp.app import make_app

TYPES = {t.name: t for t in RESOURCE_TYPES}
LINEAGE = "6a1a3c1e-0000-4000-8000-000000000001"
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "kfp" / "valid"
TRAIN, NIGHTLY, GROUP = Address("pipeline", "train"), Address("recurring_run", "nightly"), Address("experiment", "group")


class Killed(Exception):
    """The program died between two calls."""


class Watched:
    """An ASGI middleware: counts the calls, and answers some of them itself."""

    def watch(self, app: Any) -> None:
        """Starts over, before another application."""
        self._app = app
        self.calls: list[tuple[str, str, dict[str, str]]] = []
        self.faults: list[tuple[str, str, int, bytes]] = []
        self.left: int | None = None

    @property
    def writes(self) -> list[str]:
        return [f"{method} {path}" for method, path, _ in self.calls if method != "GET"]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix("/apis/v2beta1")
        method = scope["method"]
        own = (b"x-of-the-test", b"1") in scope["headers"]
        if not own:
            self.calls.append((method, path, dict(parse_qsl(scope["query_string"].decode()))))
            if self.left is not None and method != "GET":
                self.left -= 1
            for fault in [f for f in self.faults if f[0] == method and re.search(f[1], path)]:
                self.faults.remove(fault)
                await _answer(send, fault[2], fault[3])
                return
            if self.left is not None and self.left < 0:
                await _answer(send, 418, b'{"error_message":"killed"}')
                return
        await self._app(scope, receive, send)


async def _answer(send: Any, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


class NoCompiler:
    """Stands where no pipeline has a Python source."""

    def compile(self, source: str, function: str | None) -> str:
        raise AssertionError(f"{source} was compiled")


def package(
    name: str = "train", image: str = "python:3.11", parameters: Mapping[str, Plain] | None = None, code: str = "print(1)"
) -> dict[str, Any]:
    """A small compiled pipeline of one task."""
    inputs = {"root": {"inputDefinitions": {"parameters": dict(parameters)}}} if parameters else {"root": {}}
    task = {"componentRef": {"name": "comp-fit"}, "taskInfo": {"name": "fit"}, "cachingOptions": {"enableCache": True}}
    container = {"image": image, "command": ["python3", "-c", code]}
    return {
        "pipelineInfo": {"name": name},
        "schemaVersion": "2.1.0",
        "sdkVersion": "kfp-2.17.0",
        "root": {**inputs["root"], "dag": {"tasks": {"fit": task}}},
        "components": {"comp-fit": {"executorLabel": "exec-fit"}},
        "deploymentSpec": {"executors": {"exec-fit": {"container": container}}},
    }


@dataclass
class World:
    """A server, a folder, and what state records: enough of kfinfra to plan and apply one resource at a time."""

    url: str
    folder: Path
    watched: Watched
    namespace: str | None = None
    recorded: dict[Address, dict[str, Plain]] = field(default_factory=dict)
    _made: list[Provider] = field(default_factory=list)

    def provider(self) -> Provider:
        user: Plain = {"name": "kubeflow-userid", "value": "ada@example.org"}
        config: Attributes = {"host": self.url, "namespace": self.namespace, "user_header": user}
        self._made.append(make_provider(config, {"KFINFRA_ROOT": str(self.folder)}, NoCompiler()))
        return self._made[-1]

    def close(self) -> None:
        for provider in self._made:
            provider.close()

    def write(self, name: str, content: Mapping[str, Any], platform: Mapping[str, Any] | None = None) -> str:
        (self.folder / name).write_text(yaml.safe_dump_all([content, *([platform] if platform else [])]))
        return name

    def observe(self, address: Address, by: Provider | None = None) -> Observed:
        recorded = self.recorded[address]
        identity = {n: recorded.get(n) for n in TYPES[address.type].identity}
        return (by or self.provider()).refresh([ReadRequest(address, identity, recorded)])[address]

    def told(self, address: Address, **written: Plain) -> str:
        """What a plan says of the resource's inside: refreshed, resolved and told by one provider, as in a command."""
        provider = self.provider()
        change = self.plan(address, provider, **written)
        return "\n".join(f"{d.symbol} {d.text}" for d in provider.details(address, change.before, change.after))

    def plan(self, address: Address, by: Provider | None = None, **written: Plain) -> Change:
        """What a plan of this resource is."""
        schema = TYPES[address.type]
        full = {n: written.get(n, a.default) for n, a in schema.attributes.items()} | {"name": written.get("name", address.name)}
        full |= {n: written.get(n) for n in schema.blocks}
        observed = None
        if address in self.recorded:
            found = self.observe(address, by)
            assert not found.diagnostics, found.diagnostics
            observed = Resource(address, found.attributes) if found.attributes is not None else None
        desired = Desired(Resource(address, full), "kfp")
        return diff((by or self.provider()).resolve(desired, self.recorded.get(address)), observed, schema, "kfp")

    def apply(self, address: Address, **written: Plain) -> Change:
        """Plans and applies; records what the operation returns, or its last checkpoint where it was killed."""
        change = self.plan(address, **written)
        if change.action is Action.REPLACE:
            self.destroy(address)
            change = self.plan(address, **written)
        after = {n: v for n, v in (change.after or {}).items() if v is not UNKNOWN}
        operation = self.operation(address, dict(change.before or {}), after)
        if change.action is Action.CREATE:
            self._drive(address, self.provider().create(operation))
        elif change.action is Action.UPDATE:
            self._drive(address, self.provider().update(operation))
        return change

    def destroy(self, address: Address, lineage: str = LINEAGE) -> None:
        self._drive(address, self.provider().delete(self.operation(address, self.recorded[address], {}, lineage)))
        del self.recorded[address]

    def operation(self, address: Address, prior: Attributes, desired: Attributes, lineage: str = LINEAGE) -> Operation:
        return Operation(address, prior, desired, f"{lineage}/{address}", "token", 60.0)

    def _drive(self, address: Address, run: Run) -> None:
        try:
            while True:
                step = next(run)
                if isinstance(step, Checkpoint):
                    self.recorded[address] = dict(step.attributes)
                elif isinstance(step, Wait):
                    time.sleep(step.seconds)
        except StopIteration as stop:
            self.recorded[address] = dict(stop.value)
        except DiagnosticError as problem:
            if "killed" in str(problem):
                raise Killed from problem
            raise

    def ask(self, method: str, path: str, body: object = None, **query: str) -> Any:
        """A call of the test's own, past the watch."""
        target = f"{self.url}/apis/v2beta1{path}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        headers = {"x-of-the-test": "1", "content-type": "application/json", "kubeflow-userid": "ada@example.org"}
        with urllib.request.urlopen(urllib.request.Request(target, data, headers, method=method)) as answer:
            return json.loads(answer.read() or b"{}")

    def runs(self) -> list[dict[str, Any]]:
        query = {"namespace": self.namespace} if self.namespace else {}
        return list(self.ask("GET", "/recurringruns", page_size="200", **query).get("recurringRuns") or [])

    def versions(self) -> list[str]:
        identifier = self.recorded[TRAIN]["id"]
        answer = self.ask("GET", f"/pipelines/{identifier}/versions", page_size="200", sort_by="created_at desc")
        return [v["name"] for v in answer.get("pipeline_versions") or []]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Watched, str]]:
    watched = Watched()
    server = Served(watched)
    yield watched, server.url
    server.stop()


def make_world(served: tuple[Watched, str], folder: Path, *, multi_user: bool) -> Iterator[World]:
    watched, url = served
    watched.watch(make_app(multi_user=multi_user))
    world = World(url, folder, watched, "ml" if multi_user else None)
    yield world
    world.close()


@pytest.fixture
def world(served: tuple[Watched, str], tmp_path: Path) -> Iterator[World]:
    yield from make_world(served, tmp_path, multi_user=False)


@pytest.fixture
def shared(served: tuple[Watched, str], tmp_path: Path) -> Iterator[World]:
    yield from make_world(served, tmp_path, multi_user=True)


def words(found: pytest.ExceptionInfo[DiagnosticError]) -> str:
    return " ".join(f"{d.summary}: {d.detail} {d.hint}" for d in found.value.diagnostics)


def trained(world: World, **more: Plain) -> Plain:
    """The pipeline applied; what a recurring run takes of it."""
    world.apply(TRAIN, package=world.write("train.yaml", package()), **more)
    return {n: world.recorded[TRAIN].get(n) for n in ("id", "name", "namespace", "version", "parameters")}


# Pipelines


def test_a_pipeline_is_planned_with_its_version_and_then_matches(world: World) -> None:
    source = world.write("train.yaml", package())
    change = world.plan(TRAIN, package=source, description="First.")
    assert change.action is Action.CREATE and change.after is not None
    assert str(change.after["version"]).startswith("v-") and change.after["id"] is UNKNOWN
    world.apply(TRAIN, package=source, description="First.")
    assert world.versions() == [change.after["version"]]
    assert world.plan(TRAIN, package=source, description="First.").action is Action.NOOP
    stored = world.ask("GET", f"/pipelines/{world.recorded[TRAIN]['id']}")
    assert f"[kfinfra.dev/owner={LINEAGE}/pipeline.train]" in stored["description"]


def test_new_content_is_a_new_version_in_place(world: World) -> None:
    trained(world)
    before = world.versions()
    change = world.apply(TRAIN, package=world.write("train.yaml", package(image="python:3.12")))
    assert change.action is Action.UPDATE and change.after is not None and change.after["version_id"] is UNKNOWN
    assert len(world.versions()) == 2 and world.versions()[1:] == before
    assert world.plan(TRAIN, package="train.yaml").action is Action.NOOP


def test_going_back_uploads_the_old_content_again_under_a_counter(world: World) -> None:
    trained(world)
    (first,) = world.versions()
    world.apply(TRAIN, package=world.write("train.yaml", package(image="python:3.12")))
    world.apply(TRAIN, package=world.write("train.yaml", package()))
    assert world.versions()[0] == f"{first}-2"
    assert world.recorded[TRAIN]["version"] == first
    assert world.plan(TRAIN, package="train.yaml").action is Action.NOOP


def test_another_sdk_is_no_new_version(world: World) -> None:
    trained(world)
    again = {**package(), "sdkVersion": "kfp-2.16.1"}
    assert world.plan(TRAIN, package=world.write("train.yaml", again)).action is Action.NOOP


def test_a_new_description_is_a_new_version_of_the_same_content(world: World) -> None:
    trained(world)
    (first,) = world.versions()
    world.apply(TRAIN, package="train.yaml", description="Why.")
    assert world.versions() == [f"{first}-2", first]
    assert world.plan(TRAIN, package="train.yaml", description="Why.").action is Action.NOOP


def test_a_display_name_is_changed_without_an_upload(world: World) -> None:
    trained(world)
    world.watched.calls.clear()
    world.apply(TRAIN, package="train.yaml", display_name="Training")
    assert world.watched.writes == [f"PATCH /pipelines/{world.recorded[TRAIN]['id']}"]
    assert world.plan(TRAIN, package="train.yaml", display_name="Training").action is Action.NOOP


def test_somebody_elses_upload_is_drift_and_is_put_right(world: World) -> None:
    trained(world)
    (first,) = world.versions()
    upload(world, "hand-made", package(image="evil:1"))
    found = world.observe(TRAIN).attributes
    assert found is not None and found["version"] == "hand-made" and found["digest"] != world.recorded[TRAIN]["digest"]
    world.apply(TRAIN, package="train.yaml")
    assert world.versions()[0] == f"{first}-2" and "hand-made" in world.versions()
    assert world.plan(TRAIN, package="train.yaml").action is Action.NOOP


def upload(world: World, name: str, content: Mapping[str, Any]) -> None:
    time.sleep(1.1 - time.time() % 1)  # KFP tells versions apart by the second
    edge = "edge"
    head = f'--{edge}\r\nContent-Disposition: form-data; name="uploadfile"; filename="p.yaml"\r\n\r\n'
    data = f"{head}{yaml.safe_dump(content)}\r\n--{edge}--\r\n".encode()
    query = urlencode({"pipelineid": str(world.recorded[TRAIN]["id"]), "name": name})
    target = f"{world.url}/apis/v2beta1/pipelines/upload_version?{query}"
    headers = {"x-of-the-test": "1", "content-type": f"multipart/form-data; boundary={edge}"}
    urllib.request.urlopen(urllib.request.Request(target, data, headers, method="POST")).close()


def test_old_versions_are_pruned_but_not_pinned_ones_nor_others(world: World) -> None:
    pipeline = trained(world, keep_versions=1)
    (first,) = world.versions()
    world.apply(NIGHTLY, pipeline=pipeline, version=first, cron="0 0 2 * * *")
    upload(world, "by-hand", package(image="b:1"))
    made = []
    for tag in ("1", "2", "3"):
        world.apply(TRAIN, package=world.write("train.yaml", package(image=f"a:{tag}")), keep_versions=1)
        made.append(str(world.recorded[TRAIN]["version"]))
    assert sorted(world.versions()) == sorted([first, "by-hand", *made[1:]])


def with_platform(world: World) -> str:
    executors = {"exec-fit": {"nodeSelector": {"labels": {"a": "b"}}}}
    return world.write("train.yaml", package(), {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}})


def test_settings_for_kubernetes_go_along(world: World) -> None:
    source = with_platform(world)
    world.apply(TRAIN, package=source)
    stored = world.ask("GET", f"/pipelines/{world.recorded[TRAIN]['id']}/versions")["pipeline_versions"][0]
    assert stored["pipeline_spec"]["platform_spec"]["platforms"]["kubernetes"]
    assert world.plan(TRAIN, package=source).action is Action.NOOP


def test_what_the_server_drops_is_an_error_and_leaves_nothing(world: World) -> None:
    source = with_platform(world)
    bare = json.dumps({"pipeline_version_id": "x", "pipeline_spec": package()}).encode()
    world.watched.faults.append(("GET", "/versions/", 200, bare))
    with pytest.raises(DiagnosticError, match="platform document\\) were dropped"):
        world.apply(TRAIN, package=source)
    assert world.versions() == []
    world.apply(TRAIN, package=source)
    assert len(world.versions()) == 1


def test_a_version_that_is_not_the_newest_of_its_second_is_uploaded_again(world: World) -> None:
    other = {"pipeline_versions": [{"pipeline_version_id": "other", "name": "other"}]}
    world.watched.faults += [("GET", "/versions$", 200, json.dumps(other).encode())] * 3  # before, while naming, after the upload
    trained(world)
    kinds = [w.split("/")[-2] if w.startswith("DELETE") else w for w in world.watched.writes]
    assert kinds == ["POST /pipelines", "POST /pipelines/upload_version", "versions", "POST /pipelines/upload_version"]
    assert world.plan(TRAIN, package="train.yaml").action is Action.NOOP


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora are not here")
def test_what_others_compiled_is_read_back_as_it_was_uploaded(world: World) -> None:
    for number, path in enumerate(sorted(CORPUS.glob("*.yaml"))[::8]):
        address = Address("pipeline", f"p{number}")
        (world.folder / path.name).write_bytes(path.read_bytes())
        world.apply(address, package=path.name)
        assert world.plan(address, package=path.name).action is Action.NOOP, path.name


def test_a_pin_survives_going_back_to_older_content(world: World) -> None:
    pipeline = trained(world)
    (first,) = world.versions()
    written: dict[str, Plain] = {"pipeline": pipeline, "version": first, "cron": "0 0 2 * * *"}
    world.apply(NIGHTLY, **written)
    world.apply(TRAIN, package=world.write("train.yaml", package(image="python:3.12")))
    world.apply(TRAIN, package=world.write("train.yaml", package()))
    assert world.plan(NIGHTLY, **{**written, "version": world.recorded[TRAIN]["version"]}).action is Action.NOOP


def test_a_foreign_pipeline_of_that_name_is_left_alone(world: World) -> None:
    world.ask("POST", "/pipelines", {"name": "train", "display_name": "train"})
    with pytest.raises(DiagnosticError, match="Pipeline already exists"):
        trained(world)
    assert world.watched.writes == []


def test_a_409_that_is_no_duplicate_is_not_believed(world: World) -> None:
    world.watched.faults.append(("POST", "/pipelines$", 409, b'{"error_message":"Aborted: try again"}'))
    with pytest.raises(DiagnosticError, match="Aborted: try again"):
        trained(world)


@pytest.mark.parametrize("calls", range(3))
def test_a_pipeline_whose_making_was_killed_is_taken_over(world: World, calls: int) -> None:
    source = world.write("train.yaml", package())
    world.watched.left = calls
    if calls < 2:
        with pytest.raises(Killed):
            world.apply(TRAIN, package=source)
    world.watched.left = None
    found = world.provider().refresh([ReadRequest(TRAIN, {"namespace": None, "name": "train"})])[TRAIN]
    assert not found.diagnostics
    if found.attributes is not None:
        assert found.owner == f"{LINEAGE}/pipeline.train"
        world.recorded[TRAIN] = dict(found.attributes)
    world.apply(TRAIN, package=source)
    assert len(world.versions()) == 1
    assert world.plan(TRAIN, package=source).action is Action.NOOP


def test_destroying_takes_the_versions_along_and_may_be_repeated(world: World) -> None:
    trained(world)
    prior = dict(world.recorded[TRAIN])
    world.destroy(TRAIN)
    assert not world.ask("GET", "/pipelines").get("pipelines")
    world.recorded[TRAIN] = prior
    world.destroy(TRAIN)


def test_a_pipeline_that_others_run_is_not_destroyed(world: World) -> None:
    pipeline = trained(world)
    world.apply(NIGHTLY, pipeline=pipeline, cron="0 0 2 * * *")
    with pytest.raises(DiagnosticError) as found:
        world.destroy(TRAIN, lineage="another-state")
    assert '"nightly"' in words(found) and str(world.recorded[NIGHTLY]["id"]) in words(found)
    world.destroy(TRAIN)


def test_a_deleted_pipeline_is_seen_to_be_gone(world: World) -> None:
    trained(world)
    world.ask("DELETE", f"/pipelines/{world.recorded[TRAIN]['id']}", cascade="true")
    assert world.observe(TRAIN).attributes is None
    assert world.apply(TRAIN, package="train.yaml").action is Action.CREATE


def test_many_pipelines_cost_pages_and_one_call_each(world: World) -> None:
    trained(world)
    requests = [ReadRequest(Address("pipeline", f"p{i}"), {"namespace": None, "name": "train"}) for i in range(30)]
    requests += [ReadRequest(Address("recurring_run", f"r{i}"), {"namespace": None, "name": f"r{i}"}) for i in range(30)]
    requests += [ReadRequest(Address("experiment", f"e{i}"), {"namespace": None, "name": f"e{i}"}) for i in range(30)]
    provider = world.provider()
    world.watched.calls.clear()
    answers = provider.refresh(requests)
    assert len(answers) == 90
    asked = [path.split("/")[1] for _, path, _ in world.watched.calls if not path.endswith("/versions")]
    assert sorted(asked) == ["experiments", "experiments", "healthz", "pipelines", "recurringruns"]
    assert sum(path.endswith("/versions") for _, path, _ in world.watched.calls) == 30


def test_what_is_not_known_yet_leaves_the_content_unknown(world: World) -> None:
    change = world.plan(TRAIN, package=UNKNOWN)
    assert change.after is not None and {change.after[n] for n in ("version", "digest", "tasks")} == {UNKNOWN}
    settings: Plain = {"node_group": UNKNOWN}
    change = world.plan(TRAIN, package=world.write("train.yaml", package()), defaults=settings)
    assert change.after is not None and change.after["version"] is UNKNOWN
    with pytest.raises(DiagnosticError, match="Cannot read the package"):
        world.plan(TRAIN, package="nowhere.yaml", defaults=settings)


def test_a_mistake_in_the_file_is_told_where_it_is_named(world: World) -> None:
    text = SourceText("main.hcl", 'package = "nowhere.yaml"')
    span = text.span(10, 24)
    desired = Desired(Resource(TRAIN, {"name": "train", "package": "nowhere.yaml"}), "kfp", spans={("package",): span})
    with pytest.raises(DiagnosticError) as caught:
        world.provider().resolve(desired, None)
    assert [d.span for d in caught.value.diagnostics] == [span]


def test_a_package_that_kfp_would_refuse_is_refused_before(world: World) -> None:
    with pytest.raises(DiagnosticError):
        world.plan(TRAIN, package=world.write("bad.yaml", {**package(), "schemaVersion": "1.0", "root": {}}))
    with pytest.raises(DiagnosticError, match="Cannot read the package"):
        world.plan(TRAIN, package="nowhere.yaml")
    assert world.watched.calls == []


def test_a_plan_shows_what_changes_within(world: World) -> None:
    trained(world)
    shown = world.told(TRAIN, package=world.write("train.yaml", package(image="python:3.12")))
    assert "~ task fit" in shown and "python:3.12" in shown


def test_a_plan_shows_what_changes_in_a_tasks_code_against_what_is_served(world: World) -> None:
    old, new = ("import os\n\ndef fit():\n    a = 1\n    b = 2\n", "import os\n\ndef fit():\n    a = 1\n    b = 3\n")
    trained(world)
    world.apply(TRAIN, package=world.write("train.yaml", package(code=old)))
    shown = world.told(TRAIN, package=world.write("train.yaml", package(code=new))).splitlines()
    assert shown[-6:] == [
        "~ code: 1 line added, 1 removed",
        "  @@ -3,3 +3,3 @@",
        "  def fit():",
        "      a = 1",
        "-     b = 2",
        "+     b = 3",
    ]
    upload(world, "hand-made", package(code=new + "    c = 4\n"))
    provider = world.provider()
    served = world.observe(TRAIN, provider).attributes
    drifted = [d.text for d in provider.details(TRAIN, world.recorded[TRAIN], served)]
    assert "code: 2 lines added, 1 removed" in drifted and not any("c = 4" in line for line in drifted)


def test_a_plan_warns_of_a_package_that_no_run_can_hold(world: World) -> None:
    large = package()
    large["deploymentSpec"]["executors"]["exec-fit"]["container"]["args"] = ["x" * 800_000]
    told = world.told(TRAIN, package=world.write("train.yaml", large))
    assert "warning: Package may be too large to run" in told and "hint: move code into an image" in told


def test_a_plan_warns_of_what_kfp_cannot_hold(world: World) -> None:
    source = world.write("train.yaml", package())
    shown = world.told(TRAIN, package=source, defaults={"retry": {"count": 2, "policy": "Always"}})
    assert "warning: Retry policy" in shown and "hint:" in shown


# Recurring runs


def test_a_recurring_run_is_made_and_then_matches(world: World) -> None:
    written: dict[str, Plain] = {"pipeline": trained(world), "cron": "0 0 2 * * *", "description": "Every night."}
    assert world.apply(NIGHTLY, **written).action is Action.CREATE
    (run,) = world.runs()
    assert run["trigger"]["cron_schedule"]["cron"] == "0 0 2 * * *" and run["status"] == "ENABLED"
    assert "pipeline_version_id" not in run["pipeline_version_reference"]
    assert world.plan(NIGHTLY, **written).action is Action.NOOP


def test_every_attribute_comes_back_as_it_was_written(world: World) -> None:
    known: dict[str, Plain] = {"epochs": {"parameterType": "NUMBER_INTEGER"}, "tags": {"parameterType": "LIST"}}
    world.apply(TRAIN, package=world.write("train.yaml", package(parameters=known)))
    pipeline = {n: world.recorded[TRAIN].get(n) for n in ("id", "name", "namespace", "version", "parameters")}
    world.apply(GROUP)
    written: dict[str, Plain] = {
        "pipeline": pipeline,
        "interval": "90m",
        "start": "2026-01-31T02:00:00+02:00",
        "end": "2036-01-31T02:00:00Z",
        "parameters": {"epochs": 3, "tags": ["a", True, None, 1.5, {"b": 1}]},
        "enabled": False,
        "max_concurrency": 3,
        "catchup": True,
        "experiment": world.recorded[GROUP]["id"],
        "service_account": "trainer",
        "pipeline_root": "s3://bucket/root",
        "version": pipeline["version"],
    }
    world.apply(NIGHTLY, **written)
    assert world.plan(NIGHTLY, **written).action is Action.NOOP
    assert world.plan(NIGHTLY, **{**written, "experiment": "group"}).action is Action.UPDATE
    world.apply(NIGHTLY, **{**written, "experiment": "group"})
    assert world.plan(NIGHTLY, **{**written, "experiment": "group"}).action is Action.NOOP


def test_a_run_that_follows_the_newest_version_is_not_touched_by_one(world: World) -> None:
    written: dict[str, Plain] = {"pipeline": trained(world), "cron": "0 0 2 * * *"}
    world.apply(NIGHTLY, **written)
    world.apply(TRAIN, package=world.write("train.yaml", package(image="python:3.12")))
    newer = {n: world.recorded[TRAIN].get(n) for n in ("id", "name", "namespace", "version", "parameters")}
    assert world.plan(NIGHTLY, **{**written, "pipeline": newer}).action is Action.NOOP


def test_switching_it_off_keeps_it(world: World) -> None:
    written: dict[str, Plain] = {"pipeline": trained(world), "cron": "0 0 2 * * *"}
    world.apply(NIGHTLY, **written)
    identifier = world.recorded[NIGHTLY]["id"]
    world.watched.calls.clear()
    world.apply(NIGHTLY, **written, enabled=False)
    assert world.watched.writes == [f"POST /recurringruns/{identifier}:disable"]
    assert world.plan(NIGHTLY, **written, enabled=False).action is Action.NOOP
    world.apply(NIGHTLY, **written)
    assert [r["status"] for r in world.runs()] == ["ENABLED"] and world.recorded[NIGHTLY]["id"] == identifier


def test_a_change_makes_the_new_one_before_the_old_one_goes(world: World) -> None:
    written: dict[str, Plain] = {"pipeline": trained(world), "cron": "0 0 2 * * *"}
    world.apply(NIGHTLY, **written)
    old = world.recorded[NIGHTLY]["id"]
    world.watched.calls.clear()
    change = world.apply(NIGHTLY, **{**written, "cron": "0 0 3 * * *"})
    assert change.action is Action.UPDATE and change.after is not None and change.after["id"] is UNKNOWN
    path = f"/recurringruns/{old}"
    assert world.watched.writes == ["POST /recurringruns", f"POST {path}:disable", f"DELETE {path}"]
    assert world.watched.calls[-1][2] == {"propagation_policy": "ORPHAN"}
    assert [r["trigger"]["cron_schedule"]["cron"] for r in world.runs()] == ["0 0 3 * * *"]
    assert world.recorded[NIGHTLY]["id"] != old


def test_a_plan_says_that_a_change_takes_a_new_recurring_run(world: World) -> None:
    written: dict[str, Plain] = {"pipeline": trained(world), "cron": "0 0 2 * * *"}
    world.apply(NIGHTLY, **written)
    shown = {}
    for name, more in {"cron": {"cron": "0 0 3 * * *"}, "enabled": {"enabled": False}}.items():
        change = world.plan(NIGHTLY, **{**written, **more})
        shown[name] = [line.text for line in world.provider().details(NIGHTLY, change.before, change.after)]
    assert "runs in flight go on" in shown["cron"][0] and shown["enabled"] == []


@pytest.mark.parametrize("again", ["0 0 3 * * *", "0 0 2 * * *", "0 0 4 * * *"])
@pytest.mark.parametrize("calls", range(4))
def test_a_change_killed_anywhere_leaves_one_after_the_next_apply(world: World, calls: int, again: str) -> None:
    written: dict[str, Plain] = {"pipeline": trained(world), "cron": "0 0 2 * * *"}
    world.apply(NIGHTLY, **written)
    world.watched.left = calls
    if calls < 3:
        with pytest.raises(Killed):
            world.apply(NIGHTLY, **{**written, "cron": "0 0 3 * * *"})
    world.watched.left = None
    world.apply(NIGHTLY, **{**written, "cron": again})
    assert [(r["trigger"]["cron_schedule"]["cron"], r["status"]) for r in world.runs()] == [(again, "ENABLED")]
    assert world.plan(NIGHTLY, **{**written, "cron": again}).action is Action.NOOP


@pytest.mark.parametrize("lost", [False, True])
def test_one_whose_making_was_killed_is_taken_over(world: World, lost: bool) -> None:
    written: dict[str, Plain] = {"pipeline": trained(world), "cron": "0 0 2 * * *"}
    world.apply(NIGHTLY, **written)
    del world.recorded[NIGHTLY]
    found = world.provider().refresh([ReadRequest(NIGHTLY, {"namespace": None, "name": "nightly"})])[NIGHTLY]
    assert found.owner == f"{LINEAGE}/recurring_run.nightly" and found.attributes is not None
    if not lost:
        world.recorded[NIGHTLY] = dict(found.attributes)
    world.apply(NIGHTLY, **written)
    assert len(world.runs()) == 1 and world.plan(NIGHTLY, **written).action is Action.NOOP


def test_a_destroy_killed_halfway_forgets_nothing(world: World) -> None:
    written: dict[str, Plain] = {"pipeline": trained(world), "cron": "0 0 2 * * *"}
    world.apply(NIGHTLY, **written)
    world.watched.left = 1
    with pytest.raises(Killed):
        world.apply(NIGHTLY, **{**written, "cron": "0 0 3 * * *"})
    assert len(world.runs()) == 2
    world.watched.left = 2
    with pytest.raises(Killed):
        world.destroy(NIGHTLY)
    world.watched.left = None
    assert len(world.runs()) == 1 and world.observe(NIGHTLY).attributes is not None
    world.destroy(NIGHTLY)
    assert world.runs() == []


def test_a_foreign_run_of_that_name_is_not_doubled(world: World) -> None:
    pipeline = trained(world)
    assert isinstance(pipeline, dict)
    by_hand(world, str(pipeline["id"]))
    world.watched.calls.clear()
    with pytest.raises(DiagnosticError, match="Recurring run already exists"):
        world.apply(NIGHTLY, pipeline=pipeline, cron="0 0 2 * * *")
    assert world.watched.writes == []


def by_hand(world: World, pipeline: str) -> None:
    body = {
        "display_name": "nightly",
        "pipeline_version_reference": {"pipeline_id": pipeline},
        "trigger": {"cron_schedule": {"cron": "0 0 5 * * *"}},
        "runtime_config": {"parameters": {}},
        "mode": "ENABLE",
        "max_concurrency": "1",
    }
    world.ask("POST", "/recurringruns", body)


@pytest.mark.parametrize("changed", [False, True])
def test_one_that_was_imported_is_replaced_and_destroyed_like_any_other(world: World, changed: bool) -> None:
    pipeline = trained(world)
    assert isinstance(pipeline, dict)
    by_hand(world, str(pipeline["id"]))
    found = world.provider().refresh([ReadRequest(NIGHTLY, {"namespace": None, "name": "nightly"})])[NIGHTLY]
    assert found.attributes is not None and found.owner is None
    world.recorded[NIGHTLY] = dict(found.attributes)
    if changed:
        world.apply(NIGHTLY, pipeline=pipeline, cron="0 0 2 * * *")
        (run,) = world.runs()
        assert f"{LINEAGE}/recurring_run.nightly" in run["description"]
    world.destroy(NIGHTLY)
    assert world.runs() == []


def test_two_of_a_name_that_nobody_marked_are_ambiguous(world: World) -> None:
    pipeline = trained(world)
    assert isinstance(pipeline, dict)
    by_hand(world, str(pipeline["id"]))
    by_hand(world, str(pipeline["id"]))
    found = world.provider().refresh([ReadRequest(NIGHTLY, {"namespace": None, "name": "nightly"})])[NIGHTLY]
    assert "does not keep their names apart" in found.diagnostics[0].detail


def test_a_version_that_is_not_there_is_said_so(world: World) -> None:
    with pytest.raises(DiagnosticError, match='no version "v-none"'):
        world.apply(NIGHTLY, pipeline=trained(world), version="v-none", cron="0 0 2 * * *")
    assert world.runs() == []


def test_a_run_changed_by_hand_is_drift(world: World) -> None:
    written: dict[str, Plain] = {"pipeline": trained(world), "cron": "0 0 2 * * *"}
    world.apply(NIGHTLY, **written)
    world.ask("POST", f"/recurringruns/{world.recorded[NIGHTLY]['id']}:disable")
    change = world.plan(NIGHTLY, **written)
    assert [d.path for d in change.differences] == [("enabled",), ("id",), ("version_id",)]
    world.ask("DELETE", f"/recurringruns/{world.recorded[NIGHTLY]['id']}")
    assert world.observe(NIGHTLY).attributes is None


def test_a_run_lives_where_its_pipeline_does(shared: World) -> None:
    shared.apply(TRAIN, package=shared.write("train.yaml", package()), namespace="team-a")
    pipeline = {n: shared.recorded[TRAIN].get(n) for n in ("id", "name", "namespace", "version", "parameters")}
    change = shared.plan(NIGHTLY, pipeline=pipeline, cron="0 0 2 * * *")
    assert change.after is not None and change.after["namespace"] == "team-a"


# Experiments


def test_an_experiment_is_made_archived_and_found_again(world: World) -> None:
    world.apply(GROUP, description="Runs.")
    assert world.plan(GROUP, description="Runs.").action is Action.NOOP
    world.apply(GROUP, description="Runs.", archived=True)
    assert world.plan(GROUP, description="Runs.", archived=True).action is Action.NOOP
    assert world.apply(GROUP, description="Runs.").action is Action.UPDATE
    assert world.ask("GET", f"/experiments/{world.recorded[GROUP]['id']}")["storage_state"] == "AVAILABLE"
    world.destroy(GROUP)


@pytest.mark.parametrize("name", ["50% a+b", "%20", 'ä "q" \\', "x&y=z"])
def test_names_are_found_whatever_they_hold(world: World, name: str) -> None:
    """The server decodes a filter twice; a name that is not found would be made a second time, or refused."""
    pipeline = trained(world)
    world.apply(GROUP, name=name)
    world.apply(NIGHTLY, name=name, pipeline=pipeline, cron="0 0 2 * * *", experiment=name)
    world.apply(NIGHTLY, name=name, pipeline=pipeline, cron="0 0 3 * * *", experiment=name)
    (run,) = world.runs()
    assert run["experiment_id"] == world.recorded[GROUP]["id"] and run["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * *"
    world.destroy(NIGHTLY)
    assert world.runs() == []


def test_a_schedule_that_kubernetes_cannot_name_is_refused_before(world: World) -> None:
    pipeline = trained(world)
    check = TYPES["recurring_run"].attributes["name"].check
    assert check is not None and list(check("é-1")) and not list(check("日本"))
    with pytest.raises(DiagnosticError, match=r"metadata\.name"):
        world.apply(NIGHTLY, name="é-1", pipeline=pipeline, cron="0 0 2 * * *")


def test_a_new_description_replaces_an_experiment(world: World) -> None:
    world.apply(GROUP, description="Runs.")
    change = world.plan(GROUP, description="Other.")
    assert change.action is Action.REPLACE and change.after is not None and change.after["id"] is UNKNOWN


def test_an_archived_experiment_of_that_name_says_what_to_do(world: World) -> None:
    made = world.ask("POST", "/experiments", {"display_name": "group"})
    world.ask("POST", f"/experiments/{made['experiment_id']}:archive")
    with pytest.raises(DiagnosticError) as found:
        world.apply(GROUP)
    assert "archived" in words(found) and "unarchive it" in words(found)


def test_a_failed_create_is_found_by_its_mark(world: World) -> None:
    world.apply(GROUP)
    found = world.provider().refresh([ReadRequest(GROUP, {"namespace": None, "name": "group"})])[GROUP]
    assert found.owner == f"{LINEAGE}/experiment.group"
    del world.recorded[GROUP]
    world.apply(GROUP)
    assert len([e for e in world.ask("GET", "/experiments")["experiments"] if e["display_name"] == "group"]) == 1


# Modes


def test_several_users_need_a_namespace_and_an_experiment(shared: World) -> None:
    pipeline = trained(shared)
    with pytest.raises(DiagnosticError, match='no experiment "Default"'):
        shared.apply(NIGHTLY, pipeline=pipeline, cron="0 0 2 * * *")
    shared.apply(GROUP)
    written: dict[str, Plain] = {"pipeline": pipeline, "cron": "0 0 2 * * *", "experiment": shared.recorded[GROUP]["id"]}
    shared.apply(NIGHTLY, **written)
    assert shared.plan(NIGHTLY, **written).action is Action.NOOP
    assert {r["namespace"] for r in shared.runs()} == {"ml"}
    shared.namespace = None
    with pytest.raises(DiagnosticError, match="Namespace is missing"):
        shared.apply(Address("pipeline", "other"), package="train.yaml")


def test_one_user_has_no_namespaces_and_no_drift_from_that(world: World) -> None:
    world.namespace = "kubeflow"
    written: dict[str, Plain] = {"pipeline": trained(world), "cron": "0 0 2 * * *"}
    world.apply(NIGHTLY, **written)
    assert world.recorded[NIGHTLY]["namespace"] == "kubeflow"
    assert world.plan(NIGHTLY, **written).action is Action.NOOP
    assert world.plan(TRAIN, package="train.yaml").action is Action.NOOP
