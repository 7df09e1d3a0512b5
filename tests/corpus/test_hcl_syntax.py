"""HashiCorp's verdict on 630 sources: accepted or refused as there, errors on the same line, the same structure and ranges."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError, SourceText
from kfinfra.hcl import nodes as n
from kfinfra.hcl.cache import emptied, restored
from kfinfra.hcl.parser import parse

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "hcl-syntax" / "cases.jsonl"
CASES = [json.loads(line) for line in CORPUS.read_text().split("\n") if line] if CORPUS.exists() else []
pytestmark = pytest.mark.skipif(not CASES, reason=f"{CORPUS} is missing: the corpus is not part of the repository")


def step(s: n.Step) -> object:
    return f".{s.name}" if isinstance(s, n.Attr) else ["idx", s.key]


def number(text: str) -> object:
    return int(text) if text.isdigit() else float(text)


def dump(e: object) -> object:
    match e:
        case n.Literal(value=value, number=None):
            return ["lit", value]
        case n.Literal(number=str() as text):
            return ["lit", number(text)]
        case n.Text(value=value):
            return ["lit", value]
        case n.Quoted(value=value):
            return ["tmpl", ["lit", value]]
        case n.Template(parts=parts):
            return ["tmpl", *map(dump, parts)]
        case n.TemplateWrap(inner=inner):
            return ["wrap", dump(inner)]
        case n.TemplateJoin(inner=inner):
            return ["join", dump(inner)]
        case n.Traversal(root=root, steps=steps):
            return ["trav", root, *map(step, steps)]
        case n.RelativeTraversal(source=source, steps=steps):
            return ["rel", dump(source), [step(s) for s in steps]]
        case n.IndexExpr(collection=n.Traversal(root=root, steps=steps), key=n.Literal(number=str() as text)):
            return ["trav", root, *map(step, steps), ["idx", number(text)]]
        case n.IndexExpr(collection=collection, key=key):
            return ["index", dump(collection), dump(key)]
        case n.Splat(source=source, each=each):
            return ["splat", dump(source), dump(each)]
        case n.Anon():
            return "@"
        case n.TupleExpr(items=items):
            return ["tuple", *map(dump, items)]
        case n.ObjectExpr(items=items):
            return ["object", *([item_key(i), dump(i.value)] for i in items)]
        case n.For():
            return [
                "for",
                e.key_var or "",
                e.value_var,
                dump(e.collection),
                dump(e.key),
                dump(e.value),
                dump(e.condition),
                e.group,
            ]
        case n.Call(name=name, args=args, expand=expand):
            return ["call", name, *map(dump, args), *(["..."] if expand else [])]
        case n.Unary(op=op, operand=operand):
            return ["uneg" if op == "-" else "u!", dump(operand)]
        case n.Binary(op=op, left=left, right=right):
            return [op, dump(left), dump(right)]
        case n.Conditional(test=test, yes=yes, no=no):
            return ["?", dump(test), dump(yes), dump(no)]
        case n.Parens(inner=inner):
            return ["()", dump(inner)]
        case None:
            return None
        case _:
            raise AssertionError(e)


def item_key(item: n.ObjectItem) -> object:
    return ["key", item.key] if isinstance(item.key, str) else dump(item.key)


def body(b: n.Body, source: SourceText) -> list[object]:
    items: list[tuple[int, object]] = []
    for a in b.attributes:
        span = source.span(a.expr.start, a.expr.end)
        place = f"{span.start.line}:{span.start.column}-{span.end.line}:{span.end.column}"
        items.append((a.start, ["attr", a.name, dump(a.expr), place]))
    for k in b.blocks:
        labels = [label.value for label in k.labels] or None
        items.append((k.start, ["block", k.type, labels, body(k.body, source)]))
    return [item for _, item in sorted(items, key=lambda pair: pair[0])]


def verdict(case: dict[str, object]) -> str | None:
    """What is wrong with our reading of a case, or None."""
    source = SourceText("case.hcl", str(case["src"]))
    try:
        ours = body(parse(source), source)
    except DiagnosticError as problem:
        if case["valid"]:
            return f"refused: {problem}"
        span = problem.diagnostics[0].span
        line = str(case["error"]).split(":")[0]
        return None if span is not None and str(span.start.line) == line else f"error at {span}, theirs: {case['error']}"
    if not case["valid"]:
        return f"accepted, theirs: {case['error']}"
    return None if ours == case["ast"] else f"ours {ours}\ntheirs {case['ast']}"


def test_every_case(agreed: Callable[[str, int, int], None]) -> None:
    wrong = [(case["src"], found) for case in CASES if (found := verdict(case)) is not None]
    agreed("hcl-syntax", len(CASES) - len(wrong), len(CASES))
    assert not wrong, "\n\n".join(f"{src!r}\n  {found}" for src, found in wrong)


def test_a_kept_tree_is_the_same(agreed: Callable[[str, int, int], None]) -> None:
    texts = [str(case["src"]) for case in CASES if case["valid"]]
    trees = [parse(SourceText("case.hcl", text)) for text in texts]
    kept = [(data, text, tree) for text, tree in zip(texts, trees, strict=True) if (data := emptied(tree, text)) is not None]
    assert all(restored(data, text) == tree for data, text, tree in kept)
    agreed("hcl-syntax kept in the cache", len(kept), len(texts))
    assert len(kept) > 0.97 * len(texts)
