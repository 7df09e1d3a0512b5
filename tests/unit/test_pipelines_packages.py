"""Packages read as KFP's server reads them, refused as it refuses them, and named by what they mean."""

import base64
import copy
import io
import tarfile
import zipfile

import pytest
from google.protobuf.descriptor import FieldDescriptor
from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes_pb2
from kfp.pipeline_spec import pipeline_spec_pb2 as pb2

from kfinfra.diag import DiagnosticError, Severity
from kfinfra.pipelines import protos
from kfinfra.pipelines.digest import package_digest
from kfinfra.pipelines.package import Package, from_server, parse_content, parse_package, to_yaml
from kfinfra.pipelines.validation import problems_of

TEXT = """
components:
  comp-fit:
    executorLabel: exec-fit
    inputDefinitions: {parameters: {epochs: {parameterType: NUMBER_INTEGER}}}
    outputDefinitions: {parameters: {Output: {parameterType: NUMBER_INTEGER}}}
deploymentSpec:
  executors:
    exec-fit:
      container: {image: "python:3.11", command: [sh, -c, "true"]}
pipelineInfo: {name: train}
root:
  dag:
    tasks:
      fit:
        componentRef: {name: comp-fit}
        inputs: {parameters: {epochs: {runtimeValue: {constant: 3}}}}
        taskInfo: {name: fit}
schemaVersion: 2.1.0
sdkVersion: kfp-2.17.0
---
platforms:
  kubernetes:
    deploymentSpec:
      executors:
        exec-fit:
          nodeSelector: {labels: {disk: ssd}}
"""


def package():
    return parse_package(TEXT, "train.yaml")


def refused(call, *args):
    with pytest.raises(DiagnosticError) as caught:
        call(*args)
    (found,) = caught.value.diagnostics
    return found


def changed(path, value):
    """The package with one value set, or taken away where `value` is None."""
    spec = copy.deepcopy({"spec": package().spec, "platform": package().platform})
    at = spec
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return Package(spec["spec"], spec["platform"])


def problems(path, value):
    return [d.detail for d in problems_of(changed(path, value)) if d.severity is Severity.ERROR]


# --- reading


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("1e3", 1000.0),
        ("1:30", "1:30"),
        ("0o17", 15),
        ("017", 15),
        ("0x1F", 31),
        ("1_000", 1000),
        ("2024-01-02", "2024-01-02T00:00:00Z"),
        ("2024-01-02 03:04:05", "2024-01-02T03:04:05Z"),
        ("~", None),
        ("=", "="),
        ("+.inf", float("inf")),
        ("08", 8),
    ],
)
def test_plain_scalars_are_what_go_takes_them_for(written, read):
    found = parse_package(f"pipelineInfo: {{name: {written}}}", "p")
    assert found.spec["pipelineInfo"]["name"] == read


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no PipelineSpec"),
        ("# nothing\n---\n", "no PipelineSpec"),
        ("- a\n", "no object"),
        (TEXT + "---\n" + TEXT.split("---")[0], "2 PipelineSpecs"),
        (TEXT + "---\nplatforms: {}\n", "2 PlatformSpecs"),
        (TEXT + "---\nplatform: {}\n", "neither a PipelineSpec nor a PlatformSpec; it has platform"),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n", "Argo Workflow"),
    ],
)
def test_what_is_no_package_is_refused(text, words):
    assert words in refused(parse_package, text, "p.yaml").detail


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("a: [1\nb: 2", "did not find", 2),
        ("pipelineInfo:\n  name: a\n  name: b\n", '"name" stands twice', 3),
        ("components:\n  1: {}\n", "'1' is not text", 2),
        ("components:\n  true: {}\n", "'true' is not text", 2),
    ],
)
def test_bad_yaml_is_refused_at_its_place(text, words, line):
    found = refused(parse_package, text, "p.yaml")
    assert words in found.detail and found.span.start.line == line and found.span.filename == "p.yaml"


