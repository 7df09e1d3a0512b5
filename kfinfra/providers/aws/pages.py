"""Pages of objects read cheaply: botocore reads each page twice and makes an object of every element, which is most of the
processor time of a list. What its model says of `Contents` beyond key, ETag and size nobody here asks for.

Only what is plainly read is read here: a page of any other form (comments, CDATA, references by number, other encodings) is
left to botocore whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_OBJECT = re.compile(rb"<Contents>(.*?)</Contents>", re.DOTALL)
_FIELD = re.compile(rb"<(Key|ETag|Size)>([^<]*)</\1>")
_PLAIN = re.compile(rb"""\s*(<\?xml version=["']1.0["'](\s+encoding=["'](UTF|utf)-8["'])?\s*\?>)?\s*<ListBucketResult[\s>]""")
_REFERENCE = re.compile("&([^;]*);")
_CHARACTERS = {"quot": '"', "#34": '"', "apos": "'", "#39": "'", "amp": "&", "lt": "<", "gt": ">"}


def read_objects(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **more: Any) -> None:
    """A handler of botocore's event `before-parse`: takes the objects out of the text, gives them as `Contents`."""
    body = response_dict["body"]
    if response_dict["status_code"] != 200 or b"<!" in body or not _PLAIN.match(body):
        return
    try:
        found = [_object(match[1]) for match in _OBJECT.finditer(body)]
    except (KeyError, ValueError):
        return
    rest = _OBJECT.sub(b"", body)
    if found and b"<Contents" not in rest:
        response_dict["body"], customized_response_dict["Contents"] = rest, found


def _object(text: bytes) -> Mapping[str, Any]:
    """Raises KeyError or ValueError where it is not of the plain form."""
    fields = dict(_FIELD.findall(text))
    return {"Key": _text(fields[b"Key"]), "ETag": _text(fields[b"ETag"]), "Size": int(fields[b"Size"])}


def _text(found: bytes) -> str:
    text = found.decode()
    return _REFERENCE.sub(lambda match: _CHARACTERS[match[1]], text) if "&" in text else text
