"""What a plan says of a pipeline whose content changes, and of what KFP cannot do."""

import pytest

from kfinfra.config.conform import Findings, conform_fields
from kfinfra.diag import Severity
from kfinfra.model.plain import UNKNOWN, path_text
from kfinfra.pipelines.notes import notes_on
from kfinfra.pipelines.overrides import with_settings
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.settings import TASK_SETTINGS, relevant
from kfinfra.pipelines.summary import compare, summarize
from kfinfra.values.data import ObjectValue, ResourceValue, TupleValue

SOURCE = "\nimport kfp\n\ndef fit(epochs: int):\n    print(epochs)\n"


def pipeline(source=SOURCE, image="python:3.11", **tasks):
    component = {"executorLabel": "exec-fit", "inputDefinitions": {"parameters": {"epochs": {"parameterType": "NUMBER_INTEGER"}}}}
    task = {
        "componentRef": {"name": "comp-fit"},
        "inputs": {"parameters": {"epochs": {"componentInputParameter": "epochs"}}},
        "cachingOptions": {"enableCache": True},
    }
    root = {
        "dag": {"tasks": {"fit": task, **tasks}},
        "inputDefinitions": {"parameters": {"epochs": {"parameterType": "NUMBER_INTEGER", "defaultValue": 3}}},
    }
    executors = {"exec-fit": {"container": {"image": image, "command": ["sh", "-c", "run", source]}}}
    spec = {"pipelineInfo": {"name": "p"}, "root": root, "components": {"comp-fit": component}}
    return Package(spec | {"deploymentSpec": {"executors": executors}}, None)


def lines(old, new):
    return [f"{'  ' * line.depth}{line.symbol} {line.text}" for line in compare(old and summarize(old), new and summarize(new))]


def overridden(**settings):
    return with_settings(pipeline(), None, {"fit": settings})


def test_a_new_pipeline_lists_its_tasks_and_parameters():
    assert lines(None, pipeline()) == [
        "+ parameter epochs",
        '  + type: "NUMBER_INTEGER"',
        "  + default: 3",
        "+ task fit",
        '  + inputs epochs: "input epochs"',
        '  + image: "python:3.11"',
    ]
    assert [text[0] for text in lines(pipeline(), None)] == ["-", " ", " ", "-", " ", " "]


def test_tasks_that_come_and_go_are_named():
    other = {"componentRef": {"name": "comp-fit"}, "dependentTasks": ["fit"]}
    assert lines(pipeline(), pipeline(report=other))[:2] == ["+ task report", "  + after fit"]
    assert lines(pipeline(report=other), pipeline())[0] == "- task report"


def test_code_is_counted_by_lines():
    changed = SOURCE.replace("print(epochs)", "x = epochs\n    print(x)")
    assert lines(pipeline(), pipeline(changed)) == ["~ task fit", "  ~ code: 2 lines added, 1 removed"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            {"resources": {"requests": {"cpu": "500m"}}},
            {"resources": {"requests": {"cpu": "1000m"}, "limits": {"nvidia.com/gpu": "1"}}},
            ['~ cpu request: "500m" -> "1"', '+ nvidia.com/gpu limit: "1"'],
        ),
        ({"image": "a:1"}, {"image": "a:2"}, ['~ image: "a:1" -> "a:2"']),
        ({"cache": True}, {"cache": False}, ["~ cache: true -> false"]),
        ({"timeout": "1h"}, {"timeout": "2h"}, ['~ timeout: "3600s" -> "7200s"']),
        ({"retry": {"count": 1}}, {"retry": {"count": 2}}, ["~ retry count: 1 -> 2"]),
        (
            {"node_group": {"name": "a", "taints": [{"key": "k", "value": "v", "effect": "NO_SCHEDULE"}]}},
            {"node_group": {"name": "b", "taints": []}},
            [
                "+ placement requires eks.amazonaws.com/nodegroup In b",
                "- placement requires eks.amazonaws.com/nodegroup In a",
                "- tolerations k=v:NoSchedule",
            ],
        ),
        (
            {"mounts": [{"pvc": "a", "path": "/a"}]},
            {"mounts": [{"pvc": "b", "path": "/a", "sub_path": "in"}]},
            ['~ mounts /a: "claim a" -> "claim b in"'],
        ),
        (
            {"env_from": [{"config_map": "c", "keys": {"k": "A"}}]},
            {"secret_env": [{"secret": "s", "key": "k", "name": "A"}]},
            ['~ env from A: "config map c, k" -> "secret s, k"'],
        ),
        (
            {"scratch": {"path": "/s", "size": "1Gi"}},
            {"scratch": {"path": "/s", "size": "1Gi", "storage_class": "gp3"}, "shared_memory": "1Gi"},
            [
                '~ mounts /s: "emptyDir kfinfra-scratch 1Gi" -> "volume kfinfra-scratch gp3 1Gi"',
                '+ mounts /dev/shm: "emptyDir kfinfra-shared-memory Memory 1Gi"',
            ],
        ),
        ({"labels": {"a": "1"}}, {"labels": {"a": "2"}}, ['~ labels a: "1" -> "2"']),
    ],
)
def test_a_change_is_said_in_the_users_words(before, after, expected):
    shown = lines(overridden(**before), overridden(**after))
    assert shown[0] == "~ task fit"
    assert sorted(shown[1:]) == sorted(f"  {text}" for text in expected)


