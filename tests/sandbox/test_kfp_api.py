"""The sandbox's KFP API over HTTP, asked by the real clients: names, limits, lists, schedules, runs, and who may ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import kfp_server_api as sdk
import pytest
import yaml

from kfinfra.sandbox.http import Served
from kfinfra.sandbox.kfp.app import make_app
from kfinfra.sandbox.kfp.world import World, set_state

COMPONENT = {"executorLabel": "exec-say"}
SPEC: dict[str, Any] = {
    "schemaVersion": "2.1.0",
    "sdkVersion": "kfp-2.17.0",
    "pipelineInfo": {"name": "train"},
    "components": {"comp-say": COMPONENT},
    "deploymentSpec": {"executors": {"exec-say": {"container": {"image": "python:3.11"}}}},
    "root": {
        "dag": {"tasks": {"say": {"taskInfo": {"name": "say"}, "componentRef": {"name": "comp-say"}}}},
        "inputDefinitions": {
            "parameters": {
                "day": {"parameterType": "STRING"},
                "rate": {"parameterType": "NUMBER_DOUBLE", "defaultValue": 0.5},
                "fast": {"parameterType": "BOOLEAN", "isOptional": True},
            }
        },
    },
}
GIVEN = {"parameters": {"day": "monday"}}


class Server:
    """A served world, and the SDK's services at its address."""

    def __init__(self, multi_user: bool = False, user: str = "") -> None:
        self.world = World(multi_user)
        self.served = Served(make_app(multi_user, self.world))
        client = sdk.ApiClient(sdk.Configuration(host=self.served.url))
        if user:
            client.set_default_header("kubeflow-userid", user)
        self.pipelines, self.uploads = sdk.PipelineServiceApi(client), sdk.PipelineUploadServiceApi(client)
        self.experiments, self.runs = sdk.ExperimentServiceApi(client), sdk.RunServiceApi(client)
        self.schedules = sdk.RecurringRunServiceApi(client)

    def pipeline(self, name: str, **more: Any) -> Any:
        return self.pipelines.pipeline_service_create_pipeline(sdk.V2beta1Pipeline(name=name, **more))

    def version(self, pipeline: str, name: str, folder: Path, **more: Any) -> Any:
        file = folder / "train.yaml"
        file.write_text(yaml.safe_dump(SPEC))
        return self.uploads.upload_pipeline_version(str(file), name=name, pipelineid=pipeline, **more)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        try:
            with urlopen(Request(self.served.url + path, data, method=method)) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as problem:
            return problem.code, problem.read().decode()

    def schedule(self, pipeline: str, version: str | None = None, **more: Any) -> Any:
        reference = sdk.V2beta1PipelineVersionReference(pipeline_id=pipeline, pipeline_version_id=version)
        wanted: dict[str, Any] = {
            "display_name": "nightly",
            "max_concurrency": "1",
            "mode": "ENABLE",
            "trigger": {"cron_schedule": {"cron": "0 0 3 * * *"}},
            "runtime_config": GIVEN,
            "pipeline_version_reference": reference,
        }
        return self.schedules.recurring_run_service_create_recurring_run(wanted | more)

    def run(self, pipeline: str, **more: Any) -> Any:
        reference = {"pipeline_id": pipeline}
        wanted = {"display_name": "once", "pipeline_version_reference": reference, "runtime_config": GIVEN}
        return self.runs.run_service_create_run(wanted | more)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    server = Server()
    yield server
    server.served.stop()


@pytest.fixture
def server(running: Server) -> Server:
    fresh = World()
    running.world.__dict__.update({n: v for n, v in vars(fresh).items() if n != "lock"})
    return running


@pytest.fixture
def pipeline(server: Server, tmp_path: Path) -> str:
    made = server.pipeline("train").pipeline_id
    server.version(made, "v1", tmp_path)
    return str(made)


