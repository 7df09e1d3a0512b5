"""Asks kfinfra and terraform the same random expressions and shows where their answers differ. For developers; not in CI.

    python tools/fuzz_expressions.py --count 20000 --seed 1

An expression is a local of one `terraform console` process per batch: its value is what the console prints, an error is told
with its line. Both sides' text must be equal, and errors must be errors (their words may differ: ours name the argument).
expression_differences.py holds the differences that stay, each with its reason.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from expression_differences import BARE_NULL, NO_NEGATIVE_ZERO, accepted, unsigned
from expression_generator import PREAMBLE, Generator

from kfinfra.app.evaluating import Console, open_console
from kfinfra.app.options import Workplace
from kfinfra.diag import DiagnosticError
from kfinfra.hcl.functions.function import Function, FunctionError
from kfinfra.values.data import Value
from kfinfra.values.marks import unmark

ENV = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"} | {"CHECKPOINT_DISABLE": "1"}
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side says: printed text, or an error's summary and detail; of ours also all that was told on the way, where
    a `try`, a `can` or a branch that is not taken swallowed it, or a sensitive value kept it from being shown.
    """

    text: str = ""
    error: str = ""
    detail: str = ""
    told: str = ""


def terraform(folder: Path, expressions: list[str]) -> list[Answer]:
    """Terraform's answers. Raises RuntimeError where it gives none."""
    lines, starts = PREAMBLE, []
    for number, expression in enumerate(expressions):
        starts.append(lines.count("\n") + 1)
        lines += f"locals {{\n  e{number} = (\n{expression}\n)\n}}\n"
    (folder / "main.tf").write_text(lines)
    asked = "[" + ", ".join(f"local.e{n}" for n in range(len(expressions))) + "]"
    run = subprocess.run(
        ["terraform", "console"], cwd=folder, env=ENV, input=asked.encode(), capture_output=True, check=False, timeout=300
    )
    out, told = ANSI.sub("", run.stdout.decode()), ANSI.sub("", run.stderr.decode())
    errors = _errors(out + told, starts)
    begin = out.rfind("\n[\n") if not out.startswith("[\n") else -1
    if begin < 0 and not out.startswith("[\n"):
        raise RuntimeError((out + told)[:3000])
    values = _items(out[begin + 3 if begin >= 0 else 2 :])
    if len(values) != len(expressions):
        raise RuntimeError(f"{len(values)} values for {len(expressions)} expressions")
    return [errors.get(n) or Answer(value) for n, value in enumerate(values)]


def _errors(text: str, starts: list[int]) -> dict[int, Answer]:
    found: dict[int, Answer] = {}
    for box in text.split("╷")[1:]:
        body = [line.removeprefix("│").removeprefix(" ") for line in box.split("╵")[0].split("\n")]
        place = next((re.search(r" on main.tf line (\d+)", line) for line in body if " on main.tf line" in line), None)
        summary = next((line.removeprefix("Error: ") for line in body if line.startswith("Error: ")), None)
        if place and summary:
            line = int(place[1])
            at = max(n for n, start in enumerate(starts) if start <= line)
            found.setdefault(at, Answer(error=summary, detail=" ".join(body[-6:])))
    return found


def _items(text: str) -> list[str]:
    """The items of a printed tuple: they begin in the third column."""
    items: list[list[str]] = []
    open_item = False
    for line in text.split("\n"):
        if not open_item and line.startswith("]"):
            break
        if open_item:
            items[-1].append(line[2:])
        else:
            items.append([line[2:]])
        last = line[2:]
        begins = len(items[-1]) == 1
        if begins:
            ends = last.startswith("<<") or last.endswith(("[", "{", "([", "({"))
            mark = last[3:].strip("-") if last.startswith("<<") else None
            open_item = ends
            closing = mark
        elif closing is not None:
            open_item = last != f"{closing},"
        else:
            open_item = not (last[:1] in "]}" and last.endswith(","))
    return ["\n".join(item).removesuffix(",") for item in items]


