"""Runs as KFP's backend has them: order, conditions, loops, collecting, exit tasks, retries, the cache, ending and going on."""

import json
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import compiler, dsl

from kfinfra.providers.kfp.workflow import nodes_of, tasks_of
from kfinfra.sandbox.kfp.faults import Fault
from kfinfra.sandbox.kfp.world import World
from kfinfra.sandbox.runs.conditions import holds
from kfinfra.sandbox.runs.service import LOST, Controller
from kfinfra.sandbox.runs.task import Task
from kfinfra.sandbox.runs.values import as_text
from kfinfra.sandbox.runs.workflow import workflow_of
from tests.fakes.pods import Pods

component = partial(dsl.component, base_image="python:3.11")


@component
def flip() -> str:
    return "heads"


@component
def add(a: int, b: int = 1) -> int:
    return a + b


@component
def say(text: str) -> str:
    return text


@component
def total(numbers: list) -> int:
    return sum(numbers)


@component
def make(name: str, out: dsl.Output[dsl.Dataset]):
    pass


@component
def read(data: dsl.Input[dsl.Dataset]) -> int:
    return 1


@component
def tell(status: dsl.PipelineTaskFinalStatus) -> str:
    return status.state


SCRIPTS = {
    "flip": lambda t: {"Output": "heads"},
    "add": lambda t: {"Output": t.parameters["a"] + t.parameters.get("b", 1)},
    "say": lambda t: {"Output": t.parameters["text"]},
    "total": lambda t: {"Output": len(t.parameters["numbers"])},
    "read": lambda t: {"Output": 1},
    "tell": lambda t: {"Output": t.parameters["status"]["state"]},
}


class Cluster:
    """A server with a cluster behind it."""

    def __init__(self, folder: Path, **scripts: Any) -> None:
        self.folder = folder
        self.pods = Pods({**SCRIPTS, **{k.replace("_", "-"): v for k, v in scripts.items()}})
        self.world = World()
        self.controller = Controller(self.world, self.pods)

    def start(self, pipeline: Any, **parameters: Any) -> str:
        path = self.folder / "p.yaml"
        compiler.Compiler().compile(pipeline, str(path))
        documents = list(yaml.safe_load_all(path.read_text()))
        inline = documents[0] if len(documents) == 1 else {"pipeline_spec": documents[0], "platform_spec": documents[1]}
        body = {"display_name": "a run", "pipeline_spec": inline, "runtime_config": {"parameters": parameters}}
        with self.world.lock:
            return str(self.world.create_run(body)["run_id"])

    def run(self, pipeline: Any, **parameters: Any) -> dict[str, Any]:
        identifier = self.start(pipeline, **parameters)
        assert self.controller.wait(identifier, 20)
        return self.world.run(identifier)

    def seen(self, name: str) -> list[Task]:
        return [t for t in self.pods.started if t.name == name]


def states(run: dict[str, Any]) -> dict[str, str]:
    return {t["display_name"]: t["state"] for t in run["run_details"]["task_details"]}


def messages(run: dict[str, Any]) -> dict[str, str]:
    found = run["run_details"]["task_details"]
    return {t["display_name"]: (t["state_history"][-1].get("error") or {}).get("message", "") for t in found}


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_values_flow_and_an_integer_stays_one(cluster: Cluster) -> None:
    @dsl.pipeline(name="p")
    def p(n: int = 3, text: str = "x"):
        first = add(a=n)
        second = add(a=first.output, b=10)
        say(text=f"{text}: {second.output}").after(first)

    run = cluster.run(p)
    assert run["state"] == "SUCCEEDED" and set(states(run).values()) == {"SUCCEEDED"}, messages(run)
    assert cluster.pods.names() == ["add", "add-2", "say"]
    (second,) = cluster.seen("add-2")
    assert second.parameters == {"a": 4, "b": 10} and isinstance(second.parameters["a"], int)
    (said,) = cluster.seen("say")
    assert said.parameters["text"].endswith(": {{$.inputs.parameters['pipelinechannel--add-2-Output']}}")
    assert said.parameters["pipelinechannel--add-2-Output"] == 14
    assert [s["state"] for s in run["state_history"]] == ["PENDING", "RUNNING", "SUCCEEDED"]
    assert [t["pod_name"][:2] for t in run["run_details"]["task_details"]] == ["p-"] * 3
    assert len({t["pod_name"] for t in run["run_details"]["task_details"]}) == 3


