"""What no kernel starts: a pod fails with it, as with a container runtime, and the sandbox goes on."""

import threading
from pathlib import Path

import pytest

from kfinfra.sandbox.launch import process


@pytest.mark.parametrize(
    ("command", "env", "words"),
    [
        (["true"], {"A": "a\0b"}, "invalid argument"),
        (["true", "\0"], {}, "invalid argument"),
        (["true"], {"A": "x" * (1 << 20)}, "argument list too long"),
    ],
)
def test_a_process_that_cannot_be_started(tmp_path: Path, command: list[str], env: dict[str, str], words: str) -> None:
    with pytest.raises(process.NotStarted, match=words):
        process.run(command, env, tmp_path, tmp_path / "log", threading.Event(), None)
