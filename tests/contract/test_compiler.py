"""Python sources through real kfp in a real child process: packages, mistakes, and a cache that starts no process."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from kfinfra.compiler.compile import Compiler
from kfinfra.diag import DiagnosticError
from kfinfra.pipelines.dag.failure import DagError
from kfinfra.pipelines.digest import package_digest
from kfinfra.pipelines.package import parse_package

SOURCE = """
from kfp import dsl
from helper import IMAGE

print("user code speaks")

@dsl.component(base_image=IMAGE)
def fit(epochs: int) -> float:
    return 1.0 / epochs

@dsl.pipeline(name="train")
def train(epochs: int = 3):
    fit(epochs=epochs)
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "helper.py").write_text('IMAGE = "python:3.11"\n')
    (tmp_path / "pipelines" / "train.py").write_text(SOURCE)
    return tmp_path


def compiled(folder, function=None, timeout=60.0, source="pipelines/train.py"):
    return Compiler(folder, folder / ".kfinfra" / "packages", timeout).compile(source, function)


def refused(folder, **how):
    with pytest.raises(DiagnosticError) as caught:
        compiled(folder, **how)
    (found,) = caught.value.diagnostics
    return found


def write(folder, text):
    (folder / "pipelines" / "train.py").write_text(text)


def without_children(monkeypatch):
    """No interpreter can be started from here on: what still works started none."""
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")


def test_a_source_becomes_a_package_and_prints_nothing(folder, capfd):
    package = parse_package(compiled(folder), "train")
    assert package.spec["pipelineInfo"] == {"name": "train"}
    assert package.spec["deploymentSpec"]["executors"]["exec-fit"]["container"]["image"] == "python:3.11"
    assert capfd.readouterr() == ("", "")
    assert sorted(p.name for p in (folder / "pipelines").iterdir()) == ["helper.py", "train.py"]


def test_an_unchanged_source_comes_from_the_cache_without_a_process(folder, monkeypatch):
    first = compiled(folder)
    without_children(monkeypatch)
    assert compiled(folder) == first
    (entry,) = (folder / ".kfinfra" / "packages").iterdir()
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600


def test_a_hit_imports_no_kfp(folder):
    compiled(folder)
    code = "import sys, pathlib; from kfinfra.compiler.compile import Compiler\n"
    code += "Compiler(pathlib.Path('.'), pathlib.Path('.kfinfra/packages')).compile('pipelines/train.py', None)\n"
    code += "print(sorted({m.split('.')[0] for m in sys.modules} & {'kfp', 'google', 'kubernetes', 'yaml'}))"
    out = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"


def test_what_the_source_imports_is_part_of_the_key(folder):
    before = package_digest(parse_package(compiled(folder), "a"))
    (folder / "pipelines" / "helper.py").write_text('IMAGE = "python:3.12"\n')
    after = compiled(folder)
    assert "python:3.12" in after
    assert package_digest(parse_package(after, "b")) != before


def test_files_that_the_source_reads_are_part_of_the_key(folder):
    (folder / "image.txt").write_text("one:1")
    (folder / "pipelines" / "helper.py").write_text("from pathlib import Path\nIMAGE = Path('image.txt').read_text()\n")
    assert "one:1" in compiled(folder)
    (folder / "image.txt").write_text("two:2")
    assert "two:2" in compiled(folder)


def test_folders_that_the_source_lists_are_part_of_the_key(folder):
    (folder / "pipelines" / "helper.py").write_text("import os\nIMAGE = 'x:' + str(len(os.listdir('images')))\n")
    (folder / "images").mkdir()
    assert "x:0" in compiled(folder)
    (folder / "images" / "one").write_text("")
    assert "x:1" in compiled(folder)


def test_a_new_file_that_nothing_lists_or_imports_changes_nothing(folder, monkeypatch):
    first = compiled(folder)
    (folder / "main.hcl").write_text("")
    (folder / "state").mkdir()
    without_children(monkeypatch)
    assert compiled(folder) == first


EMBEDDING = """
from kfp import dsl

@dsl.component(base_image="python:3.11", embedded_artifact_path="data")
def show(data: dsl.EmbeddedInput[dsl.Dataset]):
    print(data.path)

@dsl.pipeline(name="show")
def pipeline():
    show()
"""


def test_embedded_files_compiled_twice_are_one_version(folder):
    (folder / "data").mkdir()
    (folder / "data" / "rows.csv").write_text("1,2\n")
    write(folder, EMBEDDING)
    first = compiled(folder)
    shutil.rmtree(folder / ".kfinfra")
    os.utime(folder / "data" / "rows.csv", (1, 1))
    second = compiled(folder)
    assert first != second
    assert package_digest(parse_package(first, "1")) == package_digest(parse_package(second, "2"))
    (folder / "data" / "more.csv").write_text("1,3\n")
    assert package_digest(parse_package(compiled(folder), "3")) != package_digest(parse_package(first, "1"))


def test_a_module_that_comes_to_shadow_another_is_noticed(folder):
    (folder / "helper.py").write_text('IMAGE = "root:1"\n')
    (folder / "pipelines" / "helper.py").unlink()
    assert "root:1" in compiled(folder)
    (folder / "pipelines" / "helper.py").write_text('IMAGE = "near:1"\n')
    assert "near:1" in compiled(folder)


def test_a_broken_entry_is_no_entry(folder):
    first = compiled(folder)
    (entry,) = (folder / ".kfinfra" / "packages").iterdir()
    for damage in ("", "{", entry.read_text().replace("python:3.11", "evil:1")):
        entry.write_text(damage)
        assert compiled(folder) == first
        entry.unlink()


