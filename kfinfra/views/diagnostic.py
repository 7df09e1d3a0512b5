"""Diagnostics for people (Terraform's box, the line with its subject underlined) and as JSON in Terraform's shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kfinfra.diag import Called, Diagnostic, Severity, Span, merged
from kfinfra.views.cells import TAB, columns, graphemes, visible_columns, window, wrapped
from kfinfra.views.paint import paint


def render_diagnostic(d: Diagnostic, *, color: bool, width: int = 80) -> str:
    """One diagnostic as text that ends in a newline, in at most `width` columns where its words allow it."""
    tint = "red" if d.severity is Severity.ERROR else "yellow"
    bar = paint("│", tint, color)
    head = f"{paint(d.severity.value.capitalize() + ':', tint, color)} {paint(d.summary, 'bold', color)}"
    room = max(40, width) - 2
    body = "\n".join(f"{bar} {line}".rstrip() for line in (*wrapped(head, room, visible_columns), *_parts(d, color, room)))
    return f"{paint('╷', tint, color)}\n{body}\n{paint('╵', tint, color)}\n"


def render_diagnostics(found: Iterable[Diagnostic], *, color: bool, width: int = 80, compact: bool = False) -> str:
    """Several, each as it is; with `compact` the warnings are a list of what they are and where."""
    every = merged(found)
    short = [d for d in every if compact and d.severity is Severity.WARNING]
    boxes = "".join(render_diagnostic(d, color=color, width=width) for d in every if d not in short)
    return boxes + (_listed(short, color) if short else "")


def _listed(warnings: Iterable[Diagnostic], color: bool) -> str:
    bar = paint("│", "yellow", color)
    lines = [paint("Warnings:", "yellow", color), ""]
    for d in warnings:
        lines += [f"- {d.summary}", *([f"  on {d.span}"] if d.span is not None else [])]
    lines += ["", "To see all of them in full, leave -compact-warnings out."]
    body = "\n".join(f"{bar} {line}".rstrip() for line in lines)
    return f"{paint('╷', 'yellow', color)}\n{body}\n{paint('╵', 'yellow', color)}\n"


def _parts(d: Diagnostic, color: bool, room: int) -> Iterator[str]:
    if d.span is not None:
        besides = f" and {d.others} more" if d.others else ""
        about = f"in {d.address or d.context}{besides}" if d.address or d.context else ""
        place = f"  on {d.span}{', ' * bool(about)}{about}:"
        lines = [place] if not about or columns(place) <= room else [f"  on {d.span},", f"  {about}:"]
        yield from ["", *lines, *_code(d.span, color, room)]
    elif d.address:
        yield from ["", f"  with {d.address}"]
    if d.values or d.call:
        yield "    ├────────────────"
        if d.call:
            yield from _seen(f"while calling {d.call}", room)
        for name, said in d.values:
            yield from _seen(f"{name} {said}", room)
    if d.detail:
        yield from ["", *wrapped(d.detail, room)]
    if d.hint:
        first, *more = wrapped(d.hint, room - len("hint: "))
        yield from ["", f"hint: {first}", *(f"      {line}" for line in more)]


def _seen(text: str, room: int) -> Iterator[str]:
    """What the expression saw, with more lines indented."""
    first, *more = wrapped(text, room - len("    │   "))
    yield f"    │ {first}"
    yield from (f"    │   {line}" for line in more)


def _code(span: Span, color: bool, room: int) -> Iterator[str]:
    """The first line of the span, its subject underlined (with carets, so that meaning survives without colour)."""
    first, *more = span.code.split("\n")
    number = f"  {span.start.line:>4}: "
    items = [TAB if g == "\t" else g for g in graphemes(first)]
    begin = min(span.start.column - 1, len(items))
    end = span.end.column - 1 if span.end.line == span.start.line else len(items)
    shown, before = window(items, begin, room - len(number))
    subject = columns("".join(items[begin:end]))
    length = max(1, min(subject, columns(shown) - before))
    yield number + shown
    yield " " * (len(number) + before) + paint("^" * length, "bold", color)
    if more:
        yield f"{' ' * len(number)}… {len(more)} more line{'s' if len(more) > 1 else ''}"


def _highlight(span: Span) -> tuple[int, int]:
    """Where the subject stands in the snippet's code: bytes from its beginning, as Terraform counts them."""
    first = span.code.split("\n", 1)[0]
    begin = len("".join(graphemes(first)[: span.start.column - 1]).encode())
    end = begin + max(1, span.end.byte - span.start.byte)
    return begin, max(begin, min(end, len(span.code.encode())))


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
        begin, stop = _highlight(s)
        out["snippet"] = {
            "context": d.context or None,
            "code": s.code,
            "start_line": s.start.line,
            "highlight_start_offset": begin,
            "highlight_end_offset": stop,
            "values": [{"traversal": name, "statement": said} for name, said in d.values],
            **({"function_call": _call_json(d.call)} if d.call else {}),
        }
    return out


def _call_json(call: Called) -> dict[str, object]:
    """A failed call in the shape of Terraform's: the function's signature as `terraform metadata functions` has it."""
    signature: dict[str, object] = {
        "name": call.name,
        "params": [{"name": name, "type": kind} for name, kind in call.parameters],
        "return_type": call.returns,
    }
    if call.variadic:
        signature["variadic_param"] = {"name": call.variadic[0], "type": call.variadic[1]}
    return {"called_as": call.name, "signature": signature}


def validate_json(found: Iterable[Diagnostic]) -> dict[str, object]:
    """The answer of `validate -json`."""
    all_of_them = merged(found)
    errors = sum(d.severity is Severity.ERROR for d in all_of_them)
    return {
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": len(all_of_them) - errors,
        "diagnostics": [diagnostic_json(d) for d in all_of_them],
    }
