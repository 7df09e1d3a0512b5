"""docs/mistakes.md shows what kfinfra says today."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_is_said() -> None:
    spec = importlib.util.spec_from_file_location("mistakes_page", ROOT / "tools" / "mistakes_page.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert len(module.MISTAKES) == 10
    assert (ROOT / "docs" / "mistakes.md").read_text() == module.page(), "run: python tools/mistakes_page.py"
