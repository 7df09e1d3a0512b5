"""Mistakes in data blocks, as a user meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.test_bad_input import mistakes

OLD = 'data "disk" "old" {}\n'

# (what is written, summary, line, a part of the detail or hint)
MISTAKES: list[tuple[str, str, int, str]] = [
    ('data "disk" {}', "Wrong number of labels", 1, 'data "TYPE" "NAME"'),
    ('data "dsik" "a" {}', "Unknown data source", 1, 'Did you mean "disk"?'),
    ('data "machine" "a" {}', "Unknown data source", 1, "the data sources are disk"),
    ('data "secret" "a" {}', "Unknown data source", 1, "Secrets cannot be read"),
    (OLD + OLD, "Duplicate declaration", 2, "main.hcl:1"),
    ('data "disk" "a" {\n  size = 1\n}', "Read-only argument", 2, "server"),
    ('data "disk" "a" {\n  nmae = "a"\n}', "Unsupported argument", 2, 'Did you mean "name"?'),
    ('data "disk" "a" {\n  password = "a"\n}', "Unsupported argument", 2, "password"),
    ('data "disk" "a" {\n  timeouts {\n    create = "1s"\n  }\n}', "Unsupported block type", 2, "no timeouts"),
    ('data "disk" "a" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}', "Invalid data resource lifecycle argument", 3,
     "for resources"),
    ('disk "a" {\n  size = data.disk.b.size\n}', "Reference to undeclared data source", 2, 'data "disk" "b"'),
    (OLD + 'disk "a" {\n  size = data.disk.odl.size\n}', "Reference to undeclared data source", 3, 'Did you mean "old"?'),
    ('disk "a" {\n  size = data.disk\n}', "Invalid reference", 2, "data.disk.NAME"),
    (OLD + 'disk "a" {\n  size = data.disk.old.sise\n}', "Unsupported attribute", 3, "sise"),
    (OLD + 'disk "a" {\n  size = 1\n  depends_on = [data.disk.no]\n}', "Reference to undeclared data source", 4, '"no"'),
    ('output "o" { value = data.dsk.a.name }', "Reference to undeclared data source", 1, 'Did you mean "disk"?'),
    ('data "disk" "a" { name = data.disk.b.name }\ndata "disk" "b" { name = data.disk.a.name }', "Cycle", 1, "data.disk.b"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "summary", "line", "words"), MISTAKES, ids=[f"{i}-{m[1]}" for i, m in enumerate(MISTAKES)])
def test_a_mistake_is_told_where_it_is(tmp_path: Path, text: str, summary: str, line: int, words: str) -> None:
    (tmp_path / "main.hcl").write_text(text)
    found = mistakes(tmp_path)
    assert (summary, line) in [(d.summary, d.span and d.span.start.line) for d in found]
    said = next(d for d in found if d.summary == summary)
    assert words in said.detail + said.hint
