"""Variables of the installed command: asked for on a terminal, kept by a saved plan, in the order of the command line."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("KFINFRA_")}
TEXT = """
variable "team" {
  description = "Who owns it."
}
variable "sizes" {
  type = list(number)
}
variable "token" {
  sensitive = true
  default   = "hunter2"
}
output "o" {
  value = "${var.team} ${length(var.sizes)} ${nonsensitive(length(var.token))}"
}
"""


def run(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [str(KFINFRA), *words]
    return subprocess.run(
        command, cwd=folder, env={**CLEAN, **env}, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def typed(folder: Path, answers: str, *words: str) -> tuple[int, str]:
    """The exit code and all that a terminal shows, `answers` being typed ahead."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen([str(KFINFRA), *words], cwd=folder, env=CLEAN, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, answers.encode())
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # the terminal's other end is closed
        pass
    os.close(ours)
    return child.wait(), shown.decode()


def test_what_has_no_value_is_asked_for_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(TEXT)
    code, shown = typed(tmp_path, "[1, 2]\nml\n", "plan", "-no-color")
    assert code == 0
    assert "var.team\r\n  Who owns it.\r\n\r\n  Enter a value: " in shown
    assert '+ o = "ml 2 7"' in shown


def test_nobody_is_asked_where_nobody_is_or_input_is_off(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(TEXT)
    for result in (run(tmp_path, "plan"), run(tmp_path, "plan", "-input=false")):
        assert (result.returncode, "Enter a value" in result.stderr) == (1, False)
        assert "-var 'team=…'" in result.stderr
    code, shown = typed(tmp_path, "x\n", "plan", "-input=false")
    assert (code, "Enter a value" in shown) == (1, False)


def test_the_last_value_of_the_command_line_wins(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text('variable "v" {}\noutput "o" { value = var.v }\n')
    (tmp_path / "a.kfvars").write_text('v = "file"\n')
    assert '+ o = "file"' in run(tmp_path, "plan", "-var", "v=word", "-var-file=a.kfvars").stdout
    assert '+ o = "word"' in run(tmp_path, "plan", "-var-file", "a.kfvars", "-var=v=word").stdout


def test_a_saved_plan_needs_its_variables_no_more(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(TEXT)
    given = ("-var", "team=ml", "-var", "sizes=[1, 2]")
    assert run(tmp_path, "plan", *given, "-out", "p").returncode == 0
    stale = run(tmp_path, "apply", "-var", "team=other", "p")
    assert (stale.returncode, "Saved plan is stale" in stale.stderr) == (1, True)
    applied = run(tmp_path, "apply", "p")
    assert (applied.returncode, 'o = "ml 2 7"' in applied.stdout) == (0, True), applied.stderr


def test_a_sensitive_variable_is_in_no_saved_plan_and_must_be_given_again(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(TEXT)
    given = ("-var", "team=ml", "-var", "sizes=[]", "-var", "token=correct horse")
    assert run(tmp_path, "plan", *given, "-out", "p").returncode == 0
    assert b"correct horse" not in (tmp_path / "p").read_bytes()
    assert run(tmp_path, "apply", "p").returncode == 1
    assert run(tmp_path, "apply", "-var", "token=correct horse", "p").returncode == 0