def refused(call: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(sdk.ApiException) as caught:
        call()
    return caught.value.status, caught.value.body.decode() if isinstance(caught.value.body, bytes) else caught.value.body


def test_the_front_page_and_health_say_what_this_is(server: Server) -> None:
    assert "sandbox" in server.ask("GET", "/")[1]
    health = json.loads(server.ask("GET", "/apis/v2beta1/healthz")[1])
    assert health["pipeline_store"] == "database" and health["multi_user"] is False and health["tag_name"]


def test_unknown_paths_are_the_gateways_404(server: Server) -> None:
    status, body = server.ask("GET", "/apis/v2beta1/nothing")
    assert (status, json.loads(body)) == (404, {"code": 5, "message": "Not Found", "details": []})


def test_a_pipeline_name_is_unique(server: Server) -> None:
    server.pipeline("train")
    status, body = refused(lambda: server.pipeline("train"))
    assert status == 409 and json.loads(body)["code"] == 6
    assert json.loads(body)["details"][0]["@type"] == "type.googleapis.com/google.rpc.Status"


def test_an_over_long_name_is_the_servers_own_error(server: Server) -> None:
    server.pipeline("x" * 128)
    assert refused(lambda: server.pipeline("x" * 129))[0] == 500
    assert refused(lambda: server.pipeline("é" * 65))[0] == 500


def test_one_user_has_no_namespaces(server: Server) -> None:
    assert server.pipeline("train", namespace="ml").namespace is None
    assert server.pipelines.pipeline_service_get_pipeline_by_name("train", namespace="other").name == "train"


def test_unknown_fields_are_refused_and_both_casings_are_taken(server: Server) -> None:
    assert server.ask("POST", "/apis/v2beta1/pipelines", {"name": "a", "colour": "red"})[0] == 400
    status, body = server.ask("POST", "/apis/v2beta1/pipelines", {"name": "a", "displayName": "A"})
    assert status == 200 and json.loads(body)["display_name"] == "A"
    assert server.ask("POST", "/apis/v2beta1/pipelines", b"{")[0] == 400
    assert server.ask("POST", "/apis/v2beta1/runs", {"display_name": "a", "runtime_config": {"parameters": [1]}})[0] == 400


def test_times_are_whole_seconds_in_utc(server: Server) -> None:
    server.pipeline("train")
    (raw,) = json.loads(server.ask("GET", "/apis/v2beta1/pipelines")[1])["pipelines"]
    assert raw["created_at"].endswith("Z") and "." not in raw["created_at"]


def test_patch_changes_display_name_and_tags_only(server: Server) -> None:
    made = server.pipeline("train", description="First.", tags={"team": "ml"})
    change = server.pipelines.pipeline_service_update_pipeline
    after = change(made.pipeline_id, {"display_name": "Train", "description": "Second.", "name": "other"})
    assert (after.name, after.display_name, after.description, after.tags) == ("train", "Train", "First.", {"team": "ml"})
    assert change(made.pipeline_id, {"tags": {}}).tags is None


@pytest.mark.parametrize("tags", [{"a.b": "x"}, {"a": "x" * 64}, {"a" * 64: "x"}, {str(n): "x" for n in range(21)}, {"": "x"}])
def test_tags_have_limits(server: Server, tags: dict[str, str]) -> None:
    assert refused(lambda: server.pipeline("train", tags=tags))[0] == 400
    assert server.pipeline("fits", tags={str(n): "x" * 63 for n in range(20)}).tags


def test_a_pipeline_with_versions_is_deleted_by_cascade_only(server: Server, pipeline: str) -> None:
    delete = server.pipelines.pipeline_service_delete_pipeline
    status, body = refused(lambda: delete(pipeline))
    assert status == 400 and json.loads(body)["code"] == 3
    delete(pipeline, cascade=True)
    assert refused(lambda: server.pipelines.pipeline_service_get_pipeline(pipeline))[0] == 404 and not server.world.versions


def test_a_version_by_address_is_refused_when_it_cannot_be_fetched(server: Server, pipeline: str) -> None:
    create = server.pipelines.pipeline_service_create_pipeline_version
    body = {"pipeline_id": pipeline, "name": "v2", "package_url": {"pipeline_url": "https://example.com/p.yaml"}}
    assert refused(lambda: create(pipeline, body))[0] == 500
    assert refused(lambda: create(pipeline, body | {"package_url": {"pipeline_url": "no address"}}))[0] == 400
    assert refused(lambda: create(pipeline, {"pipeline_id": pipeline, "name": "v2"}))[0] == 400
    both = server.pipelines.pipeline_service_create_pipeline_and_version
    assert refused(lambda: both({"pipeline": {"name": "b"}, "pipeline_version": {"package_url": body["package_url"]}}))[0] == 500


def test_a_version_in_use_by_a_schedule_can_be_deleted(server: Server, pipeline: str) -> None:
    (version,) = server.world.versions
    server.schedule(pipeline, version)
    server.pipelines.pipeline_service_delete_pipeline_version(pipeline, version)
    assert not server.world.versions and server.world.schedules


def test_the_latest_version_is_the_newest_second_then_the_greatest_id(server: Server, pipeline: str, tmp_path: Path) -> None:
    server.version(pipeline, "v2", tmp_path)
    server.version(pipeline, "v3", tmp_path)
    for version in server.world.versions.values():
        version["created_at"] = "2026-01-01T00:00:00Z" if version["name"] != "v1" else "2025-12-31T23:59:59Z"
    expected = max(i for i, v in server.world.versions.items() if v["name"] != "v1")
    assert server.run(pipeline).pipeline_version_reference.pipeline_version_id == expected


def test_experiments_are_unique_and_the_default_one_stays(server: Server) -> None:
    create, delete = (
        server.experiments.experiment_service_create_experiment,
        server.experiments.experiment_service_delete_experiment,
    )
    create({"display_name": "group"})
    assert refused(lambda: create({"display_name": "group"}))[0] == 409
    assert refused(lambda: create({"display_name": "x" * 129}))[0] == 500
    (default,) = [e for e in server.world.experiments.values() if e["display_name"] == "Default"]
    assert refused(lambda: delete(default["experiment_id"]))[0] == 409


def test_archiving_an_experiment_disables_its_schedules_for_good(server: Server, pipeline: str) -> None:
    home = server.experiments.experiment_service_create_experiment({"display_name": "group"}).experiment_id
    made = server.schedule(pipeline, experiment_id=home).recurring_run_id
    run = server.run(pipeline, experiment_id=home).run_id
    server.experiments.experiment_service_archive_experiment(home)
    assert server.schedules.recurring_run_service_get_recurring_run(made).status == "DISABLED"
    assert refused(lambda: server.runs.run_service_unarchive_run(run))[0] == 400
    server.experiments.experiment_service_unarchive_experiment(home)
    assert server.schedules.recurring_run_service_get_recurring_run(made).status == "DISABLED"
    assert server.runs.run_service_get_run(run).storage_state == "ARCHIVED"


def test_deleting_an_experiment_leaves_what_was_in_it(server: Server, pipeline: str) -> None:
    home = server.experiments.experiment_service_create_experiment({"display_name": "group"}).experiment_id
    made, run = server.schedule(pipeline, experiment_id=home), server.run(pipeline, experiment_id=home)
    server.experiments.experiment_service_delete_experiment(home)
    assert server.schedules.recurring_run_service_get_recurring_run(made.recurring_run_id).experiment_id == home
    assert server.runs.run_service_get_run(run.run_id).experiment_id == home


def test_schedules_share_names_and_come_under_their_own_key(server: Server, pipeline: str) -> None:
    server.schedule(pipeline)
    server.schedule(pipeline)
    raw = json.loads(server.ask("GET", "/apis/v2beta1/recurringruns")[1])
    assert [r["display_name"] for r in raw["recurringRuns"]] == ["nightly", "nightly"] and raw["total_size"] == 2
    assert raw["recurringRuns"][0]["max_concurrency"] == "1"


@pytest.mark.parametrize("most", ["0", "11", None])
def test_concurrency_is_1_to_10(server: Server, pipeline: str, most: str | None) -> None:
    assert refused(lambda: server.schedule(pipeline, max_concurrency=most))[0] == 400
    server.schedule(pipeline, max_concurrency="10")


@pytest.mark.parametrize("cron", ["0 * * * *", "0 0 3 * * *", "@daily", "@every 1h30m", "0 0 3 ? JAN-MAR mon", "*/5 * * * * *"])
def test_crons_that_the_server_takes_even_misread(server: Server, pipeline: str, cron: str) -> None:
    assert server.schedule(pipeline, trigger={"cron_schedule": {"cron": cron}}).trigger.cron_schedule.cron == cron


@pytest.mark.parametrize(
    "cron", ["", "* * * *", "0 0 0 1 1 1 2026", "60 * * * * *", "@noon", "0 0 24 * * *", "0 5-2 * * * *", "a * * * *"]
)
def test_crons_that_the_server_refuses(server: Server, pipeline: str, cron: str) -> None:
    assert refused(lambda: server.schedule(pipeline, trigger={"cron_schedule": {"cron": cron}}))[0] == 400


def test_an_interval_is_a_second_at_least(server: Server, pipeline: str) -> None:
    every = server.schedule(pipeline, trigger={"periodic_schedule": {"interval_second": "1"}})
    assert every.trigger.periodic_schedule.interval_second == "1"
    assert refused(lambda: server.schedule(pipeline, trigger={"periodic_schedule": {"interval_second": "0"}}))[0] == 400


def test_a_schedule_of_what_is_not_there_is_refused(server: Server, pipeline: str) -> None:
    assert refused(lambda: server.schedule("nobody"))[0] == 404
    assert refused(lambda: server.schedule(pipeline, "nothing"))[0] == 500
    assert refused(lambda: server.schedule(pipeline, experiment_id="nowhere"))[0] == 404
    assert refused(lambda: server.schedule(pipeline, pipeline_version_reference=None))[0] == 500


def test_a_schedule_by_pipeline_alone_follows_the_latest_version(server: Server, pipeline: str) -> None:
    (version,) = server.world.versions
    assert server.schedule(pipeline).pipeline_version_reference.pipeline_version_id is None
    assert server.schedule(pipeline, version).pipeline_version_reference.pipeline_version_id == version


def test_a_schedule_is_switched_on_and_off(server: Server, pipeline: str) -> None:
    made = server.schedule(pipeline, mode=None)
    assert made.status == "DISABLED"
    server.schedules.recurring_run_service_enable_recurring_run(made.recurring_run_id)
    assert server.schedules.recurring_run_service_get_recurring_run(made.recurring_run_id).mode == "ENABLE"
    server.schedules.recurring_run_service_disable_recurring_run(made.recurring_run_id)
    assert server.schedules.recurring_run_service_get_recurring_run(made.recurring_run_id).status == "DISABLED"


def test_deleting_a_schedule_kills_its_runs_unless_they_are_orphaned(server: Server, pipeline: str) -> None:
    delete = server.schedules.recurring_run_service_delete_recurring_run
    for policy, state in (({}, "CANCELED"), ({"propagation_policy": "ORPHAN"}, "RUNNING")):
        made = server.schedule(pipeline).recurring_run_id
        run = server.run(pipeline, recurring_run_id=made).run_id
        set_state(server.world.runs[run], "RUNNING")
        delete(made, **policy)
        assert server.runs.run_service_get_run(run).state == state
    assert server.ask("DELETE", "/apis/v2beta1/recurringruns/x?propagation_policy=SOME")[0] == 400


def test_a_run_is_pending_with_its_history(server: Server, pipeline: str) -> None:
    run = server.run(pipeline)
    assert run.state == "PENDING" and [s.state for s in run.state_history] == ["PENDING"]
    assert run.service_account == "pipeline-runner" and run.finished_at.year == 1970


@pytest.mark.parametrize(
    "given", [{}, {"day": 1}, {"day": None}, {"day": "x", "more": 1}, {"day": "x", "rate": "y"}, {"day": "x", "rate": True}]
)
def test_parameters_are_checked(server: Server, pipeline: str, given: dict[str, Any]) -> None:
    assert refused(lambda: server.run(pipeline, runtime_config={"parameters": given}))[0] == 400
    assert refused(lambda: server.schedule(pipeline, runtime_config={"parameters": given}))[0] == 400
    assert server.run(pipeline, runtime_config={"parameters": {"day": "x", "rate": 1, "fast": False}}).run_id


def test_a_run_is_terminated_once_and_retried_after_failure_only(server: Server, pipeline: str) -> None:
    run, runs = server.run(pipeline).run_id, server.runs
    assert refused(lambda: runs.run_service_retry_run(run))[0] == 409
    runs.run_service_terminate_run(run)
    assert runs.run_service_get_run(run).state == "CANCELING"
    assert refused(lambda: runs.run_service_terminate_run(run))[0] == 400
    assert refused(lambda: runs.run_service_retry_run(run))[0] == 500
    set_state(server.world.runs[run], "FAILED")
    runs.run_service_retry_run(run)
    assert runs.run_service_get_run(run).state == "PENDING"
    runs.run_service_archive_run(run)
    runs.run_service_unarchive_run(run)
    runs.run_service_delete_run(run)
    assert refused(lambda: runs.run_service_get_run(run))[0] == 404


def test_a_run_may_bring_its_own_spec(server: Server) -> None:
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"exec-say": {"imagePullPolicy": "Always"}}}}}}
    for spec in (SPEC, {"pipeline_spec": SPEC, "platform_spec": platform}):
        run = server.run("", pipeline_version_reference=None, pipeline_spec=spec)
        assert ("platform_spec" in run.pipeline_spec) == ("platform_spec" in spec)
    assert refused(lambda: server.run("", pipeline_version_reference=None, pipeline_spec={"a": 1}))[0] == 500


