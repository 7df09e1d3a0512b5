"""What the child reports as diagnostics: the user's own line, the exception's words, what was printed last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kfinfra.compiler.process import Outcome
from kfinfra.diag import Diagnostic, SourceText, Span, error

KFP_HINT = "install it beside kfinfra: pip install 'kfp>=2.16' 'kfp-kubernetes>=2.16'"


def failure(outcome: Outcome, root: Path, source: str, timeout: float) -> Diagnostic:
    """Why compiling failed."""
    printed = _printed(outcome.printed)
    if outcome.report is not None and "error" in outcome.report:
        return _raised(outcome.report["error"], root, source, printed)
    if outcome.status is None:
        detail = f"{source} was not compiled after {timeout:g} seconds; it was stopped.{printed}"
        return error(
            "Compiling takes too long", detail, hint="a pipeline's source only describes it: keep work out of the module"
        )
    how = f"signal {-outcome.status}" if outcome.status < 0 else f"exit status {outcome.status}"
    return error("Compiling ended without a result", f"The process that compiles {source} ended with {how}.{printed}")


def _raised(found: Mapping[str, Any], root: Path, source: str, printed: str) -> Diagnostic:
    if found["kind"] == "refused":
        return error(found["summary"], found["message"], hint=found["hint"])
    message = str(found["message"]).strip()
    detail = f"{source} raised {found['kind']}{': ' + message if message else ''}{_stop(message)}{printed}"
    span = _line(root, found["file"], int(found["line"])) if "file" in found else None
    return error("Pipeline source does not compile", detail, span, hint=_hint(found))


def _hint(found: Mapping[str, Any]) -> str:
    missing = found.get("missing")
    if not missing:
        return "a pipeline's source must not exit" if found["kind"] == "SystemExit" else ""
    if str(missing).split(".")[0] == "kfp":
        return KFP_HINT
    return f'install "{missing}" in the Python that runs kfinfra, or import it inside the component that needs it'


def _line(root: Path, file: str, line: int) -> Span | None:
    try:
        text = Path(file).read_text("utf-8")
        name = str(Path(file).resolve().relative_to(root.resolve()))
    except (OSError, ValueError):
        return None
    lines = text.split("\n")
    start = sum(len(each) + 1 for each in lines[: line - 1])
    shown = lines[line - 1] if line <= len(lines) else ""
    indent = len(shown) - len(shown.lstrip())
    return SourceText(name, text).span(start + indent, start + len(shown))


def _printed(lines: Sequence[str]) -> str:
    return "\nIt printed:\n" + "\n".join(f"  {line}" for line in lines) if lines else ""


def _stop(message: str) -> str:
    return "" if message.endswith((".", "!", "?")) else "."
