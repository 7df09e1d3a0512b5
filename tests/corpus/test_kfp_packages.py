"""kubeflow/pipelines' own compiled pipelines: read, digested as the server returns them, overridden, summarized, written."""

import json
from pathlib import Path

import pytest
import yaml
from google.protobuf import json_format
from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes_pb2
from kfp.pipeline_spec import pipeline_spec_pb2 as pb2

from kfinfra.diag import DiagnosticError, Severity
from kfinfra.pipelines.digest import canonical, package_digest
from kfinfra.pipelines.overrides import with_settings
from kfinfra.pipelines.package import from_server, parse_content, parse_package, to_yaml
from kfinfra.pipelines.summary import compare, summarize
from kfinfra.pipelines.tasks import container_of, tasks_of
from kfinfra.pipelines.validation import problems_of

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "kfp"
VALID = sorted((CORPUS / "valid").glob("*")) if CORPUS.is_dir() else []
INVALID = sorted((CORPUS / "invalid").glob("*")) if CORPUS.is_dir() else []
pytestmark = pytest.mark.skipif(not VALID, reason=f"{CORPUS} is missing: the corpus is not part of the repository")


def package_of(path):
    return parse_content(path.read_bytes(), path.name)


def protos(package):
    spec = json_format.ParseDict(package.spec, pb2.PipelineSpec())
    return spec, None if package.platform is None else json_format.ParseDict(package.platform, pb2.PlatformSpec())


def served(package, **how):
    """What KFP returns of it: both protos through a google.protobuf.Struct, where every number is a double."""
    spec, platform = (m and json.loads(json.dumps(json_format.MessageToDict(m, **how)), parse_int=float) for m in protos(package))
    return from_server(spec if platform is None else {"pipeline_spec": spec, "platform_spec": platform})


@pytest.mark.parametrize("path", VALID, ids=lambda p: p.stem)
def test_a_valid_package_is_sound_and_reads_as_pyyaml_reads_it(path):
    package = package_of(path)
    assert [d.detail for d in problems_of(package) if d.severity is Severity.ERROR] == []
    documents = [d for d in yaml.safe_load_all(path.read_text()) if d is not None]
    assert [package.spec, *([package.platform] if package.platform else [])] == documents
    assert parse_package(to_yaml(package), path.name) == package


@pytest.mark.parametrize("path", VALID, ids=lambda p: p.stem)
def test_the_digest_of_what_the_server_returns_is_that_of_what_was_uploaded(path):
    package = package_of(path)
    wanted = package_digest(package)
    for how in (
        {},
        {"preserving_proto_field_name": True},
        {"always_print_fields_with_no_presence": True},
        {"use_integers_for_enums": True},
    ):
        assert package_digest(served(package, **how)) == wanted, how


def test_packages_that_differ_have_digests_that_differ():
    packages = {path.name: package_of(path) for path in VALID}
    digests = {name: package_digest(package) for name, package in packages.items()}
    for name, package in packages.items():
        for other, digest in digests.items():
            if name < other and digest == digests[name]:
                assert canonical(package) == canonical(packages[other])
    assert len(set(digests.values())) > len(digests) * 0.9


SETTINGS = {
    "node_group": {"name": "gpu", "taints": [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}]},
    "mounts": [{"pvc": "data", "path": "/mnt/data", "sub_path": None}],
    "env": {"KFINFRA": "yes"},
    "env_from": [{"config_map": "training", "keys": {"REGION": "AWS_REGION"}}],
    "shared_memory": "1Gi",
    "retry": {"count": 2, "backoff": "30s"},
    "timeout": "1h",
    "cache": False,
    "labels": {"team": "ml"},
}


def strict(package):
    """Parsed strictly by the installed protos, the messages inside Structs too."""
    spec, platform = protos(package)
    json_format.ParseDict(json_format.MessageToDict(spec.deployment_spec), pb2.PipelineDeploymentConfig())
    for config in platform.platforms["kubernetes"].deployment_spec.executors.values() if platform else ():
        json_format.ParseDict(json_format.MessageToDict(config), kubernetes_pb2.KubernetesExecutorConfig())


@pytest.mark.parametrize("path", VALID, ids=lambda p: p.stem)
def test_settings_over_a_package_give_a_sound_package(path):
    package = package_of(path)
    after = with_settings(package, SETTINGS, {})
    strict(after)
    assert [d.detail for d in problems_of(after) if d.severity is Severity.ERROR] == []
    pods = [t.path for t in tasks_of(package.spec) if container_of(package.spec, t) is not None]
    shown = summarize(after)["tasks"]
    assert all(shown[p]["timeout"] == "3600s" and shown[p]["cache"] is False for p in pods)
    changed = {line.text.removeprefix("task ") for line in compare(summarize(package), summarize(after)) if line.depth == 0}
    assert changed == set(pods)
    assert package_digest(with_settings(after, SETTINGS, {})) == package_digest(after)


@pytest.mark.parametrize("path", VALID, ids=lambda p: p.stem)
def test_a_summary_is_json_and_equal_to_itself(path):
    package = package_of(path)
    summary = summarize(package)
    assert json.loads(json.dumps(summary)) == summary
    assert compare(summary, summary) == ()
    assert summarize(served(package)) == summary


@pytest.mark.parametrize("path", INVALID, ids=lambda p: p.stem)
def test_an_invalid_file_is_refused_before_any_call(path):
    with pytest.raises(DiagnosticError) as caught:
        problems = problems_of(package_of(path))
        raise DiagnosticError([d for d in problems if d.severity is Severity.ERROR])
    assert caught.value.diagnostics
    assert all(d.detail.endswith((".", "?")) for d in caught.value.diagnostics)