def test_a_failure_stops_what_depends_on_it_and_nothing_else(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, flip=lambda t: "exit code 1")

    @dsl.pipeline(name="p")
    def p():
        bad = flip()
        say(text=bad.output)
        add(a=1)

    run = cluster.run(p)
    assert run["state"] == "FAILED" and run["error"]["message"] == "flip failed"
    assert states(run) == {"flip": "FAILED", "say": "SKIPPED", "add": "SUCCEEDED"}
    assert messages(run)["flip"] == "exit code 1" and "flip did not succeed" in messages(run)["say"]


def test_branches_by_their_conditions_and_one_of_them_gives_the_value(cluster: Cluster) -> None:
    @dsl.pipeline(name="p")
    def p(limit: int = 2) -> str:
        coin = flip()
        with dsl.If(coin.output == "tails"):
            a = say(text="tails")
        with dsl.Elif(limit > 5):
            b = say(text="large")
        with dsl.Else():
            c = say(text="heads")
        one = dsl.OneOf(a.output, b.output, c.output)
        say(text=one).set_caching_options(False)
        return one

    run = cluster.run(p)
    assert run["state"] == "SUCCEEDED", messages(run)
    assert [t.parameters.get("text") for t in cluster.pods.started][1:] == ["heads", "heads"]
    assert sorted(s for n, s in states(run).items() if n.startswith("condition-") and n != "condition-branches-1") == [
        "SKIPPED", "SKIPPED", "SUCCEEDED",
    ]  # fmt: skip


def test_loops_are_collected_in_order_nested_ones_in_nested_lists(cluster: Cluster) -> None:
    @dsl.pipeline(name="p")
    def p(items: list[int] = [10, 20, 30, 40]):  # noqa: B006
        with dsl.ParallelFor(items, parallelism=2) as item:
            one = add(a=item)
        total(numbers=dsl.Collected(one.output))

    @dsl.pipeline(name="q")
    def q():
        with dsl.ParallelFor(["a", "b"]) as name:
            say(text=name)
            with dsl.ParallelFor([100, 200]) as inner:
                two = add(a=inner)
        total(numbers=dsl.Collected(two.output))

    for pipeline in (p, q):
        run = cluster.run(pipeline)
        assert run["state"] == "SUCCEEDED", messages(run)
    totals = [t.parameters["numbers"] for t in cluster.pods.started if "total" in t.name]
    assert totals == [[11, 21, 31, 41], [[101, 201], [101, 201]]]
    assert any(name.endswith("[3]/add") for name in cluster.pods.names())


def test_an_items_fields_are_selected(cluster: Cluster) -> None:
    @dsl.pipeline(name="p")
    def p():
        with dsl.ParallelFor([{"x": 1, "y": 2}, {"x": 3, "y": 4}]) as pair:
            add(a=pair.x, b=pair.y)

    run = cluster.run(p)
    assert run["state"] == "SUCCEEDED", messages(run)
    assert sorted((t.parameters["a"], t.parameters["b"]) for t in cluster.pods.started) == [(1, 2), (3, 4)]


def test_the_limit_of_a_loop_holds(cluster: Cluster) -> None:
    cluster.pods.gate = threading.Event()

    @dsl.pipeline(name="p")
    def p():
        with dsl.ParallelFor(list(range(6)), parallelism=2) as item:
            add(a=item)

    assert cluster.run(p)["state"] == "SUCCEEDED"
    assert cluster.pods.most == 2 and len(cluster.pods.started) == 6


def test_a_loop_over_nothing_succeeds_and_a_failed_item_fails_it(tmp_path: Path) -> None:
    @dsl.pipeline(name="p")
    def p(items: list[int]):
        with dsl.ParallelFor(items) as item:
            add(a=item)

    assert Cluster(tmp_path).run(p, items=[])["state"] == "SUCCEEDED"
    bad = Cluster(tmp_path, add=lambda t: "odd" if t.parameters["a"] % 2 else {"Output": 0})
    run = bad.run(p, items=[2, 3, 4])
    assert run["state"] == "FAILED" and "iteration 1 failed" in messages(run).values()
    assert len(bad.pods.started) == 3


@pytest.mark.parametrize("broken", [False, True])
def test_an_exit_task_runs_whatever_happens_and_hears_of_it(tmp_path: Path, broken: bool) -> None:
    cluster = Cluster(tmp_path, flip=lambda t: "exit code 1" if broken else {"Output": "x"})

    @dsl.pipeline(name="p")
    def p():
        last = tell()
        with dsl.ExitHandler(last, name="guard"):
            say(text=flip().output)

    run = cluster.run(p)
    assert run["state"] == ("FAILED" if broken else "SUCCEEDED")
    (told,) = cluster.seen("tell")
    assert (
        told.parameters["status"]["state"] == run["state"] and told.parameters["status"]["pipelineTaskName"] == "exit-handler-1"
    )
    assert bool(told.parameters["status"]["error"]) is broken


