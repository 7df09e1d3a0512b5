"""show ADDRESS of a pipeline that has a mistake: told where it is written, as a plan tells it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.app.effective import effective_settings
from kfinfra.app.options import Workplace
from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address

TEXT = """\
pipeline "p" {
%s
  component "c" {
    image   = "busybox"
    command = ["echo"]
    args    = [input.text]
    input "text" { type = string }
  }
  task "t" {
    component = component.c
    arguments = { %s = "x" }
  }
}
"""


def shown(folder: Path, *parts: str) -> object:
    (folder / "main.hcl").write_text(TEXT % parts)
    return effective_settings(Workplace(folder, {}), Address("pipeline", "p"))


def test_a_pipeline_without_mistakes(tmp_path: Path) -> None:
    assert list(shown(tmp_path, "", "text")) == ["t"]


def test_mistakes_that_show_when_components_are_known(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as failed:
        shown(tmp_path, "", "txt")
    assert [(d.summary, str(d.span), d.address) for d in failed.value.diagnostics] == [
        ("Unknown input", "main.hcl:11:25", "pipeline.p"),
        ("Missing input", "main.hcl:11:17", "pipeline.p"),
    ]


def test_an_override_of_a_task_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as failed:
        shown(tmp_path, '  override "tt" { cache = false }', "text")
    (told,) = failed.value.diagnostics
    assert (str(told.span), told.address) == ("main.hcl:2:3", "pipeline.p") and '"tt"' in told.detail
