"""Syntax trees kept between commands, without a word of what the texts say in strings and numbers.

A kept tree holds the places of its literals only; they are read from the text again, which is there whenever a tree is asked
for. So a password that stands in a configuration never gets into the cache. A kept tree's name is a digest of its text under a
key of the user's own, which does not lie beside it: who has the cache alone cannot even try passwords out.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate, chain
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from kfinfra.hcl.nodes import Body, Index, Literal, Quoted, Text
from kfinfra.hcl.quoting import ESCAPES

_VERSION = "7"
Places: TypeAlias = tuple[int, ...]
"""Where the characters of a literal stand: pairs of a first and a last offset, or of ESCAPE and that of an escape sequence."""

ESCAPE = -1
_KEY_LENGTH = 32
_MARK = b"\x00literal "
_MARKED = re.compile(rb"\xb1\x00literal ([0-9a-f]{8})")
# The element that is a literal's text, in a node as a list: its tag, start and end come first.
_TEXT, _NUMBER, _KEY = 3, 4, 3


@dataclass(frozen=True, slots=True)
class ParseCache:
    """Where trees are kept, and the key of their names (empty: the user has none)."""

    folder: Path
    key: bytes

    def path(self, what: str, text: str) -> Path:
        """The file of the tree of `text`, read as `what`."""
        of = f"{_VERSION}\0{msgspec.__version__}\0{what}\0{text}".encode()
        return self.folder / f"{hmac.new(self.key, of, hashlib.sha256).hexdigest()}.tree"

    def get(self, path: Path, text: str) -> Body | None:
        """The tree of `text` that lies at `path`; None where there is none, or what lies there is none."""
        try:
            return restored(path.read_bytes(), text)
        except (OSError, ValueError, IndexError, OverflowError, msgspec.MsgspecError):
            return None

    def put(self, path: Path, text: str, body: Body) -> None:
        """Keeps a tree; a folder that cannot be written only costs the next command some time."""
        data = emptied(body, text)
        if data is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = path.with_suffix(f".{os.getpid()}")
            fresh.write_bytes(data)
            fresh.replace(path)
        except OSError:
            return


def user_key(folder: Path | None) -> bytes:
    """The key that lies in `folder`, made where there is none yet; empty where none can be kept there, or there is no folder."""
    if folder is None:
        return b""
    path = folder / "trees.key"
    try:
        if not path.exists():
            folder.mkdir(exist_ok=True, mode=0o700)
            fresh = folder / f"trees.key.{os.getpid()}"
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(os.urandom(_KEY_LENGTH))
            with suppress(FileExistsError):  # another command was faster: its key it is
                os.link(fresh, path)
            fresh.unlink()
        found = path.read_bytes()
    except OSError:
        return b""
    return found if len(found) == _KEY_LENGTH else b""


class _Kept(msgspec.Struct, array_like=True, frozen=True):
    """A tree's bytes without its literals, and what belongs between them: from which byte of the text up to which.

    Those that are written with escape sequences, or over several lines, are in `woven`: which literal it is, and its places.
    """

    pieces: list[bytes]
    starts: list[int]
    ends: list[int]
    woven: list[tuple[int, Places]]


_encode = msgspec.msgpack.Encoder().encode
_kept = msgspec.msgpack.Decoder(_Kept)
_body = msgspec.msgpack.Decoder(Body)


def emptied(body: Body, text: str) -> bytes | None:
    """The tree without its literals; None where one of them cannot be found in the text again, character by character."""
    tree = msgspec.to_builtins(body)
    literals: list[Places] = []
    for node, at, value in _literals(tree):
        found = places(value, text, node[1])
        if found is None:
            return None
        node[at] = f"\0literal {len(literals):08x}"
        literals.append(found)
    pieces = _MARKED.split(_encode(tree))
    kept = _encode(_kept_of(pieces[::2], [literals[int(number, 16)] for number in pieces[1::2]], text))
    return kept if restored(kept, text) == body else None


def _kept_of(pieces: list[bytes], literals: list[Places], text: str) -> _Kept:
    """The pieces, each with the head of the string that follows it where that is one piece of the text."""
    offsets = [0, *accumulate(len(character.encode()) for character in text)]
    starts, ends, woven = [0] * len(literals), [0] * len(literals), list[tuple[int, Places]]()
    for at, literal in enumerate(literals):
        if len(literal) != 2 or literal[0] < 0:
            woven.append((at, literal))
            continue
        starts[at], ends[at] = (offsets[place] for place in literal)
        value = _encode(text[slice(*literal)])
        pieces[at] += value[: len(value) - (ends[at] - starts[at])]
    return _Kept(pieces, starts, ends, woven)


def restored(data: bytes, text: str) -> Body:
    """The tree that `emptied` made of one whose text is `text`. Raises MsgspecError, ValueError or IndexError for other data."""
    kept, whole = _kept.decode(data), text.encode()
    literals = [whole[start:end] for start, end in zip(kept.starts, kept.ends, strict=True)]
    for at, places_ in kept.woven:
        literals[at] = _encode(_joined(places_, text))
    return _body.decode(b"".join(chain.from_iterable(zip(kept.pieces, [*literals, b""], strict=True))))


def _joined(literal: Places, text: str) -> str:
    pairs = zip(literal[::2], literal[1::2], strict=True)
    return "".join(_escaped(text, end)[0] if start == ESCAPE else text[start:end] for start, end in pairs)


def _escaped(text: str, at: int) -> tuple[str, int]:
    """What the escape sequence at `at` stands for, and where it ends. Raises ValueError for what is none."""
    mark = text[at + 1]
    width = {"u": 4, "U": 8}.get(mark, 0)
    if not width and mark not in ESCAPES:
        raise ValueError(f"\\{mark}")
    return (chr(int(text[at + 2 : at + 2 + width], 16)) if width else ESCAPES[mark]), at + 2 + width


def _literals(tree: list[Any]) -> Iterator[tuple[list[Any], int, str]]:
    """The nodes that say something in the user's own words, where in the node, and what."""
    todo: list[Any] = [tree]
    while todo:
        node = todo.pop()
        tag = node[0] if node else None
        if tag in _TEXTS:
            yield node, _TEXT, node[_TEXT]
        elif tag == _LITERAL:
            if node[_NUMBER] is not None:
                yield node, _NUMBER, node[_NUMBER]
        elif tag == _INDEX:
            if isinstance(node[_KEY], str):
                yield node, _KEY, node[_KEY]
        else:
            todo.extend(each for each in node if type(each) is list or type(each) is tuple)


