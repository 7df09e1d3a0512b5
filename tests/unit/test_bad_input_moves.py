"""Mistakes in moved and removed blocks, as a user meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.test_bad_input import OK, mistakes

TO = "to = disk.data"
MOVES = "moved {\n  from = disk.a\n  to = disk.b\n}\n"

# (what is written, summary, line, a part of the detail or hint)
MISTAKES: list[tuple[str, str, int, str]] = [
    (f"moved {{\n  {TO}\n}}", "Missing required argument", 1, '"from"'),
    ("moved {\n  from = disk.data\n}", "Missing required argument", 1, '"to"'),
    (f"moved {{\n  from = disk.a\n  {TO}\n  form = 1\n}}", "Unsupported argument", 4, 'Did you mean "from"?'),
    (f"moved {{\n  from = disk.a\n  {TO}\n  x {{}}\n}}", "Unsupported block type", 4, '"x"'),
    (f'moved "x" {{\n  from = disk.a\n  {TO}\n}}', "Wrong number of labels", 1, "0 label"),
    (f'moved {{\n  from = "disk.a"\n  {TO}\n}}', "Invalid expression", 2, "without quotes"),
    (f"moved {{\n  from = disk.a[1 + 1]\n  {TO}\n}}", "Invalid expression", 2, "constant keys"),
    (f"moved {{\n  from = disk.a.b.c\n  {TO}\n}}", "Invalid address", 2, "neither a resource"),
    (f"moved {{\n  from = data.disk.a\n  {TO}\n}}", "Invalid address", 2, "neither a resource"),
    (f"moved {{\n  from = dsik.a\n  {TO}\n}}", "Invalid address", 2, 'Did you mean "disk"?'),
    (f"moved {{\n  from = module.a\n  {TO}\n}}", 'Invalid "moved" addresses', 1, "module moves to a module"),
    (f"moved {{\n  from = machine.a\n  {TO}\n}}", "Resource type mismatch", 1, "different types"),
    (f"moved {{\n  from = disk.data\n  {TO}\n}}", "Redundant move statement", 1, "the same"),
    (MOVES + "moved {\n  from = disk.a\n  to = disk.c\n}", "Ambiguous move statements", 5, "main.hcl:1"),
    (MOVES + "moved {\n  from = disk.c\n  to = disk.b\n}", "Ambiguous move statements", 5, "main.hcl:1"),
    (MOVES + "moved {\n  from = disk.b\n  to = disk.a\n}", "Cyclic dependency in move statements", 1, "main.hcl:5"),
    ("removed {}", "Missing required argument", 1, '"from"'),
    ("removed {\n  from = disk.a[0]\n}", "Resource instance keys not allowed", 1, "has a key"),
    ('removed {\n  from = module.a["x"].disk.b\n}', "Resource instance keys not allowed", 1, "has a key"),
    (OK + "removed {\n  from = disk.data\n}", "Removed resource still exists", 2, "main.hcl:1"),
    ("removed {\n  from = disk.a\n  destroy = false\n}", "Unsupported argument", 3, '"destroy"'),
    ("removed {\n  from = disk.a\n  lifecycle {\n    destroy = var.x\n  }\n}", "Invalid argument", 4, "written out"),
    ("removed {\n  from = disk.a\n  lifecycle {}\n  lifecycle {}\n}", "Unsupported block type", 4, "second"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "summary", "line", "words"), MISTAKES, ids=[f"{i}-{m[1]}" for i, m in enumerate(MISTAKES)])
def test_a_mistake_is_told_where_it_is(tmp_path: Path, text: str, summary: str, line: int, words: str) -> None:
    (tmp_path / "main.hcl").write_text(text)
    found = mistakes(tmp_path)
    assert (summary, line) in [(d.summary, d.span and d.span.start.line) for d in found]
    said = next(d for d in found if d.summary == summary)
    assert words in said.detail + said.hint
