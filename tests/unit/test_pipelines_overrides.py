"""Settings over packages: field by field what kfp and kfp.kubernetes write for the same setting, and no task but the named."""

import copy

import pytest
from google.protobuf import json_format
from kfp import compiler, dsl, kubernetes
from kfp.kubernetes import kubernetes_executor_config_pb2
from kfp.pipeline_spec import pipeline_spec_pb2

from kfinfra.diag import DiagnosticError
from kfinfra.pipelines.digest import canonical, package_digest
from kfinfra.pipelines.overrides import with_settings
from kfinfra.pipelines.package import Package, parse_package
from kfinfra.pipelines.tasks import executor_config, tasks_of


@dsl.component(base_image="python:3.11")
def fit(epochs: int) -> int:
    return epochs


@dsl.component(base_image="python:3.11")
def report(epochs: int):
    print(epochs)


def compiled(tmp_path, configure=lambda task: None, body=None):
    """A pipeline of `fit` and `report`, with `configure` called on fit."""

    @dsl.pipeline(name="train")
    def train(epochs: int = 3):
        task = fit(epochs=epochs)
        configure(task)
        report(epochs=task.output)

    compiler.Compiler().compile(body or train, str(tmp_path / "p.yaml"))
    return parse_package((tmp_path / "p.yaml").read_text(), "p.yaml")


def parsed(package):
    """The package through the installed protos, strictly, the executors' Structs included."""
    spec = json_format.ParseDict(package.spec, pipeline_spec_pb2.PipelineSpec())
    deployment = json_format.MessageToDict(spec.deployment_spec)
    json_format.ParseDict(deployment, pipeline_spec_pb2.PipelineDeploymentConfig())
    if package.platform is not None:
        platform = json_format.ParseDict(package.platform, pipeline_spec_pb2.PlatformSpec())
        for config in platform.platforms["kubernetes"].deployment_spec.executors.values():
            json_format.ParseDict(json_format.MessageToDict(config), kubernetes_executor_config_pb2.KubernetesExecutorConfig())
    return package


