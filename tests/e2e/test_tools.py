"""The installed command's tools for the language: fmt, console (piped and at a terminal) and completion."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_", "_KFINFRA"))}
PROMPT = b"\x1b[?2004h"  # what prompt_toolkit sends when it begins to read a line
BUCKET = (
    'variable "team" {\n  default = "ml"\n}\nlocals {\n  name = "acme-${var.team}"\n}\ns3_bucket "b" {\n  name = local.name\n}\n'
)


def run(folder: Path, *words: str, stdin: str | bytes = b"", **env: str) -> subprocess.CompletedProcess[str]:
    given = stdin if isinstance(stdin, bytes) else stdin.encode()
    done = subprocess.run(
        [str(KFINFRA), *words], cwd=folder, env={**CLEAN, **env}, input=given, capture_output=True, timeout=120, check=False
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


# --- fmt


def test_fmt_names_what_it_changes_and_then_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.hcl").write_text("a=1\n")
    (tmp_path / "b.kfvars").write_text("b = 1\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.hcl").write_text("c=1\n")
    first, second = run(tmp_path, "fmt"), run(tmp_path, "fmt")
    assert (first.returncode, first.stdout, first.stderr) == (0, "a.hcl\n", "")
    assert (second.returncode, second.stdout) == (0, "")
    assert (tmp_path / "a.hcl").read_text() == "a = 1\n" and (tmp_path / "sub" / "c.hcl").read_text() == "c=1\n"
    assert run(tmp_path, "fmt", "-recursive", "-list=false").stdout == ""
    assert (tmp_path / "sub" / "c.hcl").read_text() == "c = 1\n"


def test_fmt_check_writes_nothing_and_exits_with_3(tmp_path: Path) -> None:
    (tmp_path / "a.hcl").write_text("a=1\n")
    checked = run(tmp_path, "fmt", "-check", "-diff")
    assert checked.returncode == 3
    assert checked.stdout == "a.hcl\n--- old/a.hcl\n+++ new/a.hcl\n@@ -1 +1 @@\n-a=1\n+a = 1\n"
    assert (tmp_path / "a.hcl").read_text() == "a=1\n"
    assert run(tmp_path, "-C", str(tmp_path), "fmt", "-check=false", "-write=false").returncode == 0
    assert run(tmp_path, "fmt", "-list=false", "-write=false").stdout == "a = 1\n"
    run(tmp_path, "fmt")
    assert run(tmp_path, "fmt", "-check").returncode == 0


def test_fmt_leaves_a_file_with_a_syntax_error_and_formats_the_others(tmp_path: Path) -> None:
    (tmp_path / "bad.hcl").write_text("a  =\n")
    (tmp_path / "good.hcl").write_text("a=1\n")
    done = run(tmp_path, "fmt")
    assert done.returncode == 2 and done.stdout == "good.hcl\n" and "on bad.hcl:1:" in done.stderr
    assert (tmp_path / "bad.hcl").read_text() == "a  =\n"


def test_fmt_formats_standard_input(tmp_path: Path) -> None:
    assert run(tmp_path, "fmt", "-", stdin="a=1\nbb=é").stdout == "a  = 1\nbb = é\n"
    assert run(tmp_path, "fmt", "-check", "-", stdin="a=1\n").returncode == 3
    broken = run(tmp_path, "fmt", "-", stdin="a=[\n")
    assert (broken.returncode, broken.stdout) == (2, "") and "on <stdin>:2:" in broken.stderr
    assert run(tmp_path, "fmt", "-", stdin=b"\xff").returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_fmt_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("a=1\n")
    assert run(tmp_path, "fmt", "-nope").returncode == 64
    assert run(tmp_path, "fmt", "-", "a.hcl").returncode == 64
    assert run(tmp_path, "fmt", "notes.txt").returncode == 2 and (tmp_path / "notes.txt").read_text() == "a=1\n"
    assert "There is no file or folder gone" in run(tmp_path, "fmt", "gone").stderr


# --- console


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.hcl").write_text(BUCKET)
    return tmp_path


@pytest.mark.parametrize(
    ("lines", "printed", "code"),
    [
        ("1+1\nlocal.name\n", '"acme-ml"\n', 0),
        ("[\n  1,\n  2,\n]\n", "[\n  1,\n  2,\n]\n", 0),
        ("<<E\n${upper(var.team)}\nE\n", "<<EOT\nML\n\nEOT\n", 0),
        ("s3_bucket.b\n\n", "(known after apply)\n", 0),
        ("1\nnope\n2\n", "", 1),
        ("1\n[\n", "", 1),
        ("1\nexit\n", "", 0),
        ("", "", 0),
    ],
)
def test_a_piped_console_prints_the_last_value_only(folder: Path, lines: str, printed: str, code: int) -> None:
    done = run(folder, "console", stdin=lines)
    assert (done.stdout, done.returncode) == (printed, code), done.stderr
    assert bool(done.stderr) == bool(code)


def test_a_console_takes_variables_and_needs_a_configuration(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert run(folder, "console", "-var", "team=x", stdin="local.name").stdout == '"acme-x"\n'
    assert run(folder, "console", "-var", "nope=x", stdin="1").returncode == 1
    assert "No configuration files" in run(tmp_path_factory.mktemp("empty"), "console", stdin="1").stderr
    assert "is no UTF-8" in run(folder, "console", stdin=b'"\xff"').stderr


def test_a_console_knows_what_was_applied(folder: Path) -> None:
    (folder / "main.hcl").write_text(BUCKET + 's3_bucket "c" {\n  count = 2\n  name  = "acme-c-${count.index}"\n}\n')
    try:
        assert run(folder, "--sandbox", "apply", "-auto-approve").returncode == 0
        assert run(folder, "--sandbox", "console", stdin="s3_bucket.b.name").stdout == '"acme-ml"\n'
        assert run(folder, "--sandbox", "console", stdin="s3_bucket.c[1].name").stdout == '"acme-c-1"\n'
    finally:
        run(folder, "sandbox", "down")


def test_a_console_at_a_terminal_goes_on_after_an_error(folder: Path) -> None:
    pytest.importorskip("prompt_toolkit")
    said, code = talk(folder, PROMPT, [b"1 + 1\r", b"nope\r", b"[\r", b"40 + 2]\r", b"upp\t", b'"x")\r', b"exit\r"])
    assert code == 0 and "Reference to undeclared name" in said
    assert "\n2\n" in said and "\n[\n  42,\n]\n" in said and '\n"X"\n' in said
    history = folder / ".kfinfra" / "console_history"
    assert "+1 + 1" in history.read_text() and history.stat().st_mode & 0o777 == 0o600


def test_a_console_at_a_terminal_works_without_prompt_toolkit(folder: Path) -> None:
    code = "import sys; sys.modules['prompt_toolkit'] = None; from kfinfra.cli.main import main; main()"
    said, status = talk(folder, b"> ", [b"1 + 1\n", b"exit\n"], [sys.executable, "-c", code])
    assert status == 0 and "\n2\n" in said and "hint: pip install prompt_toolkit" in said


def talk(folder: Path, prompt: bytes, keys: list[bytes], program: Sequence[str] = (str(KFINFRA),)) -> tuple[str, int]:
    """What a console at a terminal prints when these keys are typed, each at a prompt; its exit code."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        env = {**CLEAN, "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm", "NO_COLOR": "1"}
        os.execve(program[0], [*program, "console"], env)
    said = heard(terminal, prompt)
    for key in keys:
        os.write(terminal, key)
        said += heard(terminal, b"upper(" if key == b"upp\t" else prompt)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said.decode()).replace("\r", ""), code