def archive(files, kind):
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as file:
            for name, text in files.items():
                file.writestr(name, text)
    else:
        with tarfile.open(fileobj=out, mode="w:gz") as file:
            for name, text in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(text)
                file.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_archives_hold_one_package(kind):
    assert parse_content(archive({"pipeline.yaml": TEXT}, kind), "p") == package()
    assert "2 files" in refused(parse_content, archive({"a.yaml": TEXT, "b.yaml": TEXT}, kind), "p").detail
    assert "0 files" in refused(parse_content, archive({}, kind), "p").detail
    assert "cannot be read" in refused(parse_content, archive({"a.yaml": TEXT}, kind)[:40], "p").detail
    assert "32 MiB" in refused(parse_content, archive({"a.yaml": "#" * (2**25 + 1)}, kind), "p").detail


def test_bytes_that_are_no_text_are_refused():
    assert "UTF-8" in refused(parse_content, b"\x89PNG\xff\xfe", "p.png").detail
    assert parse_content("\ufeff".encode() + TEXT.encode(), "p") == package()


def test_what_the_server_returns_is_a_package_in_both_its_forms():
    assert from_server({"pipeline_spec": package().spec, "platform_spec": package().platform}) == package()
    assert from_server(package().spec) == Package(package().spec, None)
    assert "no pipeline_spec" in refused(from_server, None).detail


# --- the table of fields against the installed protos


def test_the_fields_are_those_of_the_installed_protos():
    newer = {("ExecutorConfig", "initContainers")}
    seen = set()
    pairs = [("PipelineSpec", pb2.PipelineSpec), ("PlatformSpec", pb2.PlatformSpec)]
    pairs += [("DeploymentConfig", pb2.PipelineDeploymentConfig), ("ExecutorConfig", kubernetes_pb2.KubernetesExecutorConfig)]
    todo = [(name, message.DESCRIPTOR) for name, message in pairs]
    while todo:
        name, theirs = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        ours = {f.json: f for f in protos.messages()[name].values() if (name, f.json) not in newer}
        assert set(ours) == {f.json_name for f in theirs.fields}, name
        for field in theirs.fields:
            mine = ours[field.json_name]
            assert mine.proto == field.name
            inner = field
            if field.message_type is not None and field.message_type.GetOptions().map_entry:
                assert mine.repeats == "map"
                inner = field.message_type.fields_by_name["value"]
            else:
                assert (mine.repeats == "list") == _repeated(field), (name, field.name)
            groups = field.containing_oneof and not field.containing_oneof.name.startswith("_")
            assert bool(mine.group) == bool(groups), (name, field.name)
            if inner.enum_type is not None:
                assert protos.ENUMS[mine.type] == tuple(v.name for v in inner.enum_type.values)
            elif inner.message_type is None:
                assert mine.type == SCALARS[inner.type], (name, field.name)
                assert mine.present == field.has_presence or mine.repeats, (name, field.name)
            elif mine.type in protos.messages() and inner.message_type.name != "Struct":
                todo.append((mine.type, inner.message_type))
            else:
                assert inner.message_type.name in (mine.type, "Struct")
    assert set(protos.messages()) - seen == {"InitContainer", "VolumeMount", "InitResources"}


SCALARS = {
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_DOUBLE: "double",
}


def _repeated(field):
    return field.is_repeated if hasattr(field, "is_repeated") else field.label == FieldDescriptor.LABEL_REPEATED


# --- what a server would refuse or drop

TASK = ("spec", "root", "dag", "tasks", "fit")
CONTAINER = ("spec", "deploymentSpec", "executors", "exec-fit", "container")
CONFIG = ("platform", "platforms", "kubernetes", "deploymentSpec", "executors", "exec-fit")


