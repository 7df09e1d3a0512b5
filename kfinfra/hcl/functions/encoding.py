"""Functions that encode, decode and hash: JSON, YAML, CSV, base64, URLs, digests."""

from __future__ import annotations

import base64
import binascii
import csv
import gzip
import hashlib
import io
import json
import re
import urllib.parse
import uuid
from collections.abc import Callable
from decimal import Decimal

from kfinfra.diag import first_bad_byte
from kfinfra.hcl.functions.function import FunctionError, Implementation
from kfinfra.values.codec import from_data
from kfinfra.values.data import ListValue, MapValue, Null, ObjectValue, SetValue, TupleValue, Unknown, Value, type_of
from kfinfra.values.marks import wholly_known
from kfinfra.values.numbers import number_text
from kfinfra.values.texts import nfc
from kfinfra.values.types import STRING, ListType, MapType, ObjectType, SetType, TupleType

_NOTHING = object()


def text_of(data: bytes, what: str = "the result") -> str:
    """UTF-8 bytes as text; `what` they are is told where they are none. Raises FunctionError."""
    try:
        return nfc(data.decode())
    except UnicodeDecodeError as bad:
        raise FunctionError(f"contents of {what} are not valid UTF-8 ({first_bad_byte(data, bad)})") from bad


def json_text(value: Value) -> str:
    """A value as Terraform's jsonencode writes it: keys sorted, no spaces, HTML characters escaped."""
    try:
        return _ESCAPED.sub(_escape, _JSON(value))
    except _Exact:
        return _exactly(value)


def _exactly(value: Value) -> str:
    """The same where a number has digits that JSON's own writer would drop."""
    match value:
        case TupleValue(items) | ListValue(_, items) | SetValue(_, items):
            return "[" + ",".join(map(_exactly, items)) + "]"
        case ObjectValue(fields) | MapValue(_, fields):
            return "{" + ",".join(f"{json_text(k)}:{_exactly(fields[k])}" for k in sorted(fields)) + "}"
        case Decimal():
            return number_text(value)
        case _:
            return json_text(value)


class _Exact(Exception):
    """A number that is no whole one."""


def _part(value: Value) -> object:
    """What stands in JSON for a value that its writer does not know."""
    match value:
        case TupleValue(items) | ListValue(_, items) | SetValue(_, items):
            return items
        case ObjectValue(fields) | MapValue(_, fields):
            return fields if isinstance(fields, dict) else dict(fields)
        case Decimal():
            raise _Exact
        case Null():
            return None
        case _:
            raise TypeError(f"{value!r} is not JSON data")


_BEGINS: dict[type, str] = {TupleType: "[", ListType: "[", SetType: "[", ObjectType: "{", MapType: "{"}


def _jsonencode(value: Value) -> Value:
    if wholly_known(value):
        return json_text(value)
    if isinstance(value, Unknown) and not value.not_null:
        return Unknown(STRING, not_null=True)
    kind = type_of(value)
    return Unknown(STRING, not_null=True, prefix='"' if kind is STRING else _BEGINS.get(type(kind), ""))


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


_JSON = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"), default=_part).encode
_ESCAPED = re.compile("[<>&\u2028\u2029]")


def _jsondecode(text: str) -> Value:
    text = _HALVES.sub(lambda found: "\\ufffd" if found.group(1) else found.group(), text)
    try:
        return from_data(json.loads(text, parse_float=Decimal, parse_constant=_constant), _NOTHING)
    except ValueError as bad:
        raise FunctionError(str(bad), 0) from bad


_HALVES = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""An escape in JSON; the group is half of a surrogate pair by itself, which Terraform (Go's encoding/json) reads as U+FFFD."""


def _constant(name: str) -> object:
    raise ValueError(f"invalid character '{name[0]}' looking for beginning of value")


def _csvdecode(text: str) -> Value:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as bad:
        raise FunctionError(f"CSV parse error: {bad}", 0) from bad
    if not rows:
        raise FunctionError("missing header line", 0)
    header, *body = [r for r in rows if r]
    if len(set(header)) < len(header):
        raise FunctionError("duplicate column name", 0)
    for at, row in enumerate(body, 2):
        if len(row) != len(header):
            raise FunctionError(f"record on line {at}: wrong number of fields", 0)
    items: tuple[Value, ...] = tuple(ObjectValue(dict(zip(header, row, strict=True))) for row in body)
    return ListValue(ObjectType(dict.fromkeys(header, STRING)), items)


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError) as bad:
        raise FunctionError(f"failed to decode base64 data: {bad}", 0) from bad


def b64(data: bytes) -> str:
    """Base64 text."""
    return base64.b64encode(data).decode()


def digest(name: str) -> Callable[[bytes], str]:
    """A hash in hex."""
    return lambda data: hashlib.new(name, data).hexdigest()


def _charset(encoding: str) -> str:
    try:
        "".encode({"UTF-16LE": "utf-16-le", "UTF-16BE": "utf-16-be"}.get(encoding.upper(), encoding))
    except LookupError as bad:
        raise FunctionError(f"{encoding!r} is not a supported IANA encoding name or alias", 1) from bad
    return encoding


def _recode(text: str, encoding: str) -> Value:
    try:
        return b64(text.encode(_charset(encoding)))
    except UnicodeEncodeError as bad:
        raise FunctionError(f"the given string contains characters that cannot be represented in {encoding}", 0) from bad


def _undecode(text: str, encoding: str) -> Value:
    try:
        return nfc(_unbase64(text).decode(_charset(encoding)))
    except UnicodeDecodeError as bad:
        raise FunctionError(f"the given string contains bytes that are not valid {encoding}", 0) from bad


def _uuidv5(namespace: str, name: str) -> Value:
    known = {"dns": uuid.NAMESPACE_DNS, "url": uuid.NAMESPACE_URL, "oid": uuid.NAMESPACE_OID, "x500": uuid.NAMESPACE_X500}
    try:
        return str(uuid.uuid5(known.get(namespace) or uuid.UUID(namespace), name))
    except ValueError as bad:
        raise FunctionError(f"uuidv5() doesn't support namespace {namespace}", 0) from bad


def _rsadecrypt(ciphertext: str, key: str) -> Value:
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    load = load_ssh_private_key if "OPENSSH" in key else load_pem_private_key
    try:
        private = load(key.encode(), None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise ValueError("not an RSA key")
        return text_of(private.decrypt(_unbase64(ciphertext), padding.PKCS1v15()))
    except ValueError as bad:
        raise FunctionError(f"failed to decrypt: {bad}", 1) from bad


FUNCTIONS: dict[str, Implementation] = {
    "base64decode": lambda s: text_of(_unbase64(s), "the decoded result"),
    "base64encode": lambda s: b64(s.encode()),
    "base64gzip": lambda s: b64(gzip.compress(s.encode(), mtime=0)),
    "base64sha256": lambda s: b64(hashlib.sha256(s.encode()).digest()),
    "base64sha512": lambda s: b64(hashlib.sha512(s.encode()).digest()),
    **{n: (lambda s, n=n: digest(n)(s.encode())) for n in ("md5", "sha1", "sha256", "sha512")},
    "csvdecode": _csvdecode,
    "jsondecode": _jsondecode,
    "jsonencode": _jsonencode,
    "rsadecrypt": _rsadecrypt,
    "textdecodebase64": _undecode,
    "textencodebase64": _recode,
    "urlencode": lambda s: urllib.parse.quote_plus(s),
    "uuidv5": _uuidv5,
}
