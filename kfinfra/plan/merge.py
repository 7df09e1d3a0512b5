"""The planned value of an attribute: what is written, joined with what the server has where nothing is written."""

from __future__ import annotations

from collections.abc import Mapping

from kfinfra.model.plain import UNKNOWN, Plain
from kfinfra.model.schema import Attribute, Shape


def same(attribute: Attribute, old: Plain, new: Plain) -> bool:
    """Whether `old` and `new` mean the same to the server; an UNKNOWN is equal to nothing."""
    if old is UNKNOWN or new is UNKNOWN:
        return False
    if (old is None and new in ([], {})) or (new is None and old in ([], {})):
        return True  # no server tells an empty collection from none
    if attribute.equal is not None and old is not None and new is not None:
        return attribute.equal(old, new)
    if attribute.fields is None:
        return old == new and isinstance(old, bool) == isinstance(new, bool)
    return _same_nested(attribute, old, new)


def _same_nested(attribute: Attribute, old: Plain, new: Plain) -> bool:
    fields = attribute.fields or {}
    match attribute.shape, old, new:
        case Shape.OBJECT, dict(), dict():
            return all(same(a, old.get(name), new.get(name)) for name, a in fields.items())
        case Shape.MAP, dict(), dict():
            return old.keys() == new.keys() and all(_same_item(fields, old[k], new[k]) for k in old)
        case Shape.LIST, list(), list():
            return len(old) == len(new) and all(_same_item(fields, a, b) for a, b in zip(old, new, strict=True))
        case Shape.SET, list(), list():
            return len(old) == len(new) and all(any(_same_item(fields, a, b) for b in new) for a in old)
        case _:
            return old == new


def _same_item(fields: Mapping[str, Attribute], old: Plain, new: Plain) -> bool:
    return _same_nested(Attribute(fields=fields), old, new)


def planned(attribute: Attribute, written: Plain, observed: Plain, exists: bool) -> Plain:
    """What the attribute will be.

    `written` is the configuration's value (None where nothing is written), `observed` the server's, `exists` whether the
    object exists. A value that means the same as the server's keeps the server's spelling.
    """
    if attribute.initial_only and exists:
        return observed
    if written is None:
        if attribute.computed:
            return observed if exists else UNKNOWN
        return observed if attribute.unmanaged_if_null and exists else None
    if attribute.fields is not None and attribute.shape is Shape.OBJECT and isinstance(written, dict):
        inside = observed if isinstance(observed, dict) else {}
        return {
            name: planned(a, written.get(name), inside.get(name), exists and isinstance(observed, dict))
            for name, a in attribute.fields.items()
        }
    if exists and same(attribute, observed, written):
        return observed
    return written
