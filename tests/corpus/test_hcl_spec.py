"""The HCL specification's own suite: what parses gives the values it says, and all errors stand exactly where it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError, SourceText, Span
from kfinfra.hcl import nodes as n
from kfinfra.hcl.evaluate import evaluate
from kfinfra.hcl.parser import parse
from kfinfra.values.codec import to_data
from kfinfra.values.data import Value

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "hcl-spec"
CASES = sorted(CORPUS.glob("**/*.t"))
pytestmark = pytest.mark.skipif(not CASES, reason=f"{CORPUS} is missing: the corpus is not part of the repository")


class Names:
    """A scope that holds the variables of a case."""

    def __init__(self, values: dict[str, Value]) -> None:
        self.functions: dict[str, object] = {}
        self.known: dict[str, dict[str, Value]] = {}
        self.values = values

    def lookup(self, root: str, steps: tuple[n.Step, ...], traversal: n.Traversal) -> tuple[Value, int]:
        return self.values[root], 0


class Missing(Exception):
    """The body is not what the specification of a case wants."""

    def __init__(self, start: int, end: int) -> None:
        super().__init__(f"{start}-{end}")
        self.start, self.end = start, end


def read(path: Path) -> tuple[n.Body, SourceText]:
    source = SourceText(path.name, path.read_text())
    return parse(source), source


def attributes(body: n.Body, source: SourceText, scope: Names) -> dict[str, Value]:
    return {a.name: evaluate(a.expr, scope, source) for a in body.attributes}  # type: ignore[arg-type]


def wanted(spec: n.Block, body: n.Body, source: SourceText, scope: Names) -> object:
    """What a hcldec specification makes of a body: literals, objects of attributes and blocks."""
    inner = {b.type: b for b in spec.body.blocks}
    own = attributes(n.Body(0, 0, tuple(a for a in spec.body.attributes if a.name != "type"), ()), source, scope)
    match spec.type:
        case "literal":
            return own["value"]
        case "block":
            name = spec.labels[0].value if spec.labels else str(own["block_type"])
            found = [b for b in body.blocks if b.type == name]
            assert len(found) == 1
            return wanted(inner["object"], found[0].body, source, scope)
        case "block_map":
            found = [b for b in body.blocks if b.type == spec.labels[0].value]
            return {b.labels[0].value: wanted(inner["object"], b.body, source, scope) for b in found}
        case "object":
            names = {b.labels[0].value for b in spec.body.blocks if b.type == "attr"}
            for attribute in body.attributes:
                if attribute.name not in names:
                    raise Missing(attribute.start, attribute.name_end)
            values = {k: to_data(v, None)[0] for k, v in attributes(body, source, scope).items()}
            blocks = {b.labels[0].value: wanted(b, body, source, scope) for b in spec.body.blocks if b.type != "attr"}
            return values | blocks
        case _:
            raise AssertionError(spec.type)


def place(span: Span) -> list[dict[str, int]]:
    return [{"line": p.line, "column": p.column, "byte": p.byte} for p in (span.start, span.end)]


def verdict(path: Path) -> tuple[object, object]:
    """What came out, and what the case expects: errors as places, else the value."""
    expected, expected_source = read(path)
    blocks = {b.type: b.body for b in expected.blocks}
    if "diagnostics" in blocks:
        errors = [e.body.blocks for e in blocks["diagnostics"].blocks]
        places = [[{a.name: int(a.expr.number) for a in b.body.attributes} for b in pair] for pair in errors]  # type: ignore
        return problems(path), places
    result = next((a.expr for a in expected.attributes if a.name == "result"), None)
    value = None if result is None else to_data(evaluate(result, Names({}), expected_source), None)[0]  # type: ignore[arg-type]
    return decoded(path), {} if value is None else value


def decoded(path: Path) -> object:
    spec, spec_source = read(path.with_suffix(".hcldec"))
    body, source = read(path.with_suffix(".hcl"))
    given = next((b.body for b in spec.blocks if b.type == "variables"), n.Body(0, 0, (), ()))
    scope = Names(attributes(given, spec_source, Names({})))
    root = next(b for b in spec.blocks if b.type != "variables")
    source = spec_source if root.type == "literal" else source
    return wanted(root, body, source, scope)


def problems(path: Path) -> list[object]:
    source = SourceText(path.name, path.with_suffix(".hcl").read_text())
    try:
        decoded(path)
    except DiagnosticError as problem:
        return [place(d.span) for d in problem.diagnostics if d.span is not None]
    except Missing as missing:
        return [place(source.span(missing.start, missing.end))]
    return []


def test_every_case(agreed: Callable[[str, int, int], None]) -> None:
    verdicts = {path: verdict(path) for path in CASES}
    wrong = {path: found for path, found in verdicts.items() if found[0] != found[1]}
    agreed("hcl-spec", len(CASES) - len(wrong), len(CASES))
    assert not wrong, "\n".join(f"{path}\n  ours   {ours}\n  theirs {theirs}" for path, (ours, theirs) in wrong.items())
