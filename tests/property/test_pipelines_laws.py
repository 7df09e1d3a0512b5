"""Laws of packages: one digest for one meaning, text that reads back equal, settings that touch nothing else."""

import json
import random

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kfinfra.pipelines.digest import package_digest
from kfinfra.pipelines.layering import layered
from kfinfra.pipelines.overrides import with_settings
from kfinfra.pipelines.package import Package, parse_package, to_yaml
from kfinfra.pipelines.protos import camel
from kfinfra.pipelines.rewriting import TASK_LEVEL
from kfinfra.pipelines.tasks import executor_config, tasks_of
from kfinfra.pipelines.validation import problems_of

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["yes", "no", "1e3", "0x1F", "0o17", "012", "1_000", "2024-01-01", "null", "~", "", ".inf", "<<", "=", "1:30"]
    ),
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6), TEXTS, max_size=4))
def test_any_text_survives_being_written(values):
    values = {k: v.encode("utf-8", "replace").decode() for k, v in values.items()}
    package = Package({"pipelineInfo": {"name": "p"}, "defaultPipelineRoot": "", "components": values}, None)
    assert parse_package(to_yaml(package), "p") == package


@given(TEXTS)
def test_pyyaml_reads_what_is_written_too(text):
    package = Package({"pipelineInfo": {"name": text}}, None)
    assert yaml.safe_load(to_yaml(package)) == package.spec


NAMES = ("fit", "report", "load")


@st.composite
def packages(draw):
    """Pipelines with groups in groups, and components and executors that are shared."""
    leaves = {f"comp-{n}": {"executorLabel": f"exec-{draw(st.sampled_from(NAMES))}"} for n in NAMES}
    executors = {f"exec-{n}": {"container": {"image": f"{n}:1"}} for n in NAMES}
    components = dict(leaves)
    for level in range(draw(st.integers(0, 2))):
        components[f"comp-group-{level}"] = {"dag": {"tasks": draw(dags(sorted(components)))}}
    root = {"dag": {"tasks": draw(dags(sorted(components)))}}
    spec = {"pipelineInfo": {"name": "p"}, "schemaVersion": "2.1.0", "root": root}
    return Package(spec | {"components": components, "deploymentSpec": {"executors": executors}}, None)


def dags(components):
    task = st.sampled_from(components).map(lambda c: {"componentRef": {"name": c}, "cachingOptions": {"enableCache": True}})
    return st.dictionaries(st.sampled_from(["a", "b", "c"]), task, min_size=1)


def pods(package):
    """Per task path what runs: executor, its configuration, and the task without its component's name."""
    executors = package.spec["deploymentSpec"]["executors"]
    return {
        t.path: (executors[t.executor], executor_config(package.platform, t.executor), {**t.spec, "componentRef": None})
        for t in tasks_of(package.spec)
        if t.executor is not None
    }


LAYER = st.fixed_dictionaries(
    {},
    optional={
        "env": st.dictionaries(st.sampled_from("AB"), st.sampled_from("12")),
        "timeout": st.sampled_from(["60s", "1h"]),
        "cache": st.booleans(),
        "mounts": st.lists(st.sampled_from([{"pvc": "x", "path": "/x"}, {"pvc": "y", "path": "/y"}]), unique_by=str),
    },
)


@settings(max_examples=60, deadline=None)
@given(packages(), st.data())
def test_only_the_named_task_changes(package, data):
    before = pods(package)
    path = data.draw(st.sampled_from(sorted(before)))
    layer = data.draw(LAYER)
    after = pods(with_settings(package, None, {path: layer}))
    assert before.keys() == after.keys()
    assert [p for p in before if p != path and before[p] != after[p]] == []
    executor, config, task = after[path]
    assert {v["name"]: v["value"] for v in executor["container"].get("env", [])} == layer.get("env", {})
    assert config.get("activeDeadlineSeconds") == {"60s": 60, "1h": 3600}.get(layer.get("timeout"))
    assert bool(task["cachingOptions"]) == layer.get("cache", True)


@settings(max_examples=60, deadline=None)
@given(packages(), LAYER, st.dictionaries(st.sampled_from(["a", "b", "*", "*/*", "*/b"]), LAYER, max_size=2))
def test_settings_keep_a_package_sound_and_are_settled_at_once(package, defaults, overrides):
    paths = {t.path for t in tasks_of(package.spec)} - {t.path for t in tasks_of(package.spec) if t.is_group}
    wanted = {name: layer for name, layer in overrides.items() if ("*" in name and _matches(name, paths)) or name in paths}
    after = with_settings(package, defaults, wanted)
    assert problems_of(after) == ()
    again = with_settings(after, defaults, wanted)
    assert pods(again) == pods(after)
    assert package_digest(again) == package_digest(after)


def _matches(pattern, paths):
    depth = pattern.count("/")
    names = {p for p in paths if p.count("/") == depth} if depth else {p.rpartition("/")[2] for p in paths}
    return any(pattern[-1] in ("*", name[-1]) for name in names)


@given(LAYER, LAYER)
def test_a_later_layer_wins_and_a_layer_over_itself_is_itself(low, high):
    both = layered([low, high])
    assert all(both[name] == high[name] for name in (*TASK_LEVEL, "timeout") if name in high)
    assert layered([high, high]) == layered([high])
    assert layered([layered([low, high]), high]) == both


def disguised(value, rng, struct=False):
    """The same JSON for protobuf: other field names and order, numbers as text or doubles, defaults written out."""
    if isinstance(value, dict):
        items = list(value.items())
        rng.shuffle(items)
        return {k: disguised(v, rng) for k, v in items}
    if isinstance(value, list):
        return [disguised(v, rng) for v in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return rng.choice([value, float(value)])
    return value


@given(packages(), LAYER, st.integers())
def test_what_means_the_same_has_the_same_digest(package, layer, seed):
    rng = random.Random(seed)
    package = with_settings(package, layer, {})
    other = Package(disguised(package.spec, rng), package.platform and disguised(package.platform, rng))
    other.spec["sdkVersion"] = "kfp-9.9.9"
    other.spec["pipeline_info"] = other.spec.pop("pipelineInfo") | {"description": ""}
    assert package_digest(other) == package_digest(package)
    assert package_digest(parse_package(json.dumps(other.spec), "x")) == package_digest(Package(other.spec, None))


@given(st.from_regex(r"[a-z]{1,4}(_[a-z]{1,4}){0,3}", fullmatch=True))
def test_a_fields_json_name_holds_no_underscore(name):
    assert "_" not in camel(name) and camel(name).lower() == name.replace("_", "")
