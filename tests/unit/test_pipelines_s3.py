"""Folders of S3 around a task: as tasks of their own on a claim, in the task's pod on scratch space; and the component itself."""

import importlib.util
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from google.protobuf import json_format
from kfp import compiler, components, dsl, kubernetes
from kfp.pipeline_spec import pipeline_spec_pb2

from kfinfra.components import S3_SYNC
from kfinfra.components.s3_sync import s3_sync
from kfinfra.diag import DiagnosticError
from kfinfra.pipelines.notes import notes_on
from kfinfra.pipelines.overrides import with_settings
from kfinfra.pipelines.package import Package, parse_package
from kfinfra.pipelines.reading import mapping
from kfinfra.pipelines.summary import summarize
from kfinfra.pipelines.tasks import tasks_of
from kfinfra.sandbox.aws import Aws

TOOLS = Path(__file__).parents[2] / "tools"
MOUNT = {"pvc": "work", "path": "/data"}
IN = {"bucket": "b", "prefix": "raw/", "path": "/data/raw"}
OUT = {"bucket": "b", "prefix": "", "path": "/data/out"}


@dsl.component(base_image="python:3.11")
def fit(epochs: int) -> int:
    return epochs


@dsl.component(base_image="python:3.11")
def report(epochs: int):
    print(epochs)


@dsl.container_component
def shell():
    return dsl.ContainerSpec(image="alpine", command=["true"])


@dsl.pipeline(name="train")
def train(epochs: int = 3):
    first = shell()
    task = fit(epochs=epochs).after(first)
    report(epochs=task.output)
    with dsl.ParallelFor([1, 2], name="shards") as shard:
        inner = fit(epochs=shard)
        inner.set_retry(2)
        kubernetes.mount_pvc(inner, pvc_name="code", mount_path="/code")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    path = tmp_path_factory.mktemp("package") / "p.yaml"
    compiler.Compiler().compile(train, str(path))
    return parse_package(path.read_text(), "p.yaml")


def task_of(package: Package, path: str) -> Any:
    (found,) = [t for t in tasks_of(package.spec) if t.path == path]
    return found


def config_of(package: Package, path: str) -> dict[str, Any]:
    label = task_of(package, path).executor
    return mapping(package.platform, "platforms", "kubernetes", "deploymentSpec", "executors", label)


def container_of(package: Package, path: str) -> dict[str, Any]:
    return mapping(package.spec, "deploymentSpec", "executors", task_of(package, path).executor, "container")


def refused(call: Callable[[], object]) -> Any:
    with pytest.raises(DiagnosticError) as caught:
        call()
    (found,) = caught.value.diagnostics
    assert found.hint
    return found


def test_on_a_claim_tasks_of_their_own_copy_and_the_others_wait_for_them(package: Package) -> None:
    made = with_settings(package, None, {"fit": {"mounts": [MOUNT], "s3_inputs": [IN], "s3_outputs": [OUT]}})
    json_format.ParseDict(made.spec, pipeline_spec_pb2.PipelineSpec())
    before, after = task_of(made, "fit-s3-inputs").spec, task_of(made, "fit-s3-outputs").spec
    assert before["inputs"]["parameters"] == {
        "source": {"runtimeValue": {"constant": "s3://b/raw"}},
        "target": {"runtimeValue": {"constant": "/data/raw"}},
    }
    assert after["inputs"]["parameters"]["target"] == {"runtimeValue": {"constant": "s3://b"}}
    assert before["dependentTasks"] == ["shell"] and after["dependentTasks"] == ["fit"]
    assert task_of(made, "fit").spec["dependentTasks"] == ["shell", "fit-s3-inputs"]
    assert set(task_of(made, "report").spec["dependentTasks"]) == {"fit", "fit-s3-outputs"}
    assert before["cachingOptions"] == task_of(made, "fit").spec["cachingOptions"] == {}
    assert task_of(made, "report").spec["cachingOptions"] == {"enableCache": True}
    for path in ("fit", "fit-s3-inputs", "fit-s3-outputs"):
        assert [m["mountPath"] for m in config_of(made, path)["pvcMount"]] == ["/data"]
    assert container_of(made, "fit") == container_of(package, "fit")
    assert "pvcMount" not in config_of(made, "report")


