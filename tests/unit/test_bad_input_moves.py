"""Mistakes in moved, removed and import blocks, as a user meets them."""

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
    (f'moved "x" {{\n  from = disk.a\n  {TO}\n}}', "Wrong number of labels", 1, "no label"),
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
    (OK + "import {\n  to = disk.data\n}", "Invalid import block", 2, "CLUSTER/NAME"),
    (OK + 'import {\n  to = disk.data\n  id = "a"\n  identity = { name = "a" }\n}', "Invalid import block", 2, "only one"),
    (OK + 'import {\n  id = "a"\n}', "Missing required argument", 2, '"to"'),
    (OK + 'import {\n  to = disk.data\n  id = ""\n}', "Invalid import id argument", 4, "NAME"),
    (OK + "import {\n  to = disk.data\n  id = null\n}", "Invalid import id argument", 4, "null"),
    (OK + "import {\n  to = disk.data\n  id = disk.data.id\n}", "Invalid import id argument", 4, "after apply"),
    (OK + 'import {\n  to = disk.data\n  identity = { nam = "a" }\n}', "Invalid import identity argument", 4, 'mean "name"?'),
    (OK + 'import {\n  to = disk.data\n  id = "a"\n  provider = other\n}', "Invalid provider reference", 5, 'no "fake"'),
    (OK + 'import {\n  to = disk.data\n  id = "a"\n  provider = fake.x\n}', "Invalid provider reference", 5, "fake.x"),
    (
        'import {\n  for_each = {}\n  to = disk.data[each.key]\n  id = "a"\n  provider = other\n}',
        "Invalid provider reference", 5, 'no "fake"',
    ),
    (OK + 'import {\n  to = disk.data\n  identity = "a"\n}', "Invalid import identity argument", 4, "An object"),
    (OK + 'import {\n  to = "disk.data"\n  id = "a"\n}', "Invalid expression", 3, "without quotes"),
    (OK + 'import {\n  to = module.a\n  id = "a"\n}', "Invalid import 'to' expression", 3, "no resource instance"),
    (OK + 'import {\n  to = dsik.a\n  id = "a"\n}', "Invalid import 'to' expression", 3, 'Did you mean "disk"?'),
    (OK + 'import {\n  to = disk.data[true]\n  id = "a"\n}', "Invalid import 'to' expression", 3, "whole number"),
    (OK + 'import {\n  to = disk.data\n  id = "a"\n  idd = 1\n}', "Unsupported argument", 5, 'Did you mean "id"?'),
    (OK + 'import {\n  to = disk.data\n  id = "a"\n  x {}\n}', "Unsupported block type", 5, '"x"'),
    (OK + 'import {\n  to = disk.data\n  id = "a"\n  for_each = ["a"]\n}', "Invalid for_each argument", 5, "toset"),
    (
        OK + 'import {\n  to = disk.data\n  id = "a"\n}\nimport {\n  to = disk.data\n  id = "b"\n}',
        "Duplicate import configuration", 6, "main.hcl:2",
    ),
    (
        OK + 'import {\n  to = disk.data\n  id = "a"\n}\nimport {\n  to = disk.b\n  id = "a"\n}',
        "Duplicate import configuration", 6, "main.hcl:2",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "summary", "line", "words"), MISTAKES, ids=[f"{i}-{m[1]}" for i, m in enumerate(MISTAKES)])
def test_a_mistake_is_told_where_it_is(tmp_path: Path, text: str, summary: str, line: int, words: str) -> None:
    (tmp_path / "main.hcl").write_text(text)
    found = mistakes(tmp_path)
    assert (summary, line) in [(d.summary, d.span and d.span.start.line) for d in found]
    said = next(d for d in found if d.summary == summary)
    assert words in said.detail + said.hint
