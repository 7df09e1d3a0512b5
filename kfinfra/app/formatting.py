"""fmt: the files of a folder in canonical form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kfinfra.diag import DiagnosticError, SourceText, error
from kfinfra.hcl.fmt import format_source
from kfinfra.hcl.parser import parse

SUFFIXES = (".hcl", ".kfvars")


def format_text(text: str, name: str = "<stdin>") -> str:
    """`text` in canonical form. Raises DiagnosticError where it is not HCL: such a text is never touched."""
    parse(SourceText(name, text), None)
    return format_source(text)


def format_paths(root: Path, recursive: bool) -> Iterator[tuple[Path, str, str]]:
    """Each file below `root` (or `root` itself): its path, its text, its text in canonical form."""
    if root.is_file():
        files = [root]
    elif root.is_dir():
        files = sorted(p for p in (root.rglob("*") if recursive else root.iterdir()) if _wanted(p, root))
    else:
        raise DiagnosticError(error("No such file or folder", f"{root} does not exist."))
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise DiagnosticError(error("Cannot read a file", f"{path}: {problem}.")) from problem
        yield path, text, format_text(text, str(path))


def _wanted(path: Path, root: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return path.is_file() and path.suffix in SUFFIXES and not hidden