def test_within_a_group_the_steps_are_in_the_group_and_retried_like_the_task(package: Package) -> None:
    folder = {"bucket": "b", "prefix": "p", "path": "/code"}
    more = {"bucket": "b", "prefix": "q", "path": "/code/more"}
    made = with_settings(package, None, {"for-loop-2/fit-2": {"s3_inputs": [folder, more]}})
    inside = [t.path for t in tasks_of(made.spec) if t.path.startswith("for-loop-2/")]
    assert inside == ["for-loop-2/fit-2", "for-loop-2/fit-2-s3-inputs", "for-loop-2/fit-2-s3-inputs-2"]
    step = task_of(made, "for-loop-2/fit-2-s3-inputs-2")
    assert step.spec["retryPolicy"]["maxRetryCount"] == 2
    assert [m["constant"] for m in config_of(made, step.path)["pvcMount"]] == ["code"]
    assert task_of(made, "for-loop-2/fit-2").spec["dependentTasks"] == [s.rpartition("/")[2] for s in inside[1:]]


def test_a_step_runs_where_the_defaults_say_without_devices(package: Package) -> None:
    group = {"name": "general", "taints": [{"key": "a", "value": "b", "effect": "NO_SCHEDULE"}]}
    defaults = {"node_group": group, "resources": {"limits": {"cpu": "2", "nvidia.com/gpu": "1"}}, "env": {"AWS_REGION": "r"}}
    own = {"mounts": [MOUNT], "s3_outputs": [OUT], "node_group": {"name": "gpu", "taints": []}}
    made = with_settings(package, defaults, {"fit": own})
    step = container_of(made, "fit-s3-outputs")
    assert step["resources"]["resourceCpuLimit"] == "2" and "accelerator" not in step["resources"]
    assert step["env"] == [{"name": "AWS_REGION", "value": "r"}]
    assert "general" in json.dumps(config_of(made, "fit-s3-outputs")) and "gpu" in json.dumps(config_of(made, "fit"))


def test_on_scratch_space_the_tasks_own_pod_copies(package: Package) -> None:
    scratch = {"path": "/data", "size": "1Gi"}
    made = with_settings(package, None, {"fit": {"scratch": scratch, "s3_inputs": [IN], "s3_outputs": [OUT]}})
    assert [t.path for t in tasks_of(made.spec)] == [t.path for t in tasks_of(package.spec)]
    before, after = container_of(package, "fit"), container_of(made, "fit")
    assert after["command"][-len(before["command"]) :] == before["command"] and after["args"] == before["args"]
    code = {t: f["code"] for t, f in mapping(summarize(made)["tasks"]).items() if t == "fit"}
    assert code["fit"] == mapping(mapping(summarize(package)["tasks"])["fit"])["code"]


def test_the_command_copies_before_and_after_the_tasks_own(package: Package, tmp_path: Path) -> None:
    """The wrapping shell program, with python3 as something that notes how it is called."""
    settings = {"scratch": {"path": "/data", "size": "1Gi"}, "s3_inputs": [IN], "s3_outputs": [OUT]}
    made = container_of(with_settings(package, None, {"fit": settings}), "fit")
    own = len(container_of(package, "fit")["command"])
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\n[ "$2" = "import boto3" ] || echo "$3: $4"\n')
    python.chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*made["command"][:-own], *words], env=env, capture_output=True, text=True, check=False)

    good = run("sh", "-c", 'echo "task $0"', "mine").stdout.splitlines()
    copies = {"before": {"source": "s3://b/raw", "target": "/data/raw"}, "after": {"source": "/data/out", "target": "s3://b"}}
    assert good[1] == "task mine" and [line.split(":")[0] for line in good] == ["before", "task mine", "after"]
    assert json.loads(good[0].partition(": ")[2]) == {name: [one] for name, one in copies.items()}
    bad = run("sh", "-c", "exit 7")
    assert bad.returncode == 7 and "after:" not in bad.stdout