def test_a_task_that_ignores_failures_before_it_runs_with_its_defaults(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, flip=lambda t: "broken")

    @component
    def clean(text: str = "nothing") -> str:
        return text

    @dsl.pipeline(name="p")
    def p():
        clean(text=flip().output).ignore_upstream_failure()

    run = cluster.run(p)
    assert run["state"] == "FAILED" and states(run) == {"flip": "FAILED", "clean": "SUCCEEDED"}
    assert cluster.seen("clean")[0].parameters == {"text": "nothing"}


def test_a_failed_task_is_tried_again_after_its_backoff(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, flip=lambda t: "not yet" if t.attempt < 2 else {"Output": "x"})

    @dsl.pipeline(name="p")
    def p():
        flip().set_retry(num_retries=3, backoff_duration="0s")

    run = cluster.run(p)
    assert run["state"] == "SUCCEEDED" and [t.attempt for t in cluster.pods.started] == [0, 1, 2]
    history = [(s.get("error") or {}).get("message", "") for s in run["run_details"]["task_details"][0]["state_history"]]
    assert next(h for h in history if h) == "attempt 1 failed: not yet; again in 0 s"


def test_a_failure_after_the_longest_backoff_is_final(tmp_path: Path) -> None:
    """Argo's maxDuration is the time from the first start, not the longest wait."""

    @dsl.pipeline(name="p")
    def pipeline():
        flip().set_retry(num_retries=3, backoff_duration="1s", backoff_max_duration="1s", backoff_factor=100)

    cluster = Cluster(tmp_path, flip=lambda t: "broken")
    run = cluster.run(pipeline)
    assert run["state"] == "FAILED" and "max duration limit" in messages(run)["flip"]
    assert len(cluster.seen("flip")) < 4


def test_an_exit_task_is_the_hook_of_a_task_and_a_loop_has_none(tmp_path: Path) -> None:
    @dsl.pipeline(name="p")
    def pipeline():
        first = flip()
        with dsl.ParallelFor([1, 2]) as item:
            each = add(a=item)
        say(text="one").after(first).ignore_upstream_failure()
        say(text="two").after(first).ignore_upstream_failure()
        total(numbers=[1]).after(each).ignore_upstream_failure()

    found = states(Cluster(tmp_path).run(pipeline))
    assert (found["say"], found["say-2"], found["total"]) == ("SKIPPED", "SUCCEEDED", "SKIPPED")


def test_a_run_that_argo_refuses_is_not_started(tmp_path: Path) -> None:
    @dsl.pipeline(name="p")
    def pipeline():
        say(text="clean").after(flip()).ignore_upstream_failure()
        add(a=1).after(say(text="x"))

    @dsl.pipeline(name="q")
    def refused():
        cleaned = say(text="clean").after(flip()).ignore_upstream_failure()
        add(a=1).after(cleaned)

    cluster = Cluster(tmp_path)
    assert cluster.run(pipeline)["state"] == "SUCCEEDED"
    with pytest.raises(Fault) as told:
        cluster.start(refused)
    assert "Failed to validate workflow" in told.value.inner and "nothing can wait for a hook" in told.value.inner


def test_an_earlier_result_is_used_where_caching_is_on(cluster: Cluster) -> None:
    @dsl.pipeline(name="p")
    def p(n: int, fresh: int = 0):
        add(a=n)
        add(a=n, b=5).set_caching_options(False)

    cluster.run(p, n=1)
    again = cluster.run(p, n=1)
    assert cluster.pods.names().count("add") == 1 and cluster.pods.names().count("add-2") == 2
    assert states(again)["add"] == "SUCCEEDED"
    cluster.run(p, n=2)
    assert cluster.pods.names().count("add") == 2


def test_pipelines_in_pipelines_and_artifacts(cluster: Cluster) -> None:
    @component
    def gather(files: dsl.Input[list[dsl.Dataset]]) -> int:
        return len(files)

    @dsl.pipeline
    def inner(name: str = "inner") -> int:
        return read(data=make(name=name).outputs["out"]).output

    @dsl.pipeline(name="outer")
    def outer():
        total_of = inner()
        add(a=total_of.output)
        with dsl.ParallelFor(["a", "b"]) as name:
            made = make(name=name)
        gather(files=dsl.Collected(made.outputs["out"]))

    run = cluster.run(outer)
    assert run["state"] == "SUCCEEDED", messages(run)
    assert cluster.seen("inner/make")[0].parameters == {"name": "inner"}
    uris = [a["uri"] for a in cluster.seen("gather")[0].artifacts["files"]]
    assert ["[0]/make/out" in uris[0], "[1]/make/out" in uris[1], len(uris)] == [True, True, 2]


