"""Texts as values have them: in Unicode's normal form C, whatever they were put together from."""

from __future__ import annotations

import unicodedata


def nfc(text: str) -> str:
    """`text` with letters and their accents composed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def graphemes(text: str) -> list[str]:
    """The grapheme clusters of `text`."""
    if text.isascii() and "\r\n" not in text:
        return list(text)
    import regex

    found: list[str] = regex.findall(r"\X", text)
    return found


_ENDS = frozenset("-_:;/\\,.(){}[]|?!~ \t@#$%^&*+\"'")
"""Characters that nothing which follows becomes one with."""
_LONGEST = 128


def beginning(text: str) -> str:
    """What every text that goes on after `text` begins with: not its last letter, which may yet get an accent.

    No more than 128 bytes are told, as in Terraform.
    """
    told = nfc(text).encode()[:_LONGEST].decode(errors="ignore")
    return told if told[-1:] in _ENDS else "".join(graphemes(told)[:-1])
