"""What the API server would refuse, said before it is asked: names, labels, annotations, keys, quantities. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable

from kfinfra.model import quantity
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.schema import Check, Problem

OWNER = "kfinfra.dev/owner"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_DNS_LABEL, _SUBDOMAIN = re.compile(_LABEL), re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_QUALIFIED = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_DATA_KEY = re.compile(r"(?!\.(?:\.|$))[-._a-zA-Z0-9]{1,253}")
_MIB = 1024 * 1024


def dns_label(value: Plain) -> Iterable[Problem]:
    """A DNS-1123 label: what namespaces are called."""
    if not (_DNS_LABEL.fullmatch(str(value)) and len(str(value)) <= 63):
        yield _bad_name(value, "1 to 63 lower-case letters, digits and hyphens")


def dns_name(value: Plain) -> Iterable[Problem]:
    """A DNS-1123 subdomain: what most objects are called."""
    if not (_SUBDOMAIN.fullmatch(str(value)) and len(str(value)) <= 253):
        yield _bad_name(value, "1 to 253 lower-case letters, digits, hyphens and dots")


def class_name(value: Plain) -> Iterable[Problem]:
    """What storage classes are called; an empty name is a claim's that takes no class."""
    if value and not (_SUBDOMAIN.fullmatch(str(value)) and len(str(value)) <= 253):
        detail = f'"{value}" is no name of a storage class: lower-case letters, digits, hyphens and dots.'
        yield Problem((), "Invalid name", detail, 'write storage_class.NAME; "" for none')


def _bad_name(value: Plain, rule: str) -> Problem:
    detail = f'"{value}" is no name that Kubernetes accepts: {rule}, each part beginning and ending with a letter or digit.'
    return Problem((), "Invalid name", detail, 'set name = "…": where it is not written, it is the block\'s label')


def _key_problem(key: str) -> str:
    prefix, slash, name = key.rpartition("/")
    if slash and not (_SUBDOMAIN.fullmatch(prefix) and len(prefix) <= 253):
        return "what stands before the slash must be a DNS name"
    if not _QUALIFIED.fullmatch(name) or len(name) > 63:
        return "a name is 1 to 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"
    return ""


def label_map(value: Plain) -> Iterable[Problem]:
    """Label keys and values (kubernetes.io/docs/concepts/overview/working-with-objects/labels)."""
    for key, text in value.items() if isinstance(value, dict) else ():
        if key == OWNER:
            yield Problem((key,), "Reserved label", f"{OWNER} is kfinfra's own mark.")
        elif why := _key_problem(key):
            yield Problem((key,), "Invalid label", f'"{key}" is no label key: {why}.')
        elif text and not (_QUALIFIED.fullmatch(str(text)) and len(str(text)) <= 63):
            rule = "at most 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit"
            yield Problem((key,), "Invalid label", f'"{text}" is no label value: {rule}.', "an annotation may hold any text")


def annotation_map(value: Plain) -> Iterable[Problem]:
    """Annotation keys, and 256 KiB for all of them."""
    if not isinstance(value, dict):
        return
    for key in value:
        if key in (OWNER, DEFAULT_CLASS):
            why = "kfinfra's own mark" if key == OWNER else "set by `default` of a storage_class"
            yield Problem((key,), "Reserved annotation", f"{key} is {why}.")
        elif why := _key_problem(key.lower()):
            yield Problem((key,), "Invalid annotation", f'"{key}" is no annotation key: {why}.')
    if sum(len(k.encode()) + len(str(v).encode()) for k, v in value.items()) > _MIB // 4 - 1024:
        yield Problem((), "Annotations are too large", "All annotations of an object together hold at most 256 KiB.")


def data(value: Plain) -> Iterable[Problem]:
    """Keys of config maps and secrets, and 1 MiB for all of them."""
    if not isinstance(value, dict):
        return
    for key in value:
        if not _DATA_KEY.fullmatch(key):
            yield Problem(
                (key,), "Invalid key", f'"{key}" is no key: 1 to 253 letters, digits, "-", "_" and ".", not beginning "..".'
            )
    texts = "".join(map(str, value.values()))
    if len(texts) > _MIB // 4 and len(texts.encode()) > _MIB:
        yield Problem((), "Data is too large", "Kubernetes keeps at most 1 MiB in one object.", "keep large files in a bucket")


def binary_data(value: Plain) -> Iterable[Problem]:
    """As `data`, each value base64."""
    yield from data(value)
    for key, text in value.items() if isinstance(value, dict) else ():
        try:
            base64.b64decode(str(text), validate=True)
        except binascii.Error as problem:
            yield Problem(
                (key,), "Invalid base64", f"The value is not base64: {problem}.", "use filebase64(…) or base64encode(…)"
            )


def disjoint(attributes: Attributes) -> Iterable[Problem]:
    """A key is in data or in binary_data of a config map, not in both."""
    text, raw = attributes.get("data"), attributes.get("binary_data")
    for key in sorted(text.keys() & raw.keys()) if isinstance(text, dict) and isinstance(raw, dict) else ():
        yield Problem(("binary_data", key), "Key is given twice", f'"{key}" is both in data and in binary_data.')


def size(value: Plain) -> Iterable[Problem]:
    """A quantity above zero."""
    problems = list(amount(value))
    yield from problems
    if not problems and quantity.parse(str(value)) <= 0:
        yield Problem((), "Invalid quantity", f'"{value}" must be more than zero.')


def amount(value: Plain) -> Iterable[Problem]:
    """A quantity of zero or more."""
    try:
        if quantity.parse(str(value)) < 0:
            yield Problem((), "Invalid quantity", f'"{value}" is less than zero.')
    except ValueError as problem:
        yield Problem((), "Invalid quantity", f"{problem}.")


def amounts(value: Plain) -> Iterable[Problem]:
    """A map of quantities."""
    for key, text in value.items() if isinstance(value, dict) else ():
        for problem in amount(text):
            yield Problem((key,), problem.summary, problem.detail, problem.hint)


def one_of(*allowed: str) -> Check:
    """A check: the value, or each of a list's values, is one of `allowed`."""

    def check(value: Plain) -> Iterable[Problem]:
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            if item not in allowed:
                path = (index,) if isinstance(value, list) else ()
                yield Problem(path, "Invalid value", f'"{item}" is none of {", ".join(allowed)}.')

    return check


def same_text(canonical: Callable[[str, str], bool]) -> Callable[[Plain, Plain], bool]:
    """An `equal` for a schema, for texts and for maps of texts, from one that compares two texts."""

    def equal(old: Plain, new: Plain) -> bool:
        if isinstance(old, dict) and isinstance(new, dict):
            return old.keys() == new.keys() and all(canonical(str(old[k]), str(new[k])) for k in old)
        return canonical(str(old), str(new))

    return equal


def as_spelled(canonical: Callable[[str, str], bool]) -> Callable[[Plain, Plain], Plain]:
    """A `spelled` for a schema, for maps of texts, from what compares two texts."""

    def spelled(there: Plain, written: Plain) -> Plain:
        if not isinstance(there, dict) or not isinstance(written, dict):
            return written
        alike = {k for k, v in written.items() if isinstance(v, str) and k in there and canonical(str(there[k]), v)}
        return {k: there[k] if k in alike else v for k, v in written.items()}

    return spelled


def same_set(old: Plain, new: Plain) -> bool:
    """Whether two lists hold the same, in whatever order."""
    if isinstance(old, list) and isinstance(new, list):
        return sorted(map(str, old)) == sorted(map(str, new))
    return old == new
