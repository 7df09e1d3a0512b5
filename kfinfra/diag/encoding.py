"""Bytes as text: what is not UTF-8 is told with the line and the column of the first byte that is none."""

from __future__ import annotations

from kfinfra.diag.diagnostic import DiagnosticError, error
from kfinfra.diag.source import SourceText, Span

_WIDE = (b"\xff\xfe", b"\xfe\xff")


def utf8(data: bytes, filename: str) -> str:
    """`data` as text. Raises DiagnosticError that points into `filename`, where it is not UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as problem:
        detail = f"{'This is UTF-16' if data[:2] in _WIDE else f'Byte 0x{data[problem.start]:02x} is no UTF-8 here'}."
        where = _place(data, filename, problem)
        raise DiagnosticError(error("Invalid character encoding", detail, where, hint="save the file as UTF-8")) from problem


def first_bad_byte(data: bytes, problem: UnicodeDecodeError) -> str:
    """Where `problem` is, in words: `line 3, column 7`."""
    start = _place(data, "", problem).start
    return f"line {start.line}, column {start.column}"


def _place(data: bytes, filename: str, problem: UnicodeDecodeError) -> Span:
    """The byte that cannot be read, in the text with a replacement character for each such byte."""
    before = len(data[: problem.start].decode())
    return SourceText(filename, data.decode(errors="replace")).span(before, before + 1)