def test_an_exception_is_shown_at_the_users_own_line(folder):
    write(folder, SOURCE.replace("fit(epochs=epochs)", "fit(rounds=epochs)"))
    found = refused(folder)
    assert found.summary == "Pipeline source does not compile"
    assert "rounds" in found.detail and "user code speaks" in found.detail
    assert (found.span.filename, found.span.code) == ("pipelines/train.py", "    fit(rounds=epochs)")


def test_an_exception_in_an_imported_file_is_shown_there(folder):
    (folder / "pipelines" / "helper.py").write_text("IMAGE = {}['image']\n")
    found = refused(folder)
    assert (found.span.filename, found.span.start.line) == ("pipelines/helper.py", 1)
    assert "KeyError" in found.detail


def test_a_syntax_error_is_shown_at_its_line(folder):
    write(folder, "from kfp import dsl\n\ndef broken(:\n    pass\n")
    found = refused(folder)
    assert (found.span.start.line, found.span.code) == (3, "def broken(:")


def test_a_missing_module_has_a_hint(folder):
    write(folder, "import nosuchmodule\n")
    assert 'install "nosuchmodule"' in refused(folder).hint


def test_a_source_that_exits_or_dies_is_an_error(folder):
    write(folder, "raise SystemExit(0)\n")
    assert "SystemExit" in refused(folder).detail
    write(folder, "print('last words', flush=True)\nimport os\nos.abort()\n")
    found = refused(folder)
    assert "signal 6" in found.detail and "last words" in found.detail


def test_a_source_that_never_ends_is_stopped_with_all_it_started(folder):
    (folder / "ready").write_text("")
    endless = "subprocess.Popen(['sleep', '987'])\nopen('ready', 'w').write('yes')\ntime.sleep(987)\n"
    write(folder, "import subprocess, time\n" + endless)
    found = refused(folder, timeout=6.0)
    assert found.summary == "Compiling takes too long"
    assert (folder / "ready").read_text() == "yes"
    assert not [p for p in Path("/proc").glob("[0-9]*/cmdline") if _reads(p) == b"sleep\0987\0"]


def _reads(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_one_of_several_pipelines_is_named(folder):
    write(folder, SOURCE + "\n@dsl.pipeline(name='other')\ndef other():\n    fit(epochs=1)\n")
    found = refused(folder)
    assert found.summary == "Several pipelines in the source" and "other, train" in found.detail
    assert parse_package(compiled(folder, "other"), "x").spec["pipelineInfo"] == {"name": "other"}


def test_sources_without_the_pipeline_are_refused(folder):
    assert "component, not a pipeline" in refused(folder, function="fit").detail
    assert "Pipelines in it: train" in refused(folder, function="nope").detail
    write(folder, "x = 1\n")
    assert refused(folder).summary == "No pipeline in the source"
    assert refused(folder, source="pipelines/none.py").summary == "No such pipeline source"
    assert refused(folder, source="../up.py").summary == "Pipeline source outside the configuration"


def test_a_package_with_relative_imports_compiles(folder):
    (folder / "pipelines" / "__init__.py").write_text("")
    write(folder, SOURCE.replace("from helper", "from .helper"))
    assert "python:3.11" in compiled(folder)


FIT = "def fit(epochs: int) -> float:\n    return 1.0 / epochs\n"
DAG = {
    "is": "Dag",
    "parameters": [],
    "components": [{"is": "Component", "name": "fit", "kind": "python", "options": {"python": "pipelines/fit.py"}}],
    "steps": [{"is": "Task", "name": "fit", "component": "fit", "arguments": {"epochs": {"is": "Constant", "value": 3}}}],
    "outputs": {},
}


def test_a_pipeline_in_hcl_is_compiled_once(folder, monkeypatch):
    (folder / "pipelines" / "fit.py").write_text(FIT)
    compiler = Compiler(folder, folder / ".kfinfra" / "packages", 60.0)
    first = compiler.compile_dag(DAG, "score", {})
    assert parse_package(first, "x").spec["pipelineInfo"] == {"name": "score"}
    (folder / "pipelines" / "fit.py").write_text(FIT.replace("1.0", "2.0"))
    assert "2.0 / epochs" in compiler.compile_dag(DAG, "score", {})
    (folder / "pipelines" / "fit.py").write_text(FIT.replace("epochs: int", "rounds: int"))
    with pytest.raises(DagError) as caught:
        compiler.compile_dag(DAG, "score", {})
    assert {p.summary for p in caught.value.problems} == {"Unknown input", "Missing input"}
    (folder / "pipelines" / "fit.py").write_text(FIT)
    kept = compiler.compile_dag(DAG, "score", {})
    without_children(monkeypatch)
    assert compiler.compile_dag(DAG, "score", {}) == kept


def test_a_component_from_a_url_is_fetched_once_and_pinned(folder):
    content = b"name: load\nimplementation:\n  container:\n    image: busybox\n    command: [true]\n"
    (folder / "component.yaml").write_bytes(content)
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    compiler = Compiler(folder, folder / ".kfinfra" / "packages", 60.0)
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/component.yaml"
        with pytest.raises(DiagnosticError, match="Component has changed"):
            compiler.component_text(url, "sha256:" + "0" * 64)
        assert compiler.component_text(url, digest) == content.decode()
        server.shutdown()
    assert compiler.component_text(url, digest) == content.decode()
    with pytest.raises(DiagnosticError, match="Cannot fetch the component"):
        compiler.component_text(url, "sha256:" + "0" * 64)
