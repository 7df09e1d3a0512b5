"""Diagnostics for people (Terraform's box, the line with its subject underlined) and as JSON in Terraform's shape."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from kfinfra.diag import Diagnostic, Severity, Span

_CODES = {"red": "\x1b[31m", "yellow": "\x1b[33m", "bold": "\x1b[1m", "off": "\x1b[0m"}


def render_diagnostic(d: Diagnostic, *, color: bool, width: int = 80) -> str:
    """One diagnostic as text that ends in a newline."""
    tint = "red" if d.severity is Severity.ERROR else "yellow"
    lines = [f"{_paint(d.severity.value.capitalize() + ':', tint, color)} {_paint(d.summary, 'bold', color)}", ""]
    if d.span is not None:
        about = f", in {d.address}" if d.address else ""
        lines += [f"  on {d.span.filename} line {d.span.start.line}{about}:", *_code(d.span, color), ""]
    elif d.address:
        lines += [f"  with {d.address}", ""]
    lines += [f"  │ {name} is {value}" for name, value in d.values]
    lines += textwrap.wrap(d.detail, max(40, width - 4), break_on_hyphens=False)
    lines += [f"hint: {line}" if i == 0 else f"      {line}" for i, line in enumerate(textwrap.wrap(d.hint, width - 10))]
    bar = _paint("│", tint, color)
    body = "\n".join(f"{bar} {line}".rstrip() for line in lines)
    return f"{_paint('╷', tint, color)}\n{body}\n{_paint('╵', tint, color)}\n"


def _paint(text: str, name: str, color: bool) -> str:
    return f"{_CODES[name]}{text}{_CODES['off']}" if color and text else text


def _code(span: Span, color: bool) -> Iterable[str]:
    """The first line of the span, its subject underlined (with carets, so that meaning survives without colour)."""
    first, *more = span.code.split("\n")
    yield f"  {span.start.line:>4}: {first}"
    end = span.end.column - 1 if span.end.line == span.start.line else len(first)
    begin = span.start.column - 1
    yield "        " + " " * begin + _paint("^" * max(1, end - begin), "bold", color)
    if more:
        yield f"        … {len(more)} more line(s)"


def diagnostic_json(d: Diagnostic) -> dict[str, object]:
    """The diagnostic in the shape of `terraform validate -json`."""
    out: dict[str, object] = {"severity": d.severity.value, "summary": d.summary, "detail": d.detail}
    if d.hint:
        out["hint"] = d.hint
    if d.address:
        out["address"] = d.address
    if d.span is not None:
        s = d.span
        start = {"line": s.start.line, "column": s.start.column, "byte": s.start.byte}
        end = {"line": s.end.line, "column": s.end.column, "byte": s.end.byte}
        out["range"] = {"filename": s.filename, "start": start, "end": end}
        begin = s.start.column - 1
        out["snippet"] = {
            "context": None,
            "code": s.code,
            "start_line": s.start.line,
            "highlight_start_offset": begin,
            "highlight_end_offset": begin + max(1, s.end.byte - s.start.byte),
            "values": [{"traversal": name, "statement": f"is {value}"} for name, value in d.values],
        }
    return out


def validate_json(found: Iterable[Diagnostic]) -> dict[str, object]:
    """The answer of `validate -json`."""
    all_of_them = list(found)
    errors = sum(d.severity is Severity.ERROR for d in all_of_them)
    return {
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": len(all_of_them) - errors,
        "diagnostics": [diagnostic_json(d) for d in all_of_them],
    }
