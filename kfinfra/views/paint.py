"""Colours, in one place: ANSI codes where they are wanted, the bare text where they are not."""

from __future__ import annotations

_CODES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold": "1", "dim": "2"}
SYMBOL_COLORS = {"+": "green", "-": "red", "~": "yellow", "<": "cyan"}


def paint(text: str, style: str, on: bool) -> str:
    """`text` in `style` (a colour's name, bold, dim); unchanged where `on` is false or nothing is to be seen."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if on and text.strip() else text


def paint_symbol(symbol: str, on: bool) -> str:
    """A plan's symbol (`+`, `~`, `-/+`, …), each of its parts in its own colour."""
    return "".join(paint(c, SYMBOL_COLORS[c], on) if c in SYMBOL_COLORS else c for c in symbol)
