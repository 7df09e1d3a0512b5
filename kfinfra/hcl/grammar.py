"""python-hcl2's grammar as tables, through lark's public API: built once for a user, then read from a cache file.

Only the grammar's text is taken from python-hcl2; nothing of it is imported. One rule is changed in memory: `!!x` and `--x`
are unary operations on unary operations.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lark import Lark, Token, UnexpectedToken
from lark.lexer import Lexer

from kfinfra.hcl.build import Builder
from kfinfra.hcl.usercache import user_cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["UnexpectedToken", "parse_tokens"]

_STARTS = ["start", "expression", "string"]
_UNARY = ("!unary_op : (MINUS | NOT) expr_term", "!unary_op : (MINUS | NOT) unary_expr")


class _NoLexer(Lexer):
    """The tokens are fed by hand, so lark needs no lexer: building its own costs half of the tables' time."""

    def __init__(self, conf: object) -> None:
        """Lark calls it with its settings."""

    def lex(self, *_: object) -> Iterator[Token]:
        """Never called."""
        raise NotImplementedError("tokens come from kfinfra.hcl.scanner")


def parse_tokens(tokens: Iterable[Token], start: str, whole: bool) -> object:
    """What the rule `start` makes of the tokens (`build.Builder`); None where they are not the whole text's.

    Raises UnexpectedToken, and what the builder raises.
    """
    parser = _lark().parse_interactive(start=start)
    feed = parser.feed_token
    for token in tokens:
        feed(token)
    return feed(Token("$END", "")) if whole else None


_made: list[Lark] = []


def _lark() -> Lark:
    if not _made:
        options = {"parser": "lalr", "lexer": _NoLexer, "transformer": Builder(), "maybe_placeholders": False, "start": _STARTS}
        _made.append(Lark(_text(), cache=_cache(), **options))
    return _made[0]


def _text() -> str:
    """The grammar. Raises RuntimeError where the installed python-hcl2 has another one than this builder was made for."""
    found = find_spec("hcl2")
    if found is None or found.origin is None:
        raise RuntimeError("python-hcl2 is not installed: run `pip install python-hcl2`")
    text = Path(found.origin).with_name("hcl2.lark").read_text(encoding="utf-8")
    if _UNARY[0] not in text:
        raise RuntimeError("python-hcl2 is of another version than kfinfra is made for: run `pip install 'python-hcl2>=8.1,<9'`")
    return text.replace(*_UNARY)


def _cache() -> str | bool:
    """The file of the tables in the user's own cache folder (lark checks that they fit); False: there is no such folder."""
    folder = user_cache(os.environ)
    return str(folder / "grammar.lark") if folder is not None else False
