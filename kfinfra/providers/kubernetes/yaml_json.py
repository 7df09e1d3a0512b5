"""JSON for a reader of YAML: what server-side apply takes. Pure.

The API server reads an apply as YAML (sigs.k8s.io/yaml, on go-yaml), also where it is JSON. YAML knows no surrogate pairs: an
escaped one is refused ("found invalid Unicode character escape code"), so that what lies beyond U+FFFF is sent as it is. What a
YAML reader refuses unescaped, or takes for the end of a line, is escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def yaml_json(body: Mapping[str, Any]) -> bytes:
    """The body as a text that reads the same as JSON and as YAML. Outside of strings JSON has nothing that is escaped here."""
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", _dumps(body)).encode()