GPU = {"name": "gpu", "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}], "labels": {"a": "b"}}
SPOT = {"name": "spot", "taints": [{"key": "spot", "value": "", "effect": "PREFER_NO_SCHEDULE"}], "labels": {}}
LABEL = "eks.amazonaws.com/nodegroup"


def among(*names):
    return [{"key": LABEL, "operator": "In", "values": list(names)}]


def all_resources(task):
    task.set_cpu_request("1000m").set_cpu_limit("2").set_memory_request("1G").set_memory_limit("2Gi")


PAIRS = {
    "resources": (
        {"resources": {"requests": {"cpu": "1000m", "memory": "1G"}, "limits": {"cpu": "2", "memory": "2Gi"}}},
        all_resources,
    ),
    "device": (
        {"resources": {"requests": None, "limits": {"nvidia.com/gpu": "1"}}},
        lambda t: t.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(1),
    ),
    "mount": (
        {"mounts": [{"pvc": "data", "path": "/mnt/data", "sub_path": None}]},
        lambda t: kubernetes.mount_pvc(t, "data", "/mnt/data"),
    ),
    "mount of a folder": (
        {"mounts": [{"pvc": "data", "path": "/mnt/data", "sub_path": "in"}]},
        lambda t: kubernetes.mount_pvc(t, "data", "/mnt/data", "in"),
    ),
    "env": ({"env": {"REGION": "eu", "N": "1"}}, lambda t: t.set_env_variable("REGION", "eu").set_env_variable("N", "1")),
    "config map": (
        {"env_from": [{"config_map": "training", "secret": None, "keys": {"REGION": "AWS_REGION"}}]},
        lambda t: kubernetes.use_config_map_as_env(t, "training", {"REGION": "AWS_REGION"}),
    ),
    "secret": (
        {"env_from": [{"config_map": None, "secret": "login", "keys": {"user": "USER", "word": "WORD"}}]},
        lambda t: kubernetes.use_secret_as_env(t, "login", {"user": "USER", "word": "WORD"}),
    ),
    "secret's key": (
        {"secret_env": [{"secret": "login", "key": "word", "name": "WORD"}]},
        lambda t: kubernetes.use_secret_as_env(t, "login", {"word": "WORD"}),
    ),
    "scratch of a class": (
        {"scratch": {"path": "/scratch", "size": "5Gi", "storage_class": "gp3", "medium": None}},
        lambda t: kubernetes.add_ephemeral_volume(t, "kfinfra-scratch", "/scratch", ["ReadWriteOnce"], "5Gi", "gp3"),
    ),
    "scratch on the node": (
        {"scratch": {"path": "/scratch", "size": "5Gi", "storage_class": None, "medium": None}},
        lambda t: kubernetes.empty_dir_mount(t, "kfinfra-scratch", "/scratch", size_limit="5Gi"),
    ),
    "scratch in memory": (
        {"scratch": {"path": "/scratch", "size": "5Gi", "storage_class": None, "medium": "Memory"}},
        lambda t: kubernetes.empty_dir_mount(t, "kfinfra-scratch", "/scratch", "Memory", "5Gi"),
    ),
    "shared memory": (
        {"shared_memory": "2Gi"},
        lambda t: kubernetes.empty_dir_mount(t, "kfinfra-shared-memory", "/dev/shm", "Memory", "2Gi"),
    ),
    "retry": (
        {"retry": {"count": 2, "backoff": "30s", "factor": None, "max_backoff": "1h", "policy": None}},
        lambda t: t.set_retry(2, "30s", None, "3600s"),
    ),
    "retry's defaults": ({"retry": {"count": 4, "backoff": None, "factor": 3}}, lambda t: t.set_retry(4, backoff_factor=3.0)),
    "timeout": ({"timeout": "1h30m"}, lambda t: kubernetes.set_timeout(t, 5400)),
    "no cache": ({"cache": False}, lambda t: t.set_caching_options(False)),
    "cache": ({"cache": True}, lambda t: t.set_caching_options(True)),
    "image": ({"image": "acme/fit:2"}, lambda t: t.set_container_image("acme/fit:2")),
    "labels": ({"labels": {"team": "ml"}}, lambda t: kubernetes.add_pod_label(t, "team", "ml")),
    "annotations": ({"annotations": {"a.b/c": "d e"}}, lambda t: kubernetes.add_pod_annotation(t, "a.b/c", "d e")),
    "node selector": ({"node_selector": {"disk": "ssd"}}, lambda t: kubernetes.add_node_selector(t, "disk", "ssd")),
    "toleration": (
        {"tolerations": [{"key": "a", "operator": "Equal", "value": "b", "effect": "NoExecute", "seconds": 60}]},
        lambda t: kubernetes.add_toleration(t, "a", "Equal", "b", "NoExecute", 60),
    ),
    "affinity": (
        {"affinity": [{"match_expressions": [{"key": "a", "operator": "In", "values": ["b"]}], "weight": 5}]},
        lambda t: kubernetes.add_node_affinity(t, [{"key": "a", "operator": "In", "values": ["b"]}], weight=5),
    ),
    "node group": (
        {"node_group": GPU},
        lambda t: kubernetes.add_toleration(
            kubernetes.add_node_affinity(t, among("gpu")), "nvidia.com/gpu", "Equal", "present", "NoSchedule"
        ),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_setting_writes_what_kfp_writes(name, tmp_path):
    settings, configure = PAIRS[name]
    ours = with_settings(compiled(tmp_path), None, {"fit": settings})
    theirs = compiled(tmp_path, configure)
    assert canonical(parsed(ours)) == canonical(theirs)
    assert package_digest(ours) == package_digest(theirs)


def test_nothing_written_changes_nothing(tmp_path):
    package = compiled(tmp_path)
    assert with_settings(package, None, {}) == package
    assert package_digest(with_settings(package, {"env": None}, {"fit": {"retry": None}})) == package_digest(package)


def test_the_input_is_left_as_it_was(tmp_path):
    package = compiled(tmp_path, lambda t: kubernetes.mount_pvc(t, "a", "/a"))
    before = copy.deepcopy(package)
    with_settings(package, {"env": {"A": "b"}, "node_group": GPU}, {"fit": {"mounts": [{"pvc": "b", "path": "/a"}]}})
    assert package == before


def config(package, task):
    label = next(t.executor for t in tasks_of(package.spec) if t.path == task)
    return executor_config(package.platform, label)


def container(package, task):
    label = next(t.executor for t in tasks_of(package.spec) if t.path == task)
    return package.spec["deploymentSpec"]["executors"][label]["container"]


def test_defaults_hold_for_every_task_and_give_way_to_overrides_key_by_key(tmp_path):
    package = parsed(
        with_settings(
            compiled(tmp_path),
            {"env": {"A": "1", "B": "1"}, "node_group": SPOT, "resources": {"requests": {"cpu": "1", "memory": "1G"}}},
            {
                "*": {"env": {"B": "2", "C": "2"}},
                "fit": {"env": {"C": "3"}, "node_group": GPU, "resources": {"requests": {"cpu": "2"}}},
            },
        )
    )
    fit_env = {e["name"]: e["value"] for e in container(package, "fit")["env"]}
    assert fit_env == {"A": "1", "B": "2", "C": "3"}
    assert {e["name"]: e["value"] for e in container(package, "report")["env"]} == {"A": "1", "B": "2", "C": "2"}
    assert container(package, "fit")["resources"]["resourceCpuRequest"] == "2"
    assert container(package, "fit")["resources"]["resourceMemoryRequest"] == "1G"
    assert config(package, "fit")["nodeAffinity"] == [{"matchExpressions": among("gpu")}]
    assert config(package, "report")["nodeAffinity"] == [{"matchExpressions": among("spot")}]
    assert config(package, "report")["tolerations"] == [{"key": "spot", "operator": "Exists", "effect": "PreferNoSchedule"}]


def test_node_groups_in_order_of_preference(tmp_path):
    package = parsed(with_settings(compiled(tmp_path), None, {"fit": {"node_group": [SPOT, GPU]}}))
    assert config(package, "fit")["nodeAffinity"] == [
        {"matchExpressions": among("spot", "gpu")},
        {"matchExpressions": among("spot"), "weight": 100},
        {"matchExpressions": among("gpu"), "weight": 50},
    ]
    assert [t["key"] for t in config(package, "fit")["tolerations"]] == ["spot", "nvidia.com/gpu"]


def test_a_node_group_narrows_each_required_term_and_replaces_those_of_the_code(tmp_path):
    def coded(task):
        kubernetes.add_node_affinity(task, [{"key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["p2"]}])

    zone = {"key": "zone", "operator": "In", "values": ["a"]}
    settings = {"node_group": GPU, "affinity": [{"match_expressions": [zone]}, {"match_expressions": [zone], "weight": 3}]}
    package = parsed(with_settings(compiled(tmp_path, coded), None, {"fit": settings}))
    assert config(package, "fit")["nodeAffinity"] == [
        {"matchExpressions": [zone, *among("gpu")]},
        {"matchExpressions": [zone], "weight": 3},
    ]


def test_a_variable_has_one_value_whatever_set_it_before(tmp_path):
    def coded(task):
        task.set_env_variable("A", "code").set_env_variable("KEEP", "code")
        kubernetes.use_config_map_as_env(task, "old", {"a": "B", "k": "KEPT"})
        kubernetes.use_field_path_as_env(task, "C", "metadata.name")

    over = {"secret_env": [{"secret": "s", "key": "k", "name": "A"}], "env": {"B": "1", "C": "1"}}
    package = parsed(with_settings(compiled(tmp_path, coded), {"env": {"A": "default"}}, {"fit": over}))
    assert container(package, "fit")["env"] == [
        {"name": "KEEP", "value": "code"},
        {"name": "B", "value": "1"},
        {"name": "C", "value": "1"},
    ]
    found = config(package, "fit")
    assert [k["envVar"] for c in found["configMapAsEnv"] for k in c["keyToEnv"]] == ["KEPT"]
    assert [k["envVar"] for c in found["secretAsEnv"] for k in c["keyToEnv"]] == ["A"]
    assert "fieldPathAsEnv" not in found


def test_a_volume_replaces_what_the_code_mounts_at_its_path(tmp_path):
    def coded(task):
        kubernetes.mount_pvc(task, "old", "/data")
        kubernetes.use_secret_as_volume(task, "login", "/secret")

    package = with_settings(compiled(tmp_path, coded), None, {"fit": {"mounts": [{"pvc": "new", "path": "/data/"}]}})
    assert [m["constant"] for m in config(parsed(package), "fit")["pvcMount"]] == ["new"]
    assert config(package, "fit")["secretAsVolume"][0]["secretName"] == "login"


def test_ephemeral_storage_takes_the_place_that_a_device_would(tmp_path):
    package = with_settings(compiled(tmp_path), None, {"fit": {"resources": {"requests": {"ephemeral-storage": "5G"}}}})
    assert container(parsed(package), "fit")["resources"] == {
        "accelerator": {"resourceType": "ephemeral-storage", "resourceCount": "5G"}
    }


def shared(tmp_path):
    """A graph component used twice, so that both uses share every component and executor (kfp itself makes copies)."""

    @dsl.pipeline(name="inner")
    def inner(epochs: int):
        fit(epochs=epochs)
        report(epochs=epochs)

    @dsl.pipeline(name="outer")
    def outer():
        inner(epochs=1)

    package = compiled(tmp_path, body=outer)
    tasks = package.spec["root"]["dag"]["tasks"]
    tasks["inner-2"] = dict(tasks["inner"], taskInfo={"name": "inner-2"})
    return package


def spread(package):
    """Per task path what its pod is made from, names of labels aside."""
    out = {}
    for task in tasks_of(package.spec):
        if task.executor is not None:
            executor = package.spec["deploymentSpec"]["executors"][task.executor]
            out[task.path] = (executor, executor_config(package.platform, task.executor), dict(task.spec, componentRef=None))
    return out


def test_one_of_two_tasks_that_share_everything_is_changed_alone(tmp_path):
    package = shared(tmp_path)
    assert len({t.executor for t in tasks_of(package.spec) if t.name == "fit"}) == 1
    after = parsed(with_settings(package, None, {"inner-2/fit": {"env": {"A": "b"}, "node_group": GPU, "cache": False}}))
    old, new = spread(package), spread(after)
    assert old.keys() == new.keys()
    assert [path for path in old if old[path] != new[path]] == ["inner-2/fit"]
    assert set(package.spec["components"]) < set(after.spec["components"])


def test_the_same_settings_on_both_uses_make_no_copies(tmp_path):
    package = shared(tmp_path)
    after = with_settings(package, {"env": {"A": "b"}}, {})
    assert after.spec["components"].keys() == package.spec["components"].keys()
    assert after.spec["deploymentSpec"]["executors"].keys() == package.spec["deploymentSpec"]["executors"].keys()


def refused(package, *settings):
    with pytest.raises(DiagnosticError) as caught:
        with_settings(package, *settings)
    return caught.value.diagnostics


def test_an_override_of_no_task_names_the_nearest(tmp_path):
    first, second = refused(compiled(tmp_path), None, {"fitt": {"cache": False}, "train-*": {"cache": True}})
    assert first.summary == second.summary == "Override of a task that does not exist"
    assert 'No task matches "train-*"' in first.detail
    assert 'Did you mean "fit"?' in second.detail and "fit, report" in second.detail


def test_a_bare_name_that_several_tasks_have_is_ambiguous(tmp_path):
    (found,) = refused(shared(tmp_path), None, {"fit": {"cache": False}})
    assert '"inner-2/fit"' in found.detail and found.summary == "Ambiguous override"
    package = with_settings(shared(tmp_path), None, {"*/fit": {"cache": False}})
    assert [p for p, (_, _, task) in spread(package).items() if not task["cachingOptions"]] == ["inner/fit", "inner-2/fit"]


def test_a_group_and_an_importer_cannot_be_overridden(tmp_path):
    @dsl.pipeline(name="with-importer")
    def body():
        dsl.importer(artifact_uri="s3://a/b", artifact_class=dsl.Dataset)
        with dsl.ParallelFor([1, 2]) as item:
            fit(epochs=item)

    package = compiled(tmp_path, body=body)
    (group,) = refused(package, None, {"for-loop-2": {"cache": False}})
    assert group.summary == "Override of a group" and "for-loop-2/fit" in group.detail
    (importer,) = refused(package, None, {"importer": {"cache": False}})
    assert importer.summary == "Override of a task without a pod"
    changed = spread(with_settings(package, {"env": {"A": "b"}}, {}))
    assert changed["importer"] == spread(package)["importer"]
    assert changed["for-loop-2/fit"][0]["container"]["env"] == [{"name": "A", "value": "b"}]


@pytest.mark.parametrize(
    ("settings", "summary"),
    [
        ({"resources": {"limits": {"nvidia.com/gpu": "1", "amd.com/gpu": "1"}}}, "Two kinds of devices"),
        ({"resources": {"limits": {"nvidia.com/gpu": "0.5"}}}, "Invalid number of devices"),
        ({"resources": {"requests": {"nvidia.com/gpu": "1"}}}, "Device request without its limit"),
        ({"resources": {"limits": {"nvidia.com/gpu": "1", "ephemeral-storage": "1G"}}}, "Ephemeral storage beside a device"),
        ({"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1500m"}}}, "Request above limit"),
        ({"resources": {"limits": {"cpu": "2"}}}, "Request above limit"),
        ({"resources": {"limits": {"gpu": "1"}}}, "Unknown resource"),
        ({"env": {"A": "1"}, "secret_env": [{"secret": "s", "key": "k", "name": "A"}]}, "Environment variable set twice"),
        ({"mounts": [{"pvc": "a", "path": "/x"}, {"pvc": "b", "path": "/x/"}]}, "Two volumes at one path"),
        ({"scratch": {"path": "/x", "size": "1Gi", "storage_class": "a", "medium": "Memory"}}, "Scratch space of two kinds"),
    ],
)
def test_what_cannot_hold_is_refused_with_the_task(settings, summary, tmp_path):
    (found,) = refused(compiled(tmp_path, lambda t: t.set_cpu_request("4")), None, {"fit": settings})
    assert found.summary == summary
    assert found.detail.startswith("Task fit: ")


def test_ephemeral_storage_beside_a_device_of_the_code_is_refused(tmp_path):
    package = compiled(tmp_path, lambda t: t.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(1))
    (found,) = refused(package, {"resources": {"requests": {"ephemeral-storage": "1G"}}}, {})
    assert found.summary == "Ephemeral storage beside a device"


def test_a_platform_spec_is_made_only_where_it_is_needed(tmp_path):
    package = compiled(tmp_path)
    assert with_settings(package, {"env": {"A": "b"}}, {}).platform is None
    made = with_settings(package, {"timeout": "60s"}, {}).platform
    assert list(made["platforms"]["kubernetes"]["deploymentSpec"]["executors"]) == ["exec-fit", "exec-report"]


def test_other_platform_settings_are_kept():
    spec = {"pipelineInfo": {"name": "p"}, "root": {"dag": {"tasks": {}}}}
    platform = {"platforms": {"kubernetes": {"pipelineConfig": {"resourceTtlOnCompletion": 60}}}}
    package = with_settings(Package(spec, platform), {"timeout": "60s"}, {})
    assert package.platform == platform