def test_what_cannot_be_held_is_refused(package: Package) -> None:
    nowhere = refused(lambda: with_settings(package, None, {"fit": {"s3_inputs": [IN]}}))
    assert nowhere.summary == "Folder is on no volume" and "Task fit: /data/raw of s3_inputs" in nowhere.detail
    shelled = {"shell": {"scratch": {"path": "/data", "size": "1Gi"}, "s3_inputs": [IN]}}
    assert refused(lambda: with_settings(package, None, shelled)).summary == "Cannot copy in this container"
    cached = {"fit": {"mounts": [MOUNT], "s3_inputs": [IN], "cache": True}}
    assert refused(lambda: with_settings(package, None, cached)).summary == "Cached task with folders of S3"


def test_a_note_says_that_such_a_task_is_not_cached() -> None:
    assert [n.summary for n in notes_on(None, {"fit": {"s3_inputs": [IN]}})] == ["Task is not cached"]
    assert notes_on(None, {"fit": {"s3_inputs": [IN], "cache": False}}) == ()


def _bare(text: str) -> object:
    """The component without the version of the kfp that compiled it."""
    return json.loads(re.sub(r"kfp(==|-)\d+(\.\d+)+", "kfp", json.dumps(yaml.safe_load(text))))


def test_the_component_is_compiled_from_its_source_and_usable_by_itself() -> None:
    spec = importlib.util.spec_from_file_location("compile_components", TOOLS / "compile_components.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert _bare(module.compiled()) == _bare(S3_SYNC.read_text()), "run tools/compile_components.py"
    assert components.load_component_from_file(str(S3_SYNC)).component_spec.inputs.keys() == {"source", "target"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    made = Aws()
    yield made.url
    made.stop()


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {"ACCESS_KEY_ID": "a", "SECRET_ACCESS_KEY": "b", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    return boto3.client("s3")


def test_the_component_copies_what_differs_both_ways(s3: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    s3.create_bucket(Bucket="steps")
    for name, body in {"raw/a.csv": b"1", "raw/deep/b.csv": b"2", "raw/.kfinfra-manifest.json": b"{}", "rawer/c": b"3"}.items():
        s3.put_object(Bucket="steps", Key=name, Body=body)
    folder = tmp_path / "in"
    s3_sync("s3://steps/raw", str(folder))
    assert {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()} == {
        "a.csv": b"1",
        "deep/b.csv": b"2",
    }
    (folder / "a.csv").write_bytes(b"9")
    s3_sync("s3://steps/raw/", str(folder))
    assert (folder / "a.csv").read_bytes() == b"1"
    (folder / "new.csv").write_bytes(b"4")
    s3_sync(str(folder), "s3://steps/out")
    s3_sync(str(folder), "s3://steps/out")
    counts = [line.rpartition(": ")[2] for line in capsys.readouterr().out.splitlines()]
    assert counts == ["2 of 2 files copied", "1 of 2 files copied", "3 of 3 files copied", "0 of 3 files copied"]
    assert s3.get_object(Bucket="steps", Key="out/deep/b.csv")["Body"].read() == b"2"


def test_the_component_writes_nothing_outside_its_folder_and_needs_one_side_in_s3(s3: Any, tmp_path: Path) -> None:
    s3.create_bucket(Bucket="evil")
    s3.put_object(Bucket="evil", Key="p/../../escaped", Body=b"x")
    with pytest.raises(ValueError, match="outside"):
        s3_sync("s3://evil/p", str(tmp_path / "in"))
    assert not (tmp_path.parent / "escaped").exists()
    for source, target in (("a", "b"), ("s3://a", "s3://b")):
        with pytest.raises(ValueError, match="one of source and target"):
            s3_sync(source, target)
    with pytest.raises(FileNotFoundError, match="is not a folder"):
        s3_sync(str(tmp_path / "none"), "s3://evil/q")