def test_values_of_variables_are_in_neither_state_nor_plan():
    old, new = overridden(env={"TOKEN": "hunter2", "SAME": "x"}), overridden(env={"TOKEN": "hunter3", "SAME": "x"})
    assert "hunter" not in str(summarize(old)) + str(lines(old, new)) + str(lines(None, new))
    (_, changed) = lines(old, new)
    assert changed.startswith("  ~ env TOKEN: (value #")


def test_equal_pipelines_have_no_lines():
    assert lines(pipeline(), pipeline()) == []


# --- notes

GPU = {"nvidia.com/gpu": "1"}


@pytest.mark.parametrize(
    ("settings", "summary", "words"),
    [
        ({"retry": {"count": 1, "policy": "Always"}}, "Retry policy is not KFP's to set", "OnFailure"),
        (
            {"retry": {"count": 1}, "node_group": {"name": "s", "capacity_type": "SPOT"}},
            "A lost spot node is not retried",
            "spot",
        ),
        ({"resources": {"requests": {"ephemeral-storage": "5G"}, "limits": GPU}}, "Ephemeral storage is not reserved", "5G"),
        ({"resources": {"requests": {"ephemeral-storage": "5G"}}}, "Ephemeral storage is limited too", "evicted"),
        (
            {"resources": {"requests": {"ephemeral-storage": "5G"}, "limits": {"ephemeral-storage": "9G"}}},
            "Ephemeral storage is reserved up to its limit",
            "9G",
        ),
        ({"resources": {"limits": {"memory": "1Gi"}}, "shared_memory": "2Gi"}, "Shared memory above the memory limit", "1Gi"),
    ],
)
def test_what_kfp_cannot_do_is_said(settings, summary, words):
    (note,) = notes_on(None, {"fit": settings})
    assert note.summary == summary and words in note.detail and note.severity is Severity.WARNING
    assert note.detail.startswith("Task fit: ")


def test_what_kfp_can_do_needs_no_words():
    quiet = {"retry": {"count": 1, "policy": "OnFailure"}, "resources": {"requests": {"cpu": "1"}, "limits": GPU}}
    assert notes_on(quiet, {"fit": quiet}) == ()


def test_a_note_on_the_defaults_is_not_repeated_for_each_override():
    defaults = {"retry": {"count": 1, "policy": "Always"}}
    (note,) = notes_on(defaults, {"fit": {"cache": False}})
    assert note.detail.startswith("defaults: ")
    first, second = notes_on(defaults, {"fit": {"resources": {"requests": {"ephemeral-storage": "1G"}}}})
    assert (first.detail[:8], second.detail[:8]) == ("defaults", "Task fit")


# --- what may be written


def written(**values):
    found = Findings()
    plain = conform_fields(values, TASK_SETTINGS, (), found)
    return {k: v for k, v in plain.items() if v is not None}, {path_text(p.path): p.summary for p in found.problems}


def resource(kind, **items):
    return ResourceValue(items, resource_type=kind, address=f"{kind}.x")


GROUP = {"name": "gpu", "taints": TupleValue(()), "labels": None, "instance_types": None, "ami_type": None}


def test_whole_resources_stand_where_they_are_meant():
    group = resource("node_group", **GROUP, capacity_type="SPOT")
    plain, problems = written(
        node_group=group, mounts=TupleValue((ObjectValue({"pvc": resource("pvc", name="data"), "path": "/d"}),))
    )
    assert problems == {}
    assert plain["node_group"]["capacity_type"] == "SPOT"
    assert plain["mounts"] == [{"pvc": "data", "path": "/d", "sub_path": None}]
    several, problems = written(node_group=TupleValue((group, group)))
    assert problems == {} and [g["name"] for g in several["node_group"]] == ["gpu", "gpu"]


