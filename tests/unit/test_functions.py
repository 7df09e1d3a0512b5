"""Functions: signatures are Terraform's, kfinfra's own, files through the port, what differs each time, what mistakes say."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kfinfra.app.catalogue import provider_functions
from kfinfra.app.evaluating import Console, open_console
from kfinfra.app.options import Workplace
from kfinfra.config.files import FolderSources
from kfinfra.diag import DiagnosticError
from kfinfra.hcl.functions import Clock, standard_functions
from tests.fakes.bench import Bench

TREE = ("a.txt", "b.json", "sub/c.txt", "sub/deep/d.txt", "sub/.hidden/e.txt", "sub/[x].txt")
ROOT = Path(__file__).parents[2]
SIGNATURES = ROOT.parent / "shared" / "corpus" / "expressions" / "functions.json"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Console:
    folder: Path = tmp_path_factory.mktemp("functions")
    for name in ("a.txt", "sub/c.txt", *(f"tree/{n}" for n in TREE)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "t.tpl").write_text("Hello ${name}%{ for x in list } ${x}%{ endfor }!\n")
    (folder / "latin").write_bytes(b"\xff\xfe")
    (folder / "main.hcl").write_text('locals {\n  text = "Hi $${name}"\n}\n')
    return open_console(Workplace(folder, {}))


def wrong(console: Console, expression: str) -> str:
    """What a mistake is told with."""
    with pytest.raises(DiagnosticError) as caught:
        console.answer(expression)
    (only,) = caught.value.diagnostics
    return f"{only.summary}: {only.detail}"


def test_the_signatures_are_terraforms() -> None:
    if not SIGNATURES.is_file():
        pytest.skip(f"no corpus at {SIGNATURES}")
    wanted = {n.removeprefix("core::"): s for n, s in json.loads(SIGNATURES.read_text()).items()}
    known = standard_functions(FolderSources(Path(".")), Clock())
    assert set(known) == set(wanted) and len(known) == 118
    for name, signature in wanted.items():
        said = json.loads(json.dumps(known[name].described().__getstate__()))  # type: ignore[attr-defined]
        fixed = [[p["name"], p["type"]] for p in signature.get("parameters", [])]
        rest = signature.get("variadic_parameter")
        assert said == [name, fixed, [rest["name"], rest["type"]] if rest else None, signature["return_type"]]


def test_the_page_lists_all_functions() -> None:
    spec = importlib.util.spec_from_file_location("function_reference", ROOT / "tools" / "function_reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "functions.md").read_text() == module.page(), "run: python tools/function_reference.py"
    assert all(f.about for f in provider_functions())


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ('quantity_sum("500m", "1")', '"1500m"'),
        ('quantity_sum("1Gi", "512Mi", "1024")', '"1572865Ki"'),
        ('quantity_sum("1Gi", "1Gi")', '"2Gi"'),
        ('quantity_sum("1.5", "500m")', '"2"'),
        ("quantity_sum()", '"0"'),
        ('quantity_multiply("16Gi", 3)', '"48Gi"'),
        ('quantity_multiply("4", 0.9)', '"3600m"'),
        ('quantity_multiply("100m", 1/3)', '"33333334n"'),
        ('quantity_number("1Gi", "Mi")', "1024"),
        ('quantity_number("500m")', "0.5"),
        ('quantity_number("500m") < 1', "true"),
        ('quantity_sum("1Gi", sensitive("1Gi"))', "(sensitive value)"),
    ],
)
def test_quantities(console: Console, expression: str, shown: str) -> None:
    assert console.answer(f"provider::kubernetes::{expression}") == shown


def test_an_instance_type_and_a_uri(console: Console) -> None:
    assert console.answer('provider::aws::instance_type("p3.2xlarge").accelerators') == "1"
    assert console.answer('provider::aws::instance_type("t3.medium")') == (
        '{\n  "accelerator" = null\n  "accelerator_memory" = null\n  "accelerators" = 0\n  "architecture" = "x86_64"\n'
        '  "memory" = "4096Mi"\n  "resource" = null\n  "vcpus" = 2\n}'
    )
    assert console.answer('provider::aws::s3_uri_parse("s3://b/a/b.txt")') == '{\n  "bucket" = "b"\n  "key" = "a/b.txt"\n}'


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('provider::kubernetes::quantity_sum("1", "1 G")', 'Invalid value for "quantities" parameter: "1 G" is no quantity'),
        ('provider::kubernetes::quantity_number("1", "GB")', '"GB" is no suffix'),
        ('provider::aws::instance_type("p3.2xlarg")', 'Did you mean "p3.2xlarge"'),
        ('provider::aws::instance_type("x9z.1")', "write its size out"),
        ('provider::aws::s3_uri_parse("b/a")', "no s3://BUCKET/KEY"),
        ("provider::aws::instance_typ(1)", 'Did you mean "provider::aws::instance_type"?'),
        ('file("nope.txt")', 'no file exists at "nope.txt" (seen from the root module\'s folder'),
        ('file("latin")', "not valid UTF-8"),
        ('file("sub")', '"sub" is a folder'),
        ('fileexists("sub")', "not a regular file"),
        ('fileset("sub", "[")', "not a valid pattern"),
        ('templatefile("t.tpl", { name = 1 })', 'does not contain key "list"'),
        ('templatefile("t.tpl", 1)', "must be a map"),
        ("len([])", 'Did you mean "length"?'),
        ("filter([], 1)", "[for x in list : x if condition]"),
        ('bcrypt("x", 3)', "from 4 to 31"),
        (f'bcrypt("{"x" * 73}")', "more than 72 bytes"),
    ],
)
def test_mistakes_name_the_argument_and_what_to_do(console: Console, expression: str, said: str) -> None:
    assert said in wrong(console, expression)


def test_files_and_templates(console: Console) -> None:
    assert console.answer('file("sub/c.txt")') == '"sub/c.txt"'
    assert console.answer('file("${path.module}/a.txt")') == '"a.txt"'
    assert console.answer('filebase64("a.txt")') == '"YS50eHQ="'
    assert console.answer('filesha256("a.txt") == sha256("a.txt") && filemd5("a.txt") == md5("a.txt")') == "true"
    assert (
        console.answer('[fileexists("a.txt"), fileexists("no/a.txt"), fileexists("a.txt/b")]')
        == "[\n  true,\n  false,\n  false,\n]"
    )
    assert console.answer('templatefile("t.tpl", { name = "you", list = [1, 2] })') == "<<EOT\nHello you 1 2!\n\nEOT"
    assert console.answer('templatestring(local.text, { name = "you" })') == '"Hi you"'


@pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform, the reference, is not on this machine")
def test_fileset_is_terraforms(console: Console) -> None:
    folder = console._config.evaluation.functions["abspath"].call(["."])
    patterns = [
        "*",
        "*.txt",
        "**",
        "**/*.txt",
        "sub/*",
        "sub/**",
        "sub/*/*.txt",
        "s?b/c.txt",
        "{a,b}.*",
        "sub/{deep,x}/*",
        "[ab].*",
        "sub/[^c]*",
    ]
    asked = "[" + ", ".join(f'join(" ", fileset("tree", "{p}"))' for p in patterns) + ', join(" ", fileset("none", "*"))]'
    env = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"} | {"CHECKPOINT_DISABLE": "1"}
    run = subprocess.run(
        ["terraform", "console"], cwd=str(folder), env=env, input=asked, text=True, capture_output=True, check=True
    )
    assert console.answer(asked) == run.stdout.rstrip("\n")


CHANGING = """
disk "data" {
  size = 1
  name = "${plantimestamp()} ${timestamp()} ${uuid()} ${bcrypt("x", 4)}"
}
"""


def test_what_differs_each_time_is_known_when_it_is_done(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    session = Bench(tmp_path).session(CHANGING)
    plan = session.plan()
    (change,) = plan.changes
    assert change.after is not None and not isinstance(change.after["name"], str)
    assert before <= datetime.fromisoformat(plan.made) <= datetime.now(UTC)
    assert not session.apply(plan, threading.Event()).failed
    (disk,) = session.state.resources.values()
    planned, now, unique, hashed = str(disk.attributes["name"]).split(" ")
    assert planned == plan.made and before <= datetime.fromisoformat(now)
    assert re.fullmatch(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", unique) and re.fullmatch(r"\$2a\$04\$.{53}", hashed)


def test_the_console_knows_them_too(console: Console) -> None:
    assert re.fullmatch(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"', console.answer("timestamp()"))
    assert console.answer("plantimestamp()") == "(known after apply)"
    assert len(console.answer("uuid()")) == 38


def test_half_of_a_surrogate_pair_in_json_is_the_replacement_character(console: Console) -> None:
    halves = r'jsondecode("[\"\\ud800\", \"\\ud83d\\ude00\", \"\\\\ud800\"]")'
    assert console.answer(halves) == '[\n  "\ufffd",\n  "\U0001f600",\n  "\\\\ud800",\n]'
