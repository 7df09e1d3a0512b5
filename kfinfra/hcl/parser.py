"""Text to syntax tree: python-hcl2's grammar over a scanner of our own. What is unchanged since it was parsed is read back.

Neither lark nor the grammar is loaded before a text has to be parsed.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, error
from kfinfra.hcl.cache import ParseCache
from kfinfra.hcl.nodes import Attribute, Block, Body, Expr
from kfinfra.hcl.problem import SyntaxProblem
from kfinfra.hcl.shape import Shape

if TYPE_CHECKING:
    from kfinfra.hcl.json_text import JsonString
    from kfinfra.hcl.scanner import Scanner


def parse(source: SourceText, cache: ParseCache | None = None) -> Body:
    """The body of a file. With `cache` an unchanged text is read back, not parsed. Raises DiagnosticError (`recovery`)."""
    return _cached(source, "", cache, lambda: _file(source))


def parse_json(source: SourceText, shape: Shape, cache: ParseCache | None = None) -> Body:
    """The body of a file in JSON syntax, with the blocks that `shape` says. As `parse`; all mistakes in strings are told."""
    return _cached(source, repr(shape) if cache else "", cache, lambda: _json(source, shape))


def _cached(source: SourceText, what: str, cache: ParseCache | None, make: Callable[[], Body]) -> Body:
    """What `make` makes of `source`, kept under a name that is made from all that it depends on."""
    if cache is None:
        return make()
    path = cache.path(what, source.text)
    body = cache.get(path, source.text)
    if body is None:
        body = make()
        cache.put(path, source.text, body)
    return body


def parse_expression(source: SourceText) -> Expr:
    """The one expression that `source` holds. Raises DiagnosticError."""
    return cast(Expr, _read(source, "expression"))


def parse_template(source: SourceText) -> Expr:
    """The template that `source` is (a file of `templatefile`). Raises DiagnosticError."""
    return cast(Expr, _read(source, "string"))


def _file(source: SourceText) -> Body:
    attributes, blocks = cast(tuple[tuple[Attribute, ...], tuple[Block, ...]], _read(source, "start"))
    return Body(_begin(source.text), len(source.text), attributes, blocks)


def _json(source: SourceText, shape: Shape) -> Body:
    from kfinfra.hcl.json_body import json_body

    try:
        body, found = json_body(source.text, shape, lambda value, rule: cast(Expr, read(value.value, rule, value)))
    except SyntaxProblem as problem:
        raise DiagnosticError(_diagnostic(problem, source)) from problem
    if found:
        raise DiagnosticError([_diagnostic(each, source) for each in found])
    return body


def _begin(text: str) -> int:
    """Where the text begins: behind a byte order mark."""
    return 1 if text.startswith("\ufeff") else 0


def _read(source: SourceText, rule: str) -> object:
    try:
        return read(source.text, rule)
    except SyntaxProblem as problem:
        from kfinfra.hcl.recovery import mistakes

        found = mistakes(source.text, _first, _items) if rule == "start" else [problem]
        raise DiagnosticError([_diagnostic(each, source) for each in found]) from problem


def _first(text: str) -> SyntaxProblem | None:
    """The first mistake in a file's text."""
    try:
        read(text, "start")
    except SyntaxProblem as problem:
        return problem
    return None


def _items(text: str, at: int) -> list[int]:
    """Where the arguments and blocks begin that hold the offset `at`, the outermost first; a single-line block is one."""
    from kfinfra.hcl.frames import BodyFrame
    from kfinfra.hcl.scanner import Scanner

    scanner = Scanner(text, _begin(text), stop=at)
    with suppress(SyntaxProblem):
        scanner.body()
    return [frame.item_at(at) for frame in scanner.frames if isinstance(frame, BodyFrame) and not frame.single]


def _diagnostic(problem: SyntaxProblem, source: SourceText) -> Diagnostic:
    detail = problem.detail
    if problem.also is not None:
        detail = detail.replace("{}", str(source.span(problem.also, problem.also)))
    span = source.span(problem.start, problem.end)
    if source.filename.endswith(".json"):
        return error(problem.summary, detail, span)
    from kfinfra.hcl.habits import block_around, meant

    found = error(problem.summary, detail, span, hint=meant(source.text, problem.summary, problem.start))
    return replace(found, context=block_around(source.text, problem.start))


def read(text: str, rule: str, within: JsonString | None = None) -> object:
    """What the grammar's `rule` makes of the text, of a JSON string where `within` is given: then places are those in the file.

    Raises SyntaxProblem for the first mistake.
    """
    from kfinfra.hcl.grammar import UnexpectedToken, parse_tokens
    from kfinfra.hcl.scanner import Scanner

    with _uncollected():
        begin = 0 if within else _begin(text)
        scanner, late = Scanner(text, begin), None
        try:
            _scan(scanner, rule, within is not None)
        except SyntaxProblem as problem:
            late = problem.within(within)
        _check_length(text, scanner)
        places = {} if within is None else scanner.move(within)
        try:
            result = parse_tokens(scanner.tokens, rule, late is None)
        except UnexpectedToken as problem:
            at = problem.token.start_pos
            raise _unexpected(text, rule, begin, places.get(at, at)).within(within) from problem
        if late is not None:
            raise late
        return result


_LONGEST = 10_000
_SIGNS = "+-*/%&|<>=!?"


def _check_length(text: str, scanner: Scanner) -> None:
    """Raises SyntaxProblem for an expression of so many operators that a tree of them could not be walked."""
    if len(text) < _LONGEST or sum(map(text.count, _SIGNS)) < _LONGEST:
        return
    count = 0
    for token in scanner.tokens:
        if token.type == "NL_OR_COMMENT":
            count = 0
        elif token[:1] in _SIGNS and token:
            count += 1
            if count > _LONGEST:
                detail = f"There are more than {_LONGEST} operators in one expression: name a part of it in a local value."
                raise SyntaxProblem("Too deeply nested", detail, token.start_pos or 0)


def _scan(scanner: Scanner, rule: str, quoted: bool = False) -> None:
    """Scans; a template that is `quoted` may be one sequence alone, whose value it then is."""
    if rule == "string":
        scanner.template('"' if quoted else "<<")
    else:
        {"start": scanner.body, "expression": scanner.expression}[rule]()


def _unexpected(text: str, rule: str, begin: int, at: int | None) -> SyntaxProblem:
    """Why the grammar stopped at the token at `at` (None: the end): scanned again up to it, to know what it stands in."""
    from kfinfra.hcl.scanner import Scanner

    try:
        _scan(Scanner(text, begin, stop=len(text) if at is None else at), rule)
    except SyntaxProblem as problem:
        return problem
    raise AssertionError(f"no token at {at}")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: nodes hold no cycles, and looking for them in a growing tree doubles the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