def test_a_sound_package_has_no_problems():
    assert problems_of(package()) == ()


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("spec", "schemaVersion"), "2.0.0", 'schemaVersion is "2.0.0"'),
        (("spec", "pipelineInfo", "name"), None, "no name"),
        (("spec", "pipelineInfo", "name"), "Train_1", '"Train_1" is none'),
        (("spec", "root"), None, "no root"),
        (("spec", "component"), {}, 'Did you mean "components"?'),
        (("spec", "pipeline_info"), {"name": "b"}, '"pipelineInfo" is written twice'),
        ((*TASK, "dependentTasks"), "fit", 'a list is wanted, not the text "fit"'),
        ((*TASK, "dependentTasks"), ["load"], 'runs after "load", which is no task beside it'),
        ((*TASK, "dependentTasks"), ["fit"], "wait for each other: fit"),
        ((*TASK, "componentRef", "name"), "comp-fitt", 'no component "comp-fitt". Did you mean "comp-fit"?'),
        ((*TASK, "inputs"), None, '"epochs" gets no value'),
        ((*TASK, "inputs", "parameters", "epochs"), {"componentInputParameter": "n"}, 'comes from the input "n"'),
        (
            (*TASK, "inputs", "parameters", "epochs"),
            {"taskOutputParameter": {"producerTask": "load", "outputParameterKey": "x"}},
            'output of "load", which is no task',
        ),
        (
            (*TASK, "inputs", "parameters", "epochs"),
            {"componentInputParameter": "n", "runtimeValue": {"constant": 1}},
            'only one of "componentInputParameter" and "runtimeValue"',
        ),
        ((*TASK, "triggerPolicy"), {"strategy": "ALWAYS"}, '"ALL_UPSTREAM_TASKS_SUCCEEDED" or "ALL_UPSTREAM_TASKS_COMPLETED"'),
        ((*TASK, "triggerPolicy"), {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}, "no task besides exit tasks"),
        ((*TASK, "retryPolicy"), {"backoffDuration": "30"}, 'a duration such as "30s"'),
        ((*TASK, "retryPolicy"), {"maxRetryCount": 1.5}, "a whole number is wanted"),
        ((*TASK, "retryPolicy"), {"maxRetryCount": 2**31}, "a whole number is wanted"),
        (("spec", "components", "comp-fit", "executorLabel"), "exec-fot", 'no executor "exec-fot". Did you mean "exec-fit"?'),
        (("spec", "components", "comp-fit", "executorLabel"), None, "neither a dag nor an executor"),
        (("spec", "components", "comp-fit", "dag"), {"tasks": {}}, 'only one of "executorLabel" and "dag"'),
        ((*CONTAINER, "image"), None, "has no image"),
        ((*CONTAINER, "imagePull"), "x", '"imagePull" is no field'),
        ((*CONTAINER, "env"), [{"name": "A", "value": 1}], "text is wanted, not the number 1"),
        ((*CONTAINER, "resources"), {"resourceCpuLimit": "2 cores"}, "resourceCpuLimit"),
        (("spec", "deploymentSpec", "executors", "exec-fit"), {"resolver": {}}, "containers and importers only"),
        ((*CONFIG[:4], "executors"), {"exec-fi": {}}, 'Settings of the executor "exec-fi" have no effect'),
        ((*CONFIG, "nodeselector"), {}, 'Did you mean "nodeSelector"?'),
        ((*CONFIG, "imagePullPolicy"), "Sometimes", '"Sometimes" is none of'),
        ((*CONFIG, "pvcMount"), [{"constant": "a"}], "without a mountPath"),
        ((*CONFIG, "emptyDirMounts"), [{"sizeLimit": "5 Gi"}], "sizeLimit"),
        ((*CONFIG, "genericEphemeralVolume"), [{"size": "1Gi", "accessModes": ["RWO"]}], '"RWO" is no access mode'),
        ((*CONFIG, "securityContext"), {"runAsUser": 0, "runAsNonRoot": True}, "runAsNonRoot"),
        (("platform", "platforms", "google_cloud"), {}, '"google_cloud" has no effect'),
        (("platform", "platforms"), {"k8s": {}}, "drops it without a word"),
    ],
)
def test_what_a_server_would_refuse_or_drop_is_a_problem(path, value, words):
    assert words in " ".join(problems(path, value))


