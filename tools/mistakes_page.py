"""Writes docs/mistakes.md: mistakes with what terraform and kfinfra say of them. `python tools/mistakes_page.py [--record]`.

kfinfra's side is made anew each time (a test compares it with the page); terraform's is recorded in mistakes_terraform.json by
`--record`, which needs terraform on the machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from kfinfra.app.options import Workplace
from kfinfra.app.validation import validate
from kfinfra.diag import DiagnosticError, SourceText
from kfinfra.hcl.parser import parse
from kfinfra.views.diagnostic import render_diagnostic

PAGE = Path(__file__).parents[1] / "docs" / "mistakes.md"
RECORDED = Path(__file__).with_name("mistakes_terraform.json")
HEAD = """\
# Ten mistakes

The same text given to `terraform validate` (1.11.4, recorded) and to `kfinfra validate` (made by
`tools/mistakes_page.py`; a test compares it). kfinfra says what Terraform says, in its words and with the values that
the expression saw; one mistake once; and then what to write instead.
"""
MISTAKES = {
    "A function that is called otherwise elsewhere": """\
locals {
  zones = ["a", "b"]
}
output "count" {
  value = len(local.zones)
}
""",
    "Texts joined with +": """\
locals {
  team = "ml"
}
output "name" {
  value = "bucket-" + local.team
}
""",
    "Lists joined with +": """\
locals {
  base = ["a"]
}
output "all" {
  value = local.base + ["b"]
}
""",
    "A misspelt attribute": """\
locals {
  pool = { machine = "g5.xlarge", size = 2 }
}
output "type" {
  value = local.pool.machin
}
""",
    "An index that is not there": """\
locals {
  sizes = { small = 1, large = 4 }
}
output "size" {
  value = local.sizes["lagre"]
}
""",
    "A text where a number is wanted, inside a call": """\
locals {
  memory = "16Gi"
}
output "most" {
  value = max(8, local.memory)
}
""",
    "Locals that refer to each other": """\
locals {
  a = local.b
  b = "${local.c}-b"
  c = upper(local.a)
}
output "a" {
  value = local.a
}
""",
    "Something that is not true or false as a condition": """\
locals {
  gpus = 2
}
output "pool" {
  value = local.gpus && true ? "gpu" : "cpu"
}
""",
    "A module's file named as if it lay in the root": """\
output "script" {
  value = file("train.sh")
}
""",
    "A text in single quotes": """\
locals {
  name = 'data'
}
output "name" {
  value = local.name
}
""",
}


def ours(text: str) -> str:
    """What kfinfra says."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.hcl").write_text(text)
        found = validate(Workplace(Path(folder), {}))
    return "".join(render_diagnostic(d, color=False, width=100) for d in found)


def terraforms(text: str) -> str:
    """What terraform says."""
    env = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"} | {"CHECKPOINT_DISABLE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.tf").write_text(text)
        run = subprocess.run(
            ["terraform", "validate", "-no-color"], cwd=folder, env=env, capture_output=True, text=True, check=False
        )
    return run.stdout + run.stderr


def _language(text: str) -> str:
    """`hcl`, but for what is none."""
    try:
        parse(SourceText("main.hcl", text))
    except DiagnosticError:
        return "text"
    return "hcl"


def page() -> str:
    """The page's text."""
    recorded = json.loads(RECORDED.read_text())
    parts = [HEAD]
    for number, (title, text) in enumerate(MISTAKES.items(), 1):
        parts.append(f"\n## {number}. {title}\n\n```{_language(text)}\n{text}```\n")
        parts += [f"\nTerraform:\n\n```\n{recorded[title].strip()}\n```\n", f"\nkfinfra:\n\n```\n{ours(text).strip()}\n```\n"]
    return "".join(parts)


if __name__ == "__main__":
    if "--record" in sys.argv:
        RECORDED.write_text(json.dumps({t: terraforms(text) for t, text in MISTAKES.items()}, indent=1, ensure_ascii=False))
    PAGE.write_text(page())
