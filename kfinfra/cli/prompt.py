"""Lines typed at a terminal: with prompt_toolkit a history over sessions and completion, without it the plain input of Python."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

HISTORY = Path(".kfinfra") / "console_history"
_WORD = re.compile(r"[\w.-]*$")


def reader(root: Path, names: tuple[str, ...]) -> Iterator[str]:
    """The lines, each with its newline, until Ctrl-D. Ctrl-C drops the line (a blank one comes instead)."""
    try:
        ask = _session(root, names)
    except ImportError:
        print("hint: pip install prompt_toolkit gives this console a history and completion", file=sys.stderr)
        ask = _plain
    while True:
        try:
            yield ask("> ") + "\n"
        except KeyboardInterrupt:
            print(file=sys.stderr)
        except EOFError:
            return


def _plain(prompt: str) -> str:
    """One line; what is asked goes to stderr, since stdout is for values."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return input()


def matching(before: str, names: Iterable[str]) -> tuple[str, list[str]]:
    """The word that ends at the cursor, and the names it may become: each up to its next dot."""
    found = _WORD.search(before)
    word = found.group() if found else ""
    depth = word.count(".")
    return word, sorted({".".join(name.split(".")[: depth + 1]) for name in names if name.startswith(word)})


def _session(root: Path, names: tuple[str, ...]) -> Callable[[str], str]:
    """A prompt. Raises ImportError where prompt_toolkit is not installed."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.history import FileHistory, InMemoryHistory
    from prompt_toolkit.output import create_output
    from prompt_toolkit.shortcuts import CompleteStyle

    class Names(Completer):
        """Completes what stands before the cursor."""

        def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
            """The names that fit."""
            word, fitting = matching(document.text_before_cursor, names)
            return (Completion(name, start_position=-len(word)) for name in fitting) if word else ()

    path = _history(root)
    history = FileHistory(str(path)) if path is not None else InMemoryHistory()
    session: PromptSession[str] = PromptSession(
        history=history,
        completer=Names(),
        complete_while_typing=False,
        complete_style=CompleteStyle.READLINE_LIKE,
        output=create_output(sys.stderr),
    )
    return session.prompt


def _history(root: Path) -> Path | None:
    """The history's file, readable by its owner only: what is typed may hold secrets. None where none can be written."""
    path = root / HISTORY
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
    except OSError as problem:
        print(f"No history is kept: {path}: {problem.strerror}.", file=sys.stderr)
        return None
    return path
