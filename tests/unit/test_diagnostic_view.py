"""Diagnostics: the box, the subject underlined whatever stands before it, words wrapped; and Terraform's JSON of them."""

from __future__ import annotations

import json
from dataclasses import replace

from kfinfra.diag import Diagnostic, Severity, SourceText, error
from kfinfra.views.cells import columns, wrapped
from kfinfra.views.diagnostic import diagnostic_json, render_diagnostic, render_diagnostics, validate_json


def at(text: str, subject: str, **more: object) -> Diagnostic:
    source = SourceText("main.hcl", text)
    start = text.index(subject)
    return error("Invalid value", "It cannot be used.", source.span(start, start + len(subject)), **more)  # type: ignore[arg-type]


def code(diagnostic: Diagnostic, width: int = 80) -> list[str]:
    lines = render_diagnostic(diagnostic, color=False, width=width).split("\n")
    return [line.removeprefix("│ ") for line in lines[4:6]]


def test_the_whole_box() -> None:
    found = at('disk "a" {\n  size = var.n\n}\n', "var.n", address="disk.a", hint="write a number", values=(("var.n", 'is "x"'),))
    assert (
        render_diagnostic(found, color=False)
        == """\
╷
│ Error: Invalid value
│
│   on main.hcl:2:10, in disk.a:
│      2:   size = var.n
│                  ^^^^^
│     ├────────────────
│     │ var.n is "x"
│
│ It cannot be used.
│
│ hint: write a number
╵
"""
    )


def test_what_the_expression_saw_is_wrapped_with_its_spaces() -> None:
    found = at("size = var.n", "var.n", values=(("var.n", 'is "two  spaces and a rather long text"'),))
    assert render_diagnostic(found, color=False, width=40).split("\n")[6:9] == [
        "│     ├────────────────",
        '│     │ var.n is "two  spaces and a',
        '│     │   rather long text"',
    ]


def test_one_mistake_of_many_instances_is_told_once() -> None:
    first, second = (at("size = var.n", "var.n", address=f"disk.a[{i}]", values=(("var.n", f"is {i}"),)) for i in range(2))
    text = render_diagnostics([first, second, first], color=False)
    assert text.count("Error:") == 1 and "on main.hcl:1:8, in disk.a[0] and 1 more:" in text and "var.n is 0" in text
    other = at("size = var.n", "size", address="disk.a[0]")
    assert render_diagnostics([first, other, second], color=False).count("Error:") == 2
    general = replace(at("size = var.n", "var.n"), context="locals")
    assert "on main.hcl:1:8, in locals:" in render_diagnostics([first, general, second], color=False)
    found = validate_json([first, second, other])
    assert found["error_count"] == 2 and len(found["diagnostics"]) == 2  # type: ignore[arg-type]
    nowhere = error("Failed", "It failed.", address="disk.a"), error("Failed", "It failed.", address="disk.b")
    assert render_diagnostics(nowhere, color=False).count("Error:") == 2


def test_the_subject_is_underlined_behind_tabs_and_wide_characters() -> None:
    assert code(at('\ta = "データ" + x', "x")) == ['     1:     a = "データ" + x', "                           ^"]
    assert code(at('a = "データ"', '"データ"')) == ['     1: a = "データ"', "            ^^^^^^^^"]
    assert code(at('a = "e\u0301" + x', "x")) == ['     1: a = "e\u0301" + x', "                  ^"]


def test_a_long_line_is_cut_around_its_subject() -> None:
    text = f'a = "{"." * 200}" + bad + "{"." * 200}"'
    shown, marks = code(at(text, "bad"), 60)
    assert columns(shown) <= 58 and shown[marks.index("^") : marks.rindex("^") + 1] == "bad"
    assert shown.count("…") == 2


def test_a_subject_of_several_lines_is_underlined_to_the_end_of_the_first() -> None:
    lines = render_diagnostic(at("a = [\n  1,\n  2,\n]\n", "[\n  1,\n  2,\n]"), color=False).split("\n")
    assert lines[4:7] == ["│      1: a = [", "│             ^", "│         … 3 more lines"]


def test_words_are_wrapped_and_what_is_indented_is_left_alone() -> None:
    long = "  kept   as it is, however long this line may be here"
    detail = f"One two three four five six seven eight nine ten eleven twelve.\n{long}\nend"
    text = render_diagnostic(Diagnostic(Severity.WARNING, "Careful", detail), color=False, width=40)
    assert (
        text
        == """\
╷
│ Warning: Careful
│
│ One two three four five six seven
│ eight nine ten eleven twelve.
│   kept   as it is, however long this line may be here
│ end
╵
"""
    )
    assert list(wrapped("日本語 日本語 日本語", 13)) == ["日本語 日本語", "日本語"]


def test_colour_adds_codes_and_changes_no_word() -> None:
    import re

    found = at("a = b", "b", hint="mend it")
    assert re.sub(r"\x1b\[\d+m", "", render_diagnostic(found, color=True)) == render_diagnostic(found, color=False)


def test_the_snippet_of_the_json_counts_bytes_as_terraform_does() -> None:
    said = diagnostic_json(at('x = 1\na = "データ" + var.b\n', "var.b"))
    snippet = said["snippet"]
    assert isinstance(snippet, dict)
    begin, end = snippet["highlight_start_offset"], snippet["highlight_end_offset"]
    assert snippet["code"].encode()[begin:end] == b"var.b" and snippet["start_line"] == 2
    whole = validate_json([at("a", "a"), Diagnostic(Severity.WARNING, "w")])
    assert (whole["valid"], whole["error_count"], whole["warning_count"]) == (False, 1, 1)
    json.dumps(whole)
