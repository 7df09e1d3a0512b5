"""Texts as values have them: in Unicode's normal form C, whatever they were put together from."""

from __future__ import annotations

import unicodedata


def nfc(text: str) -> str:
    """`text` with letters and their accents composed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
