"""Values back to HCL: python-hcl2 writes, `fmt` lays out. hcl2 is imported when something is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kfinfra.diag import SourceText
from kfinfra.hcl.format import format_source


def block_text(
    kind: str, labels: Sequence[str], attributes: Mapping[str, Any], references: Mapping[str, str] | None = None
) -> str:
    """A block of arguments as `fmt` would leave it. Values are JSON's: null, bools, numbers, strings, lists, objects.

    `references` are arguments whose text is a name and not a string; they come first.
    """
    import hcl2

    builder: Any = hcl2.Builder()
    written = {**(references or {}), **{name: _value(v) for name, v in attributes.items()}}
    builder.block(kind, [_quoted(label) for label in labels]).attributes.update(written)
    options = hcl2.DeserializerOptions(object_elements_trailing_comma=False)
    return format_source(SourceText("<generated>", hcl2.dumps(builder.build(), deserializer_options=options)))


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _value(value: Any) -> Any:
    match value:
        case str():
            return _quoted(value)
        case dict():
            return {key if _is_name(key) else _quoted(key): _value(inside) for key, inside in value.items()}
        case list():
            return [_value(item) for item in value]
        case _:
            return value


def _is_name(text: str) -> bool:
    return text.replace("-", "_").isidentifier() and text.isascii() and text not in ("null", "true", "false", "for")


def _quoted(text: str) -> str:
    """A string as HCL writes it: its escapes (JSON has more), and the beginnings of templates doubled."""
    escaped = "".join(_ESCAPES.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text)
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'
