"""Values and differences of values as a plan's lines: Terraform's symbols, nesting, lists matched, texts line by line.

Lines are data until the last moment, so that colours and widths never have to be read back out of text that a user wrote.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from kfinfra.model.plain import UNKNOWN, Path, Plain
from kfinfra.views.paint import paint, paint_symbol

ALWAYS_SHOWN = ("id", "name", "tags")
FORCES = " # forces replacement"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `pad` blanks, a symbol (or none) and a blank, the text, and whether it is why an object is replaced."""

    pad: int
    symbol: str
    text: str
    forces: bool = False

    def render(self, color: bool) -> str:
        """The line without its newline."""
        symbol = paint_symbol(self.symbol, color) if self.symbol else " "
        text = paint(self.text, "dim", color) if self.text.startswith("# (") else self.text
        forces = paint(FORCES, "red", color) if self.forces else ""
        return f"{' ' * self.pad}{symbol} {text}{forces}" if text or self.symbol else ""


@dataclass(frozen=True, slots=True)
class Context:
    """What the lines of one resource need to know: the sensitive paths, and those that force a replacement.

    Items of a list move between old and new, so what is sensitive in one item is hidden in all of them.
    """

    sensitive: frozenset[Path] = frozenset()
    forcing: frozenset[Path] = frozenset()
    nulls: bool = False
    """Whether a null is shown: of an output it is a value like others, of a resource an attribute that is not there."""

    @staticmethod
    def of(sensitive: Iterable[Path], forcing: Iterable[Path] = ()) -> Context:
        """The context for these paths."""
        return Context(frozenset(map(_any_item, sensitive)), frozenset(forcing))

    def hides(self, path: Path) -> bool:
        """Whether what is at `path` must not be shown."""
        return bool(self.sensitive) and _any_item(path) in self.sensitive


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a value is shown: its path, its name (padded already, empty in a list), the indent, what ends its last line."""

    path: Path
    name: str
    pad: int
    end: str = ""

    @property
    def head(self) -> str:
        """What stands before the value."""
        return f"{self.name} = " if self.name else ""

    def item(self, step: str | int, name: str = "", end: str = "") -> Slot:
        """The slot of a part of this value."""
        return Slot((*self.path, step), name, self.pad + 4, end)


def _any_item(path: Path) -> Path:
    return tuple(0 if isinstance(step, int) else step for step in path)


def scalar(value: Plain) -> str:
    """A value on one line."""
    return json.dumps(value, ensure_ascii=False, default=lambda _: "(known after apply)") if value is not UNKNOWN else value.value


def key_text(key: str) -> str:
    """A key as HCL writes it: bare where it is a name, quoted where not."""
    return key if key.replace("-", "_").isidentifier() else json.dumps(key, ensure_ascii=False)


def structure(text: Plain) -> Plain:
    """The object or list that a string holds as JSON, or None."""
    if not isinstance(text, str) or text[:1] not in ("{", "["):
        return None
    try:
        found: Plain = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) and found else None


def shown(symbol: str, value: Plain, slot: Slot, context: Context, opening: str | None = None) -> Iterator[Line]:
    """A whole value under one symbol: `+` created, `-` removed, none as it is. `opening` is its first line's, if another."""
    first = symbol if opening is None else opening
    if context.hides(slot.path):
        yield Line(slot.pad, first, f"{slot.head}(sensitive value){slot.end}")
    elif isinstance(value, dict) and any(v is not None or context.nulls for v in value.values()):
        yield Line(slot.pad, first, f"{slot.head}{{")
        entries = {key: v for key, v in sorted(value.items()) if v is not None or context.nulls}
        for name, key in _named(entries):
            yield from shown(symbol, entries[key], slot.item(key, name), context)
        yield Line(slot.pad, "", f"}}{slot.end}")
    elif isinstance(value, list) and value:
        yield Line(slot.pad, first, f"{slot.head}[")
        for index, item in enumerate(value):
            yield from shown(symbol, item, slot.item(index, end=","), context)
        yield Line(slot.pad, "", f"]{slot.end}")
    elif (inside := structure(value)) is not None:
        yield Line(slot.pad, first, f"{slot.head}jsonencode(")
        yield from shown(symbol, inside, Slot(("jsonencode",), "", slot.pad + 4), Context(), "")
        yield Line(slot.pad, "", f"){slot.end}")
    elif isinstance(value, str) and "\n" in value:
        yield Line(slot.pad, first, f"{slot.head}<<-EOT")
        yield from (Line(slot.pad + 4, "", line) for line in _text_lines(value))
        yield Line(slot.pad, "", f"EOT{slot.end}")
    else:
        yield Line(slot.pad, first, f"{slot.head}{scalar({} if isinstance(value, dict) else value)}{slot.end}")


def changed(old: Plain, new: Plain, slot: Slot, context: Context, opening: str = "~") -> Iterator[Line]:
    """A value that becomes another: what is the same in both is left out or stands without a symbol."""
    forces = slot.path in context.forcing
    if context.hides(slot.path):
        yield Line(slot.pad, opening, f"{slot.head}(sensitive value){slot.end}", forces)
    elif isinstance(old, dict) and isinstance(new, dict) and old and new:
        yield Line(slot.pad, opening, f"{slot.head}{{", forces)
        yield from _entries(old, new, slot, context)
        yield Line(slot.pad, "", f"}}{slot.end}")
    elif isinstance(old, list) and isinstance(new, list) and old and new:
        yield Line(slot.pad, opening, f"{slot.head}[", forces)
        yield from _items(old, new, slot, context)
        yield Line(slot.pad, "", f"]{slot.end}")
    elif isinstance(old, str) and isinstance(new, str):
        yield from _strings(old, new, slot, context, forces)
    else:
        yield from _into(old, new, slot, context, forces)