def test_lists_are_paged_by_20_and_by_200_at_most(server: Server) -> None:
    for n in range(205):
        server.world.create_pipeline({"name": f"p{n:03}"})
    ask = server.pipelines.pipeline_service_list_pipelines
    assert len(ask().pipelines) == 20 and len(ask(page_size=1000).pipelines) == 200
    first = ask(sort_by="name desc", page_size=3)
    assert [p.name for p in first.pipelines] == ["p204", "p203", "p202"] and first.total_size == 205
    assert [p.name for p in ask(page_token=first.next_page_token, page_size=1).pipelines] == ["p201"]
    assert refused(lambda: ask(page_token=first.next_page_token, sort_by="name"))[0] == 400
    assert refused(lambda: ask(page_token="nonsense"))[0] == 400
    assert server.ask("GET", "/apis/v2beta1/pipelines?page_size=-1")[0] == 400


def where(key: str, operation: Any, **value: Any) -> str:
    return json.dumps({"predicates": [{"key": key, "operation": operation, **value}]})


def test_lists_are_filtered(server: Server) -> None:
    for name in ("train", "score", "retrain"):
        server.pipeline(name, tags={"kind": name[0]})

    def names(text: str) -> list[str]:
        found = server.pipelines.pipeline_service_list_pipelines(filter=text).pipelines
        return sorted(p.name for p in found or [])

    assert names(where("name", "EQUALS", string_value="train")) == ["train"]
    assert names(where("name", 1, stringValue="train")) == ["train"]
    assert names(where("name", "NOT_EQUALS", string_value="train")) == ["retrain", "score"]
    assert names(where("name", "IS_SUBSTRING", string_value="train")) == ["retrain", "train"]
    assert names(where("name", "IN", string_values={"values": ["score", "train"]})) == ["score", "train"]
    assert names(where("created_at", "GREATER_THAN", timestamp_value="2000-01-01T00:00:00Z")) == ["retrain", "score", "train"]
    assert names(where("tags.kind", "EQUALS", string_value="s")) == ["score"]


