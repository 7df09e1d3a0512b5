"""What is sent to be applied reads the same as JSON and as YAML, whatever characters are in it."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from kfinfra.providers.kubernetes.yaml_json import yaml_json

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
ODD = st.text(st.sampled_from('\0\t\n\r\x1f\x7f\x85\x9f\xa0\u2028\u2029\ud7ff\ue000\ufeff\ufffd\ufffe\uffff😀\U0010ffff\\"/ -:#'))
BODIES = st.dictionaries(TEXTS | ODD, TEXTS | ODD | st.booleans() | st.none() | st.integers(-(2**53), 2**53), max_size=5)


@given(BODIES)
@example({"a": "\\ud83d\\ude00😀", "<<": "x", "~": "no", "1": "1e3", "2024-01-01": "2024-01-01"})
def test_an_apply_reads_the_same_as_json_and_as_yaml(body: dict[str, Any]) -> None:
    sent = yaml_json(body)
    assert json.loads(sent) == body
    assert yaml.safe_load(sent) == body