def test_a_component_within_itself_is_a_problem():
    spec = copy.deepcopy(package().spec)
    spec["components"]["comp-loop"] = {"dag": {"tasks": {"again": {"componentRef": {"name": "comp-loop"}}}}}
    spec["root"]["dag"]["tasks"]["loop"] = {"componentRef": {"name": "comp-loop"}}
    assert "holds itself" in " ".join(d.detail for d in problems_of(Package(spec, None)))


def test_a_field_of_a_newer_kfp_is_left_to_its_server():
    spec = changed((*TASK, "brandNewThing"), {"a": 1}).spec
    assert "no field" in problems((*TASK, "brandNewThing"), {"a": 1})[0]
    assert problems_of(Package({**spec, "sdkVersion": "kfp-2.99.0"}, None)) == ()


# --- digests


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("spec", "sdkVersion"), "kfp-2.16.0"),
        (("spec", "defaultPipelineRoot"), ""),
        ((*TASK, "cachingOptions"), None),
        ((*TASK, "inputs", "parameters", "epochs"), {"runtime_value": {"constant": 3.0}}),
        (("spec", "components", "comp-fit", "inputDefinitions", "parameters", "epochs"), {"parameter_type": 2}),
        ((*CONTAINER, "env"), []),
        ((*CONFIG, "tolerations"), []),
        ((*CONFIG[:4], "executors", "exec-other"), {}),
    ],
)
def test_what_means_the_same_has_the_same_digest(path, value):
    other = changed(path, value) if value is not None else package()
    assert package_digest(other) == package_digest(package())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*TASK, "cachingOptions"), {}),
        ((*TASK, "inputs", "parameters", "epochs", "runtimeValue", "constant"), 4),
        ((*TASK, "inputs", "parameters", "epochs", "runtimeValue", "constant"), "3"),
        ((*CONTAINER, "image"), "python:3.12"),
        ((*CONTAINER, "command"), ["sh", "-c", "false"]),
        ((*CONFIG, "nodeSelector", "labels", "disk"), "hdd"),
        (("platform", "platforms"), {}),
    ],
)
def test_what_means_something_else_has_another_digest(path, value):
    assert package_digest(changed(path, value)) != package_digest(package())


def test_resources_are_compared_as_quantities():
    def one(text):
        return package_digest(changed((*CONTAINER, "resources"), {"resourceCpuLimit": text}))

    assert one("1000m") == one("1") == one("1.0")
    assert one("1") != one("2")
    assert one("{{$.inputs.parameters['cpu']}}") != one("1")


PIP = "python3 -m pip install --quiet --no-warn-script-location {} '--no-deps' 'typing-extensions>=3.7.4,<5'"


def test_the_pin_that_kfp_injects_is_left_out_and_a_users_own_is_not():
    def injected(version):
        return package_digest(changed((*CONTAINER, "command"), ["sh", "-c", PIP.format(f"'kfp=={version}'")]))

    def own(version):
        return package_digest(changed((*CONTAINER, "command"), ["sh", "-c", f"pip install 'kfp=={version}' 'pandas'"]))

    assert injected("2.16.1") == injected("2.17.0")
    assert own("2.16.1") != own("2.17.0")


def embedded(files, mtime, mode=0o644):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as file:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.mode = len(text), mtime, mode
            file.addfile(info, io.BytesIO(text.encode()))
    source = f"__KFP_EMBEDDED_ARCHIVE_B64 = '{base64.b64encode(out.getvalue()).decode()}'\nimport base64\n"
    return package_digest(changed((*CONTAINER, "command"), ["sh", "-c", source]))


def test_embedded_archives_count_by_their_files():
    assert embedded({"a": "1", "b": "2"}, 1) == embedded({"b": "2", "a": "1"}, 2)
    assert embedded({"a": "1"}, 1) != embedded({"a": "2"}, 1)
    assert embedded({"a": "1"}, 1) != embedded({"b": "1"}, 1)
    assert embedded({"a": "1"}, 1) != embedded({"a": "1"}, 1, 0o755)


def test_what_is_uploaded_has_the_digest():
    assert package_digest(parse_package(to_yaml(package()), "p")) == package_digest(package())
