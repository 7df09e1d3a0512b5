"""The literal text of templates: escapes decoded, where a heredoc closes, and what a string may not hold."""

from __future__ import annotations

import re
import unicodedata

from kfinfra.hcl.problem import SyntaxProblem

ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_QUOTED = re.compile(r'[^"\\$%\n\r]+')
_LINE = re.compile(r"[^\n$%]*\n?")
_HEX = re.compile(r"[0-9a-fA-F]*")
_SEQUENCES, _ESCAPED = ("${", "%{"), ("$${", "%%{")


def unended(text: str, opened: int, at: int) -> SyntaxProblem:
    """A template that the end of its line or of the text cuts off."""
    if at < len(text):
        detail = (
            "Quoted strings may not be split over multiple lines. To produce a multi-line "
            "string, use the \\n escape or a heredoc."
        )
        return SyntaxProblem("Invalid multi-line string", detail, opened - 1, at)
    return SyntaxProblem("Unterminated template string", "No closing marker was found for the string.", at, at)


class Literals:
    """Reads the literal parts of one template. `line_start`: the next part begins a heredoc's line."""

    def __init__(self, text: str, heredoc: bool) -> None:
        self.text, self.heredoc, self.line_start = text, heredoc, True

    def sequence(self, at: int) -> bool:
        """Whether `${` or `%{` stands at `at`."""
        return self.text.startswith(_SEQUENCES, at)

    def closes(self, mark: str, at: int) -> bool:
        """Whether the line that begins at `at` is a heredoc's closing one. The text's last line, which nothing ends, is none."""
        if not self.line_start:
            return False
        end = self.text.find("\n", at)
        if end < 0:
            raise unended(self.text, at, len(self.text))
        return self.text[at:end].strip(" \t\r") == mark

    def read(self, at: int, opened: int) -> tuple[str, int]:
        """The decoded text from `at` on, in a heredoc up to its line's end, and where it ends."""
        parts: list[str] = []
        text = self.text
        pattern = _LINE if self.heredoc else _QUOTED
        self.line_start = False
        while True:
            found = pattern.match(text, at)
            if found is not None and found.end() > at:
                parts.append(found.group())
                at = found.end()
            if (self.heredoc and text[at - 1] == "\n" and found and found.end() > found.start()) or at >= len(text):
                self.line_start = True
                break
            if text.startswith(_ESCAPED, at):
                parts.append(text[at + 1 : at + 3])
                at += 3
            elif text.startswith(_SEQUENCES, at) or (not self.heredoc and text[at] == '"'):
                break
            elif text[at] in "$%":
                parts.append(text[at])
                at += 1
            elif not self.heredoc and text[at] == "\\":
                value, at = self._escape(at)
                parts.append(value)
            elif not self.heredoc:
                raise unended(text, opened, at)
        value = "".join(parts)
        return (value if value.isascii() else unicodedata.normalize("NFC", value)), at

    def _escape(self, at: int) -> tuple[str, int]:
        """What a backslash stands for, and where it ends."""
        mark = self.text[at + 1 : at + 2]
        if mark in ESCAPES and mark:
            return ESCAPES[mark], at + 2
        width = {"u": 4, "U": 8}.get(mark)
        if width is None:
            detail = f'The symbol "{mark}" is not a valid escape sequence selector.'
            raise SyntaxProblem("Invalid escape sequence", detail, at, at + 2)
        found = _HEX.match(self.text, at + 2, at + 2 + width)
        digits = found.group() if found else ""
        end = at + 2 + len(digits)
        if len(digits) < width:
            detail = f"The \\{mark} escape sequence must be followed by {width} hexadecimal digits."
            raise SyntaxProblem("Invalid escape sequence", detail, at, end)
        code = int(digits, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise SyntaxProblem("Invalid escape sequence", f"There is no character U+{code:04x}.", at, end)
        return chr(code), end