def heard(terminal: int, until: bytes) -> bytes:
    """What comes up to `until`, or up to the end."""
    said, end = b"", time.monotonic() + 30
    while until not in said and time.monotonic() < end:
        if select.select([terminal], [], [], 0.5)[0]:
            try:
                said += os.read(terminal, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
    return said


# --- completion


def completed(folder: Path, words: str) -> list[str]:
    """What bash is offered for the last of `words`."""
    env = {"_KFINFRA_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    return run(folder, **env).stdout.split()


def test_commands_and_options_are_completed(tmp_path: Path) -> None:
    assert completed(tmp_path, "kfinfra pl") == ["plain,plan"]
    assert {"plain,fmt", "plain,console", "plain,completion", "plain,apply"} <= set(completed(tmp_path, "kfinfra "))
    assert completed(tmp_path, "kfinfra plan -ou") == ["plain,-out"]
    assert completed(tmp_path, "kfinfra plan --ou") == ["plain,--out"]
    assert completed(tmp_path, "kfinfra -C x plan -detailed") == ["plain,-detailed-exitcode"]
    assert completed(tmp_path, "kfinfra completion ") == ["plain,bash", "plain,zsh", "plain,fish"]
    assert completed(tmp_path, "kfinfra fmt ma") == ["file,ma"]


def test_the_bash_script_completes_in_bash(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not on this machine")
    script = (
        'eval "$(kfinfra completion bash)"; COMP_WORDS=(kfinfra pl); COMP_CWORD=1; _kfinfra_completion kfinfra; echo "$COMPREPLY"'
    )
    env = {**CLEAN, "PATH": f"{KFINFRA.parent}:{CLEAN['PATH']}"}
    done = subprocess.run([bash, "--norc", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("plan\n", "")


def test_each_shell_has_a_script_and_others_are_refused(tmp_path: Path) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert f"_KFINFRA_COMPLETE={shell}_complete" in run(tmp_path, "completion", shell).stdout
    assert run(tmp_path, "completion", "tcsh").returncode == 64


def test_completion_and_fmt_import_no_sdk(tmp_path: Path) -> None:
    code = (
        "import sys, kfinfra.cli.main as m\ntry:\n    m.main()\nexcept SystemExit: pass\n"
        "print(sorted({'boto3', 'kfp', 'kubernetes', 'rich', 'prompt_toolkit', 'moto'} & set(sys.modules)), file=sys.stderr)"
    )
    asked = {"_KFINFRA_COMPLETE": "bash_complete", "COMP_WORDS": "kfinfra ", "COMP_CWORD": "1"}
    for words, env in ((["fmt", "-check"], {}), ([], asked)):
        done = subprocess.run(
            [sys.executable, "-c", code, *words], cwd=tmp_path, env={**CLEAN, **env}, capture_output=True, text=True, check=False
        )
        assert done.stderr == "[]\n"


@pytest.mark.parametrize("command", ["fmt", "console", "completion"])
def test_each_tool_has_help(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, command, "-help")
    assert done.returncode == 0 and done.stdout.startswith(f"Usage: kfinfra {command}")
