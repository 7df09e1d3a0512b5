"""Replacements that make the new object first: which ones must, whether they can, and what the old object is called. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from kfinfra.diag import Diagnostic, error
from kfinfra.engine.digests import canonical
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, is_known
from kfinfra.model.schema import ResourceType
from kfinfra.plan.change import Action, Change


def identity(attributes: Attributes | None, schema: ResourceType) -> Attributes:
    """What tells an object from others of its type."""
    return {name: (attributes or {}).get(name) for name in schema.identity}


def deposed(change: Change, schema: ResourceType) -> Address:
    """The address that the object of `change` has from the making of the new one until it is destroyed."""
    digest = hashlib.sha256(canonical(identity(change.before, schema))).hexdigest()
    return replace(change.address, deposed=digest[:8])


def spread(changes: Iterable[Change]) -> list[Change]:
    """The changes, with those replaced in the same way that an object replaced create-first is built on.

    The new object needs the new ones of these, and the old object the old ones: neither order but "all new, then all old"
    keeps both (internal/terraform, transform_destroy_cbd.go, forcedCBDTransformer).
    """
    found = {change.address: change for change in changes}
    todo = [c for c in found.values() if c.action is Action.CREATE_THEN_DELETE]
    while todo:
        for address in todo.pop().dependencies:
            below = found.get(address)
            if below is not None and below.action is Action.REPLACE:
                found[address] = replace(below, action=Action.CREATE_THEN_DELETE)
                todo.append(found[address])
    return list(found.values())


def collisions(changes: Iterable[Change], types: Mapping[str, ResourceType]) -> Iterable[Diagnostic]:
    """Objects that cannot be made first, because the new one would be named as the old one is."""
    for change in changes:
        schema = types[change.address.type]
        new = identity(change.after, schema)
        if change.action is Action.CREATE_THEN_DELETE and is_known(dict(new)) and new == identity(change.before, schema):
            yield same_identity(change, schema)


def same_identity(change: Change, schema: ResourceType) -> Diagnostic:
    """Why the new object cannot be made while the old one is there."""
    because = ", ".join(sorted({str(d.path[0]) for d in change.differences if d.replaces})) or "a request to replace it"
    named = schema.identity[-1]
    return error(
        "Cannot create before destroy",
        f"{change.address} must be replaced ({because}), the new object before the old one is destroyed, and both would have "
        f"the same {' and '.join(schema.identity)}: the server cannot hold them at once.",
        change.span,
        address=str(change.address),
        hint=f"give the new one another {named} in the same change, or let it (and what is built on it and has "
        "lifecycle.create_before_destroy set) be destroyed first",
    )