def hidden(count: int, what: str, pad: int) -> Iterator[Line]:
    """The line that counts what is the same and not shown, where there is any."""
    if count:
        yield Line(pad, "", f"# ({count} unchanged {what}{'s' if count > 1 else ''} hidden)")


def _named(keys: Iterable[str]) -> list[tuple[str, str]]:
    """Each key as it is written, padded to the longest, and the key itself."""
    written = [(key_text(key), key) for key in keys]
    width = max((len(name) for name, _ in written), default=0)
    return [(f"{name:<{width}}", key) for name, key in written]


def _entries(old: dict[str, Plain], new: dict[str, Plain], slot: Slot, context: Context) -> Iterator[Line]:
    every = sorted(k for k in old.keys() | new.keys() if old.get(k) is not None or new.get(k) is not None)
    whole = slot.path[-1:] == ("tags",)
    seen = [k for k in every if old.get(k) != new.get(k) or whole or k in ALWAYS_SHOWN]
    for name, key in _named(seen):
        yield from one(old.get(key), new.get(key), slot.item(key, name), context)
    yield from hidden(len(every) - len(seen), "attribute", slot.pad + 4)


def one(old: Plain, new: Plain, slot: Slot, context: Context, gone: str = "") -> Iterator[Line]:
    """A part that comes, goes, changes or stays; None means that it is not there. `gone` ends the last line of what goes."""
    if old == new:
        yield from shown("", new, slot, context)
    elif old is None:
        first, *more = shown("+", new, slot, context)
        yield from (replace(first, forces=slot.path in context.forcing), *more)
    elif new is None:
        *less, last = shown("-", old, replace(slot, end=gone + slot.end), context)
        yield from (*less, replace(last, forces=slot.path in context.forcing))
    else:
        yield from changed(old, new, slot, context)


def _items(old: list[Plain], new: list[Plain], slot: Slot, context: Context) -> Iterator[Line]:
    """The items of a list: those in both are matched; of each unchanged run the neighbours of a change stay visible."""
    texts = [[json.dumps(x, sort_keys=True, default=str) for x in items] for items in (old, new)]
    blocks = SequenceMatcher(None, texts[0], texts[1], autojunk=False).get_opcodes()
    for kind, a, b, c, d in blocks:
        if kind == "equal":
            last = len(old) == b and len(new) == d
            yield from _unchanged(new[c:d], c, slot, context, before=a == 0 and c == 0, after=last)
            continue
        for index in range(min(b - a, d - c)):
            yield from changed(old[a + index], new[c + index], slot.item(c + index, end=","), context)
        for index in range(a + (d - c), b):
            yield from shown("-", old[index], slot.item(index, end=","), context)
        for index in range(c + (b - a), d):
            yield from shown("+", new[index], slot.item(index, end=","), context)


def _unchanged(items: list[Plain], start: int, slot: Slot, context: Context, *, before: bool, after: bool) -> Iterator[Line]:
    """A run of items that stay: its first one follows a change unless the run comes `before` all, its last one precedes one."""
    head, tail = 0 if before else 1, 0 if after else 1
    if len(items) <= head + tail:
        head, tail = len(items), 0
    for index in range(head):
        yield from shown("", items[index], slot.item(start + index, end=","), context)
    yield from hidden(len(items) - head - tail, "element", slot.pad + 4)
    for index in range(len(items) - tail, len(items)):
        yield from shown("", items[index], slot.item(start + index, end=","), context)


def _strings(old: str, new: str, slot: Slot, context: Context, forces: bool) -> Iterator[Line]:
    before, after = structure(old), structure(new)
    if type(before) is type(after) and before is not None and before != after:
        yield Line(slot.pad, "~", f"{slot.head}jsonencode(", forces)
        yield from changed(before, after, Slot(("jsonencode",), "", slot.pad + 4), Context())
        yield Line(slot.pad, "", f"){slot.end}")
    elif _text_lines(old) != _text_lines(new) and ("\n" in old or "\n" in new):
        yield Line(slot.pad, "~", f"{slot.head}<<-EOT", forces)
        yield from _texts(_text_lines(old), _text_lines(new), slot.pad + 4)
        yield Line(slot.pad, "", f"EOT{slot.end}")
    else:
        yield Line(slot.pad, "~", f"{slot.head}{scalar(old)} -> {scalar(new)}{slot.end}", forces)


def _text_lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _texts(old: list[str], new: list[str], pad: int) -> Iterator[Line]:
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from (Line(pad, "", line) for line in old[a:b])
            continue
        yield from (Line(pad, "-", line) for line in old[a:b])
        yield from (Line(pad, "+", line) for line in new[c:d])


def _into(old: Plain, new: Plain, slot: Slot, context: Context, forces: bool) -> Iterator[Line]:
    """A value that becomes one of another kind: all of the old one, an arrow, all of the new one."""
    before = list(shown("-", old, replace(slot, end=""), context, "~"))
    first, *after = shown("+", new, replace(slot, name=""), context)
    joined = f"{before[-1].text} -> {first.text}"
    yield from before[:-1]
    yield replace(before[-1], text=joined, forces=forces)
    yield from after
