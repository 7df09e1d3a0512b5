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
    return _as_spelled(attribute, observed, written) if exists else written


def _as_spelled(attribute: Attribute, observed: Plain, written: Plain) -> Plain:
    """What is written, its parts that mean the same as the server's in the server's spelling."""
    if attribute.spelled is not None and observed is not None and observed is not UNKNOWN:
        return attribute.spelled(observed, written)
    match attribute.shape, observed, written:
        case Shape.MAP, dict(), dict() if attribute.fields is not None:
            return {k: _item_as_spelled(attribute.fields, observed.get(k), v) for k, v in written.items()}
        case Shape.LIST, list(), list() if attribute.fields is not None and len(observed) == len(written):
            return [_item_as_spelled(attribute.fields, old, new) for old, new in zip(observed, written, strict=True)]
        case _:
            return written


def _item_as_spelled(fields: Mapping[str, Attribute], observed: Plain, written: Plain) -> Plain:
    if not isinstance(observed, dict) or not isinstance(written, dict):
        return written
    out = dict(written)
    for name, value in written.items():
        if name in fields and observed.get(name) is not None and value is not None:
            alike = same(fields[name], observed[name], value)
            out[name] = observed[name] if alike else _as_spelled(fields[name], observed[name], value)
    return out
