"""Terraform's own answers to 1,730 expressions: values equal as JSON, errors are errors."""

import json
from pathlib import Path

import pytest

from kfinfra.config.files import FolderSources
from kfinfra.diag import DiagnosticError, SourceText, error
from kfinfra.hcl.evaluate import evaluate
from kfinfra.hcl.functions import Clock, standard_functions
from kfinfra.hcl.parser import parse, parse_expression
from kfinfra.values.codec import to_data

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "expressions"
# Known differences, each with its reason.
DIFFERENT = {
    'format("%#v", null)': "format with a null that has no type stays unknown in Terraform, even after apply; here it is written",
    "tostring(-(0))": "there is no negative zero: a count or size of -0 helps nobody",
}


class Names:
    """`local.*` of the corpus's locals.tf."""

    def __init__(self):
        self.known = {}
        self.functions = standard_functions(FolderSources(CORPUS), Clock())
        source = SourceText("locals.tf", (CORPUS / "locals.tf").read_text())
        body = parse(source)
        self.values = {a.name: evaluate(a.expr, self, source) for a in body.blocks[0].body.attributes}

    def lookup(self, root, steps, traversal):
        name = getattr(steps[0], "name", "") if steps else ""
        if root != "local" or name not in self.values:
            raise DiagnosticError(error("Reference to undeclared name", f"{root}.{name}"))
        return self.values[name], 1


def answer(text, names):
    """The value as data, or the error's words."""
    source = SourceText("expr", text)
    try:
        value, hidden = to_data(evaluate(parse_expression(source), names, source), "(unknown)")
        return (None, "not shown: sensitive") if hidden else (value, None)
    except DiagnosticError as bad:
        return None, str(bad)


def test_values_and_errors_are_terraforms(agreed):
    if not CORPUS.is_dir():
        pytest.skip(f"no corpus at {CORPUS}")
    names, wrong, count = Names(), [], 0
    for line in (CORPUS / "cases.jsonl").read_text().split("\n"):
        if not line:
            continue
        case = json.loads(line)
        count += 1
        value, failed = answer(case["expr"], names)
        if ("error" in case) != bool(failed) or (
            "value" in case and json.dumps(value, sort_keys=True) != json.dumps(case["value"], sort_keys=True)
        ):
            wrong.append((case["expr"], case.get("value", case.get("error")), value, failed))
    new = [w for w in wrong if w[0] not in DIFFERENT]
    agreed("expressions", count - len(wrong), count)
    assert not new, "\n".join(map(str, new[:60]))
    assert {w[0] for w in wrong} == set(DIFFERENT)