@pytest.mark.parametrize(
    "text",
    [
        where("colour", "EQUALS", string_value="red"),
        where("state", "EQUALS", string_value="RUNNING"),
        where("name", "LIKE", string_value="x"),
        where("name", "IN", string_value="x"),
        where("tags.kind", "IN", string_values={"values": ["x"]}),
        "nonsense",
    ],
)
def test_filters_that_the_server_refuses(server: Server, text: str) -> None:
    assert refused(lambda: server.pipelines.pipeline_service_list_pipelines(filter=text))[0] == 400


@pytest.mark.parametrize("order", ["colour", "name sideways", "name desc please"])
def test_an_unknown_order_is_refused(server: Server, order: str) -> None:
    assert refused(lambda: server.pipelines.pipeline_service_list_pipelines(sort_by=order))[0] == 400


def test_several_users_need_a_header_a_namespace_and_an_experiment() -> None:
    server = Server(multi_user=True, user="ann@example.com")
    try:
        assert server.ask("GET", "/apis/v2beta1/pipelines?namespace=ml")[0] == 401
        assert server.ask("GET", "/apis/v2beta1/healthz")[0] == 200
        assert refused(lambda: server.pipelines.pipeline_service_list_pipelines())[0] == 400
        assert refused(lambda: server.pipeline("train"))[0] == 400
        made = [server.pipeline("train", namespace=place).namespace for place in ("ml", "research")]
        assert made == ["ml", "research"]
        assert refused(lambda: server.run("any"))[0] == 400
    finally:
        server.served.stop()


def test_kfps_own_client_uploads_and_starts_a_run(server: Server, tmp_path: Path) -> None:
    from kfp import Client

    (tmp_path / "train.yaml").write_text(yaml.safe_dump(SPEC))
    client = Client(host=server.served.url)
    made = client.upload_pipeline(str(tmp_path / "train.yaml"), pipeline_name="train")
    version = client.list_pipeline_versions(made.pipeline_id).pipeline_versions[0]
    home = client.create_experiment("group")
    run = client.run_pipeline(
        home.experiment_id, "once", pipeline_id=made.pipeline_id, version_id=version.pipeline_version_id, params={"day": "x"}
    )
    assert client.get_run(run.run_id).state == "PENDING" and version.display_name == "train"