def obj(**items):
    return ObjectValue(items)


def many(*items):
    return TupleValue(items)


@pytest.mark.parametrize(
    ("values", "path", "summary"),
    [
        ({"node_group": "gpu"}, "node_group", "Wrong kind of reference"),
        ({"mounts": many(obj(pvc="data", path="/d"))}, "mounts[0].pvc", "Wrong kind of reference"),
        ({"s3_inputs": many(obj(path="/d"))}, "s3_inputs[0]", "Missing required argument"),
        ({"s3_outputs": many(obj(bucket="b", path="d"))}, "s3_outputs[0].path", "Invalid mount path"),
        ({"s3_sync": many()}, "s3_sync", "Unsupported argument"),
        ({"retry": obj(count=1, backoff="30")}, "retry.backoff", "Invalid duration"),
        ({"retry": obj(count=1, backoff="1500ms")}, "retry.backoff", "Invalid duration"),
        ({"retry": obj(backoff="30s")}, "retry", "Missing required argument"),
        ({"retry": obj(count=-1)}, "retry.count", "Invalid number of retries"),
        ({"retry": obj(count=1, policy="Never")}, "retry.policy", "Invalid retry policy"),
        ({"retry": obj(count=1, factor=0)}, "retry.factor", "Invalid backoff factor"),
        ({"timeout": "0s"}, "timeout", "Invalid timeout"),
        ({"resources": obj(limits=obj(cpu="two"))}, "resources.limits.cpu", "Invalid quantity"),
        ({"resources": obj(limits=obj(gpu=1))}, "resources.limits.gpu", "Unknown resource"),
        ({"resources": obj(requests=obj(cpu=2), limits=obj(cpu="1500m"))}, "resources.requests.cpu", "Request above limit"),
        ({"scratch": obj(path="/s", size="1Gb")}, "scratch.size", "Invalid quantity"),
        ({"scratch": obj(path="s", size="1Gi")}, "scratch.path", "Invalid mount path"),
        ({"scratch": obj(path="/minio", size="1Gi")}, "scratch.path", "Reserved mount path"),
        ({"scratch": obj(path="/s", size="1Gi", medium="Disk")}, "scratch.medium", "Invalid medium"),
        ({"env": obj(**{"A B": "1"})}, 'env["A B"]', "Invalid variable name"),
        ({"env_from": many(obj(keys=obj(a="A")))}, "env_from[0]", "One source is wanted"),
        ({"env_from": many(obj(config_map="c", keys=obj()))}, "env_from[0].keys", "No keys"),
        ({"labels": obj(a="b c")}, "labels.a", "Invalid label"),
        ({"annotations": obj(**{"a/b/c": "x"})}, 'annotations["a/b/c"]', "Invalid name"),
        ({"tolerations": many(obj(effect="NoShedule"))}, "tolerations[0].effect", "Invalid taint effect"),
        ({"affinity": many(obj(weight=0))}, "affinity[0].weight", "Invalid weight"),
    ],
)
def test_a_mistake_is_found_where_it_is_written(values, path, summary):
    _, problems = written(**values)
    assert problems == {path: summary}


def test_numbers_are_quantities_too():
    plain, problems = written(resources=obj(limits=obj(cpu=2, **{"nvidia.com/gpu": 1})))
    assert problems == {} and plain["resources"]["limits"] == {"cpu": "2", "nvidia.com/gpu": "1"}


def test_what_a_package_is_not_made_of_may_be_unknown():
    group = {"name": "gpu", "taints": [], "ami_type": UNKNOWN, "labels": UNKNOWN}
    assert relevant({"node_group": [group], "cache": None}) == {"node_group": [{"name": "gpu", "taints": []}]}
    assert relevant({"node_group": {**group, "capacity_type": UNKNOWN}}) == {"node_group": {"name": "gpu", "taints": []}}


def test_a_note_on_spot_nodes_survives_what_is_left_out():
    settings = {"retry": {"count": 1}, "node_group": {"name": "s", "taints": [], "capacity_type": "SPOT"}}
    assert [n.summary for n in notes_on(relevant(settings), {})] == ["A lost spot node is not retried"]