def kfinfra(console: Console, expression: str) -> Answer:
    """Our answer. A traceback is an answer too: one that nothing equals."""
    with _listening() as heard:
        try:
            text = console.answer(f"[(\n{expression}\n)]")
        except DiagnosticError as bad:
            first = bad.diagnostics[0]
            return Answer(error=first.summary, detail=first.detail, told="\n".join(heard))
        except Exception as bug:  # the fuzz tells bugs, it does not end with them
            return Answer(error=f"BUG {type(bug).__name__}: {bug}")
        return Answer(_items(text.removeprefix("[\n"))[0], told="\n".join(heard))


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What functions and the evaluator tell while this is open, whether it is shown or not."""
    heard: list[str] = []
    whole, part, call = DiagnosticError.__init__, FunctionError.__init__, Function.call

    def told(self: DiagnosticError, *of: Any) -> None:
        heard.extend(f"{d.summary}: {d.detail}" for one in of for d in (one if isinstance(one, list | tuple) else [one]))
        whole(self, *of)

    def failed(self: FunctionError, message: str, argument: int | None = None) -> None:
        heard.append(message)
        part(self, message, argument)

    def called(self: Function, arguments: Sequence[Value]) -> Value:
        if self.name in ("format", "formatlist") and None in (unmark(one)[0] for one in arguments[1:]):
            heard.append(BARE_NULL)
        return call(self, arguments)

    try:
        DiagnosticError.__init__, FunctionError.__init__, Function.call = told, failed, called  # type: ignore[method-assign, assignment]
        yield heard
    finally:
        DiagnosticError.__init__, FunctionError.__init__, Function.call = whole, part, call  # type: ignore[method-assign]


def compare(seed: int, count: int, unknown: bool, console: Console, folder: Path) -> Iterator[tuple[str, Answer, Answer]]:
    """The expressions of one batch whose answers differ."""
    generator = Generator(seed, unknown)
    expressions = [generator.make() for _ in range(count)]
    for expression, theirs in zip(expressions, _asked(folder, expressions), strict=True):
        ours = kfinfra(console, expression)
        if not same(theirs, ours):
            yield expression, theirs, ours


def same(theirs: Answer, ours: Answer) -> bool:
    """Whether both say the same: values as text, errors as such."""
    return ours.text == theirs.text and bool(ours.error) == bool(theirs.error) and not ours.error.startswith("BUG")


def reason(expression: str, theirs: Answer, ours: Answer, folder: Path) -> str:
    """Why a difference stays; `` where nothing says so."""
    listed, plain = accepted(expression, theirs, ours), unsigned(expression)
    if listed or plain == expression:
        return listed
    return NO_NEGATIVE_ZERO if same(_asked(folder, [plain])[0], ours) else ""


def _asked(folder: Path, expressions: list[str]) -> list[Answer]:
    """Terraform's answers; where it takes none of a batch (a syntax error), each half is asked by itself."""
    try:
        return terraform(folder, expressions)
    except RuntimeError as bad:
        if len(expressions) == 1:
            return [Answer(error=f"REFUSED {bad}")]
        middle = len(expressions) // 2
        return [*_asked(folder, expressions[:middle]), *_asked(folder, expressions[middle:])]


def main(arguments: Iterable[str]) -> int:
    """Runs the fuzz; 1 where a difference is not listed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--unknown", action="store_true", help="use values that are not known")
    parser.add_argument("--show", type=int, default=40)
    options = parser.parse_args([*arguments])
    known: Counter[str] = Counter()
    fresh: list[tuple[str, Answer, Answer]] = []
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.hcl").write_text(PREAMBLE)
        console = open_console(Workplace(folder, {}))
        for start in range(0, options.count, options.batch):
            size = min(options.batch, options.count - start)
            for found in compare(options.seed * 1000003 + start, size, options.unknown, console, folder):
                why = reason(*found, folder)
                known[why] += 1
                if not why:
                    fresh.append(found)
            print(f"{start + size} of {options.count}: {len(fresh)} not listed", file=sys.stderr, flush=True)
    for expression, theirs, ours in fresh[: options.show]:
        print(f"--- {expression}\n terraform: {theirs}\n kfinfra:   {ours}")
    took = time.monotonic() - begun
    print(f"{options.count} expressions, seed {options.seed}, {took:.0f} s: {len(fresh)} differences that are not listed")
    for why, times in known.most_common():
        print(f"{times:6} {why or 'not listed'}")
    return 1 if fresh else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
