"""Uploads to the sandbox's KFP: what a package must be, what is kept of it, and the words of a refusal."""

from __future__ import annotations

import copy
import gzip
import io
import json
import tarfile
import uuid
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
import yaml

from kfinfra.sandbox.http import Served
from kfinfra.sandbox.kfp.app import make_app
from kfinfra.sandbox.kfp.world import World

SPEC: dict[str, Any] = {
    "schemaVersion": "2.1.0",
    "pipelineInfo": {"name": "train"},
    "components": {"comp-say": {"executorLabel": "exec-say"}},
    "deploymentSpec": {"executors": {"exec-say": {"container": {"image": "python:3.11", "resources": {"cpuLimit": 1.0}}}}},
    "root": {"dag": {"tasks": {"say": {"taskInfo": {"name": "say"}, "componentRef": {"name": "comp-say"}}}}},
}
PLATFORM: dict[str, Any] = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {"exec-say": {"nodeSelector": {}}}}}}}


def text(*documents: Any) -> bytes:
    return yaml.safe_dump_all(documents).encode()


def changed(**changes: Any) -> dict[str, Any]:
    return {n: v for n, v in (copy.deepcopy(SPEC) | changes).items() if v is not None}


class Server:
    """A served world, uploaded to as any HTTP client would."""

    def __init__(self, multi_user: bool = False) -> None:
        self.world = World(multi_user)
        self.served = Served(make_app(multi_user, self.world))

    def upload(
        self, data: bytes, path: str = "upload", file: str = "train.yaml", field: str = "uploadfile", user: str = "", **query: str
    ) -> Any:
        """The status, the kind of the answer, and the answer."""
        edge = uuid.uuid4().hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="{file}"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
        address = f"{self.served.url}/apis/v2beta1/pipelines/{path}?{urlencode(query)}"
        headers = {"Content-Type": f"multipart/form-data; boundary={edge}", "kubeflow-userid": user}
        request = Request(address, body, headers, method="POST")
        try:
            with urlopen(request) as answer:
                return answer.status, json.loads(answer.read())
        except HTTPError as problem:
            return problem.code, problem.headers.get_content_type(), problem.read().decode()

    def kept(self, *documents: Any) -> dict[str, Any]:
        """What the server keeps of a package."""
        status, *rest = self.upload(text(*documents), name=uuid.uuid4().hex)
        assert status == 200, rest
        (version,) = [v for v in self.world.versions.values() if v["pipeline_id"] == rest[0]["pipeline_id"]]
        return dict(version["pipeline_spec"])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.served.stop()


def words(answer: Any) -> str:
    """The message of a refusal by the upload handlers."""
    status, kind, body = answer
    parsed = json.loads(body)
    assert kind == "application/json" and parsed.keys() == {"error_message", "error_details"} and status == 400
    return str(parsed["error_message"])


def test_an_upload_also_makes_a_version_of_its_name_without_tags(server: Server) -> None:
    more = {"display_name": "Shown", "description": "Why.", "code_source_url": "https://x"}
    status, made = server.upload(text(SPEC), name="first", tags='{"team": "ml"}', **more)
    (version,) = [v for v in server.world.versions.values() if v["pipeline_id"] == made["pipeline_id"]]
    assert status == 200 and made["tags"] == {"team": "ml"} and "tags" not in version
    assert [version[n] for n in ("name", *more)] == ["first", *more.values()]


def test_the_files_name_stands_in_for_a_missing_one(server: Server) -> None:
    assert server.upload(text(SPEC), file="from-file.yaml")[1]["name"] == "from-file.yaml"


def test_duplicates_are_a_409_in_vague_words(server: Server) -> None:
    _, made = server.upload(text(SPEC), name="twice")
    status, _, body = server.upload(text(SPEC), name="twice")
    assert (status, json.loads(body)["error_message"]) == (409, "Failed to create a pipeline and a pipeline version")
    again = {"path": "upload_version", "pipelineid": made["pipeline_id"], "name": "twice"}
    assert server.upload(text(SPEC), **again)[0] == 409
    assert server.upload(text(SPEC), **again | {"name": "other"})[0] == 200


def test_an_unknown_pipeline_is_a_vague_400(server: Server) -> None:
    for query in ({"pipelineid": "nobody"}, {}):
        assert words(server.upload(text(SPEC), "upload_version", name="v", **query)) == "Failed to create a pipeline version"


def test_over_long_names_are_plain_text(server: Server) -> None:
    status, kind, body = server.upload(text(SPEC), name="x" * 129)
    assert (status, kind) == (400, "text/plain") and "Pipeline.Name length cannot exceed 128" in body
    pipeline = server.upload(text(SPEC), name="short")[1]["pipeline_id"]
    assert server.upload(text(SPEC), "upload_version", pipelineid=pipeline, name="x" * 127)[0] == 200
    status, kind, _ = server.upload(text(SPEC), "upload_version", pipelineid=pipeline, name="x" * 128)
    assert (status, kind) == (400, "text/plain")


def test_a_pipeline_of_128_bytes_has_no_room_for_its_version_and_leaves_nothing(server: Server) -> None:
    before = len(server.world.pipelines)
    assert server.upload(text(SPEC), name="x" * 128)[0] == 500 and len(server.world.pipelines) == before


