"""plan -generate-config-out: blocks for what is imported, valid, empty plans afterwards, and no file overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.app.catalogue import resource_types
from kfinfra.app.generating import check_target, generate
from kfinfra.config.written import obstacles, written
from kfinfra.diag import DiagnosticError
from kfinfra.model.plain import Plain
from tests.fakes.bench import Bench, actions

IMPORT = 'import {\n  to = disk.%s\n  id = "%s"\n}\n'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    for name in ("old", "odd ${name}"):
        made.world.objects["disk", name] = {"name": name, "size": 9, "zone": "a", "tags": {"a b": "%{x}"}, "id": "id-9"}
        made.world.owners["disk", name], made.world.secrets["disk", name] = None, {}
    return made


def test_blocks_are_written_and_then_planned_as_imports_only(bench: Bench) -> None:
    text = IMPORT % ("old", "old") + IMPORT % ("odd", "odd $${name}") + 'disk "new" { size = 1 }\n'
    path = bench.folder / "imported.hcl"
    check_target(bench.folder, path)
    assert generate(bench.session(text), path) == 2
    assert path.read_text().endswith(
        'disk "odd" {\n  name = "odd $${name}"\n  size = 9\n  tags = {\n    "a b" = "%%{x}"\n  }\n}\n\n'
        'disk "old" {\n  name = "old"\n  size = 9\n  tags = {\n    "a b" = "%%{x}"\n  }\n}\n'
    )
    plan = bench.plan(text)
    assert actions(plan) == {"disk.new": "create", "disk.odd": "no-op", "disk.old": "no-op"} and plan.imports == 2
    bench.apply(text)
    assert not bench.plan(text).has_changes and generate(bench.session(text), path) == 0
    with pytest.raises(DiagnosticError, match="already exists"):
        check_target(bench.folder, path)


def test_the_provider_of_an_import_is_the_blocks_provider(bench: Bench) -> None:
    text = 'provider "fake" {\n  alias = "x"\n}\n' + (IMPORT % ("old", "old")).replace("}\n", "  provider = fake.x\n}\n")
    assert generate(bench.session(text), bench.folder / "imported.hcl") == 1
    assert 'disk "old" {\n  provider = fake.x\n' in (bench.folder / "imported.hcl").read_text()
    assert actions(bench.plan(text)) == {"disk.old": "no-op"}
    with pytest.raises(DiagnosticError, match=r"disk.old is a resource of the provider fake.x: its own block says so"):
        bench.plan(text.replace("provider = fake.x", "provider = fake"))


@pytest.mark.parametrize("name", ["x.tf", ".x.hcl", "sub/x.hcl", "../x.hcl"])
def test_a_file_that_no_plan_would_read_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DiagnosticError, match="would not be part"):
        check_target(tmp_path, tmp_path / name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (IMPORT % ("gone", "gone"), "non-existent"),
        (IMPORT % ('a["x"]', "old"), "count or for_each"),
        (IMPORT.replace("disk.%s", "module.m.disk.%s") % ("a", "old"), "need a module"),
        (IMPORT.replace("disk.%s", "machine.m").replace("%s", "m"), "non-existent"),
    ],
)
def test_what_cannot_be_written_is_told_and_no_file_is_left(bench: Bench, text: str, message: str) -> None:
    path = bench.folder / "imported.hcl"
    with pytest.raises(DiagnosticError, match=message) as caught:
        generate(bench.session(text), path)
    assert all(d.span is not None for d in caught.value.diagnostics) and not path.exists()


def test_a_file_that_comes_in_between_is_not_overwritten(bench: Bench) -> None:
    path = bench.folder / "imported.hcl"
    session = bench.session(IMPORT % ("old", "old"))
    path.write_text("# mine\n")
    with pytest.raises(DiagnosticError, match="File exists"):
        generate(session, path)
    assert path.read_text() == "# mine\n"


CASES: list[tuple[str, dict[str, Plain], str]] = [
    ("secret", {"name": "s", "namespace": "ml", "type": "Opaque"}, "never read from a server"),
    ("s3_sync", {"bucket": "b", "prefix": "p", "manifest": {}}, '"source" is required'),
    ("pipeline", {"name": "p", "id": "1"}, "source"),
    ("recurring_run", {"name": "r", "cron": "0 0 2 * * *", "pipeline": {"id": "1"}}, "reference to a pipeline"),
]


@pytest.mark.parametrize(("kind", "found", "message"), CASES, ids=[c[0] for c in CASES])
def test_what_no_server_knows_cannot_be_written(kind: str, found: dict[str, Plain], message: str) -> None:
    schema = resource_types()[kind]
    assert any(message in why for why in obstacles(schema, written(schema, found)))


def test_what_a_server_chooses_and_what_is_default_is_left_out() -> None:
    schema = resource_types()["pvc"]
    found: dict[str, Plain] = {"name": "c", "namespace": "ml", "size": "1Gi", "access_modes": ["ReadWriteOnce"], "labels": {}}
    found |= {"storage_class": "fast", "volume_mode": "Filesystem", "volume_name": "pvc-1", "phase": "Bound"}
    kept = {"name": "c", "namespace": "ml", "size": "1Gi", "access_modes": ["ReadWriteOnce"], "storage_class": "fast"}
    assert written(schema, found) == kept and list(obstacles(schema, kept)) == []  # type: ignore[arg-type]