_TEXTS = (Text.__struct_config__.tag, Quoted.__struct_config__.tag)
_LITERAL, _INDEX = Literal.__struct_config__.tag, Index.__struct_config__.tag


def places(value: str, text: str, start: int) -> Places | None:
    """Where the characters of `value` stand in `text` from `start` on, one behind the other; None where they do not.

    Between them may stand what a string says them with: indentation, a doubled `$`, a backslash.
    """
    for begin in (start, start + 1):  # a string's node begins with its quote
        if text.startswith(value, begin):
            return begin, begin + len(value)
    found: list[int] = []
    at, done = start, 0
    while done < len(value):
        if at >= len(text):
            return None
        length = _alike(value, done, text, at)
        if length:
            found += (at, at + length)
            at, done = at + length, done + length
            continue
        after = _after_escape(text, at, value[done])
        if after:
            found += (ESCAPE, at)
            at, done = after, done + 1
        else:
            at += 1
    return tuple(found)


def _after_escape(text: str, at: int, wanted: str) -> int:
    """Where the escape sequence ends that stands at `at` for the character `wanted`; 0 where none does."""
    if text[at] != "\\":
        return 0
    try:
        value, end = _escaped(text, at)
    except (ValueError, IndexError, OverflowError):
        return 0
    return end if value == wanted else 0


def _alike(value: str, begin: int, text: str, at: int) -> int:
    """How many characters are the same."""
    length = 0
    while begin + length < len(value) and at + length < len(text) and value[begin + length] == text[at + length]:
        length += 1
    return length