def test_tags_of_an_upload_are_checked(server: Server) -> None:
    assert "Expected JSON object" in words(server.upload(text(SPEC), name="tagged", tags="[]"))
    assert "must not contain '.'" in words(server.upload(text(SPEC), name="tagged", tags='{"a.b": "c"}'))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (changed(colour="red"), "unknown template format"),
        (changed(root=None), "unknown template format"),
        (changed(pipelineInfo={}), "unknown template format"),
        (changed(deploymentSpec=7), "unknown template format"),
        (changed(schemaVersion="2.0.0"), "KFP only supports schema version 2.1.0"),
        (changed(pipelineInfo={"name": "Train"}), "lowercase alphanumeric"),
        (changed(pipelineInfo={"name": "-train"}), "lowercase alphanumeric"),
        (changed(pipelineInfo={"name": "x" * 129}), "lowercase alphanumeric"),
        ({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow"}, "V1 pipeline specs are not allowed"),
        ([1], "failed to parse"),
    ],
)
def test_specs_that_are_refused(server: Server, spec: Any, said: str) -> None:
    assert said in words(server.upload(text(spec), name="never"))


def test_broken_text_and_second_specs_are_refused(server: Server) -> None:
    assert "failed to parse" in words(server.upload(b"a: [", name="never"))
    assert "multiple pipeline specs" in words(server.upload(text(SPEC, SPEC), name="never"))
    assert "multiple platform specs" in words(server.upload(text(SPEC, PLATFORM, PLATFORM), name="never"))


def test_a_spec_alone_comes_back_bare_and_with_a_platform_wrapped(server: Server) -> None:
    assert server.kept(SPEC)["pipelineInfo"] == {"name": "train"}
    both = server.kept(SPEC, PLATFORM)
    assert both.keys() == {"pipeline_spec", "platform_spec"} and both["platform_spec"] == PLATFORM


@pytest.mark.parametrize("platform", [{"platforms": {"kubernetes": {"colour": "red"}}}, {"platforms": {"other": {}}}, {"a": 1}])
def test_a_platform_that_does_not_parse_is_dropped_without_a_word(server: Server, platform: Any) -> None:
    assert "pipeline_spec" not in server.kept(SPEC, platform)


def test_executor_settings_are_not_looked_at(server: Server) -> None:
    odd = copy.deepcopy(PLATFORM)
    odd["platforms"]["kubernetes"]["deploymentSpec"]["executors"] = {"nobody": {"colour": "red"}}
    assert server.kept(SPEC, odd)["platform_spec"] == odd


def test_what_is_kept_is_written_anew(server: Server) -> None:
    task = {"taskInfo": {"name": "say"}, "componentRef": {"name": "comp-say"}, "cachingOptions": {"enableCache": False}}
    kept = server.kept(changed(root={"dag": {"tasks": {"say": task}}}, pipeline_info={"name": "a"}, pipelineInfo=None))
    assert kept["pipelineInfo"] == {"name": "a"}
    assert kept["root"]["dag"]["tasks"]["say"]["cachingOptions"] == {}
    assert json.dumps(server.kept(SPEC)["deploymentSpec"]["executors"]["exec-say"]["container"]["resources"]) == '{"cpuLimit": 1}'


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return out.getvalue()


def tarred(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def test_archives_are_opened(server: Server) -> None:
    for n, data in enumerate((zipped(a_yaml=b"x", pipeline_yaml=text(SPEC)), tarred("a.yml", text(SPEC)))):
        assert server.upload(data, file="train.zip", name=f"packed-{n}")[0] == 200
    assert server.upload(json.dumps(SPEC).encode(), file="train.json", name="packed-json")[0] == 200


@pytest.mark.parametrize(
    "data",
    [b"PK\x03broken", zipped(), zipped(a_txt=b""), gzip.compress(b"no tar"), b"\x1f\x8bxx", text(SPEC)],
    ids=["broken zip", "empty zip", "zip of an empty file", "no tar", "broken gzip", "plain"],
)
def test_other_files_are_refused_in_vague_words(server: Server, data: bytes) -> None:
    assert words(server.upload(data, file="train.bin", name="never")) == "Failed to read a pipeline spec file"


def test_a_missing_field_and_too_large_a_file_are_refused(server: Server) -> None:
    assert words(server.upload(text(SPEC), field="other", name="never")) == "Failed to read pipeline from file"
    assert words(server.upload(b"#" * ((32 << 20) + 1), name="never")) == "Failed to read a pipeline spec file"


def test_a_server_of_several_users_wants_a_user_and_a_namespace() -> None:
    server = Server(multi_user=True)
    try:
        assert words(server.upload(text(SPEC), name="never", namespace="ml")) == "Failed to create a pipeline"
        status, kind, body = server.upload(text(SPEC), name="never", user="ann@example.com")
        assert (status, kind) == (400, "text/plain") and "Namespace is required" in body
        assert server.upload(text(SPEC), name="fits", user="ann@example.com", namespace="ml")[1]["namespace"] == "ml"
    finally:
        server.served.stop()
