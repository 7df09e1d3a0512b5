"""What documentation shows as HCL is HCL."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kfinfra.diag import SourceText
from kfinfra.hcl.parser import parse

DOCS = sorted((Path(__file__).parents[2] / "docs").rglob("*.md"))
FENCED = re.compile(r"```hcl\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("path", DOCS, ids=[p.name for p in DOCS])
def test_every_block_parses(path: Path) -> None:
    for number, text in enumerate(FENCED.findall(path.read_text())):
        parse(SourceText(f"{path.name}, block {number + 1}", text))
