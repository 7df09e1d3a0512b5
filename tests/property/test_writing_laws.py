"""What is written as HCL is read back as the same values, whatever the strings hold; and fmt has nothing to do."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

from hypothesis import given, settings
from hypothesis import strategies as st

from kfinfra.config.variables import OnlyFunctions
from kfinfra.diag import SourceText
from kfinfra.hcl.evaluate import evaluate
from kfinfra.hcl.format import format_source
from kfinfra.hcl.parser import parse
from kfinfra.hcl.writing import block_text
from kfinfra.values.codec import to_data

CHARACTERS = st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\x00")
PLAIN_TEXTS = st.text(CHARACTERS, max_size=12).map(lambda t: normalize("NFC", t))
TEXTS = PLAIN_TEXTS | st.sampled_from(["${a}", "%{if}", "$${", '"', "\\", "a\nb", "<<EOT", "$", "%%{", "{$"])
KEYS = st.sampled_from(["a", "b-c", "null", "for", "k.io/x", "é", "${x}", "1", "a b", "true"])
NUMBERS = st.integers(-(10**12), 10**12)
LEAVES: st.SearchStrategy[Any] = TEXTS | NUMBERS | st.booleans() | st.none()
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["name", "labels", "block_type", "self"]), VALUES, min_size=1))
def test_written_and_read_is_the_same(attributes: dict[str, Any]) -> None:
    source = SourceText("f.hcl", block_text("disk", ["a"], attributes))
    (block,) = parse(source).blocks
    scope = OnlyFunctions({}, source)
    read = {a.name: to_data(evaluate(a.expr, scope, source), None)[0] for a in block.body.attributes}
    assert read == attributes
    assert format_source(source) == source.text