def test_tasks_are_told_in_the_order_of_the_graph(cluster: Cluster) -> None:
    """However fast they are and whatever they are called: each after what it waited for, the rest by name."""

    @dsl.pipeline
    def inner():
        add(a=add(a=1).output)

    @dsl.pipeline(name="p")
    def p():
        with dsl.ParallelFor([1, 2]):
            add(a=total(numbers=[1]).output)
        add(a=1).after(flip().after(inner()))

    run = cluster.run(p)
    told = tasks_of(nodes_of(json.dumps(workflow_of(run, "p-x"))))
    assert [t.path for t in told] == [
        "for-loop-2",
        "for-loop-2[0]",
        "for-loop-2[0]/total",
        "for-loop-2[0]/add",
        "for-loop-2[1]",
        "for-loop-2[1]/total",
        "for-loop-2[1]/add",
        "inner",
        "inner/add",
        "inner/add-2",
        "flip",
        "add-2",
    ]


def test_an_importer_needs_no_pod(cluster: Cluster) -> None:
    @dsl.pipeline(name="p")
    def p(uri: str = "s3://b/data.csv"):
        found = dsl.importer(artifact_uri=uri, artifact_class=dsl.Dataset, metadata={"from": uri})
        read(data=found.output)

    assert cluster.run(p)["state"] == "SUCCEEDED"
    (task,) = cluster.pods.started
    (artifact,) = task.artifacts["data"]
    assert artifact["uri"] == "s3://b/data.csv" and artifact["metadata"] == {"from": "s3://b/data.csv"}


def test_a_run_that_is_ended_is_canceled(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.pods.hangs = frozenset({"flip"})

    @dsl.pipeline(name="p")
    def p():
        say(text=flip().output)

    identifier = cluster.start(p)
    while not cluster.pods.started:
        time.sleep(0.01)
    with cluster.world.lock:
        cluster.world.terminate_run(identifier)
        assert cluster.world.run(identifier)["state"] == "CANCELING"
    assert cluster.controller.wait(identifier, 10)
    run = cluster.world.run(identifier)
    assert run["state"] == "CANCELED" and states(run) == {"flip": "CANCELED", "say": "CANCELED"}
    with pytest.raises(Fault):
        cluster.world.terminate_run(identifier)


def test_a_run_that_is_tried_again_keeps_what_succeeded(tmp_path: Path) -> None:
    good = threading.Event()
    cluster = Cluster(tmp_path, say=lambda t: {"Output": ""} if good.is_set() else "not yet")

    @dsl.pipeline(name="p")
    def p():
        say(text=flip().set_caching_options(False).output).set_caching_options(False)

    failed = cluster.run(p)
    assert failed["state"] == "FAILED"
    good.set()
    with cluster.world.lock:
        cluster.world.retry_run(failed["run_id"])
    assert cluster.controller.wait(failed["run_id"], 10)
    assert cluster.world.run(failed["run_id"])["state"] == "SUCCEEDED" and "error" not in cluster.world.run(failed["run_id"])
    assert cluster.pods.names() == ["flip", "say", "say"]


def test_a_run_in_the_middle_of_which_the_server_was_killed_has_failed(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.pods.hangs = frozenset({"flip"})

    @dsl.pipeline(name="p")
    def p():
        flip()

    identifier = cluster.start(p)
    while not cluster.pods.started:
        time.sleep(0.01)
    Controller(cluster.world, Pods())
    run = cluster.world.run(identifier)
    assert run["state"] == "FAILED" and run["error"]["message"] == LOST and states(run) == {"flip": "FAILED"}
    cluster.controller.close()
    assert run["state"] == "FAILED"


def test_values_of_another_type_fail_the_task_with_the_drivers_words(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, flip=lambda t: {"Output": "no number"})

    @component
    def number() -> int:
        return 1

    @dsl.pipeline(name="p")
    def p():
        add(a=number().output)

    cluster.pods.scripts = {**cluster.pods.scripts, "number": lambda t: {"Output": "seven"}}
    run = cluster.run(p)
    assert messages(run)["add"] == 'input parameter "a" type mismatch: expect NUMBER_INTEGER, got string'


@pytest.mark.parametrize(
    ("value", "text"), [(3.0, "3"), (0.5, "0.5"), (True, "true"), ([1, "a"], '[1,"a"]'), ({"a": None}, '{"a":null}'), ("x", "x")]
)
def test_values_as_text(value: Any, text: str) -> None:
    assert as_text(value) == text


def test_a_condition_that_is_none_says_so() -> None:
    with pytest.raises(ValueError, match="not a bool"):
        holds("1", {})
    with pytest.raises(ValueError, match="'b'"):
        holds("inputs.parameter_values['b'] == 1", {"a": 1})
