"""Objects of a plan that one name in the world stands for: two that are to be, or one that goes and one that comes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kfinfra.diag import Diagnostic, error
from kfinfra.engine.digests import canonical
from kfinfra.engine.replacing import identity
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, is_known
from kfinfra.model.schema import ResourceType
from kfinfra.plan.change import Action, Change


def namesakes(changes: Iterable[Change], types: Mapping[str, ResourceType]) -> Iterable[Diagnostic]:
    """Changes that would have two addresses own one object, or make an object while another address destroys it.

    Servers tell neither well: what is applied from two addresses is overwritten in turns, and is destroyed with the first.
    Synced folders are left out: several may lie at one prefix.
    """
    come: dict[tuple[str, str, bytes], Change] = {}
    gone: dict[tuple[str, str, bytes], Change] = {}
    for change in changes:
        schema = types[change.address.type]
        if change.address.data or change.address.deposed or change.action is Action.FORGET or schema.name == "s3_sync":
            continue
        if change.action is Action.DELETE:
            gone[_key(change, schema, change.before)] = change
        elif change.after is not None and is_known(dict(identity(change.after, schema))):
            key = _key(change, schema, change.after)
            if key in come:
                yield _twice(come[key].address, change, schema)
            come.setdefault(key, change)
    for key, change in come.items():
        if change.action is Action.CREATE and key in gone:
            yield _renamed(gone[key].address, change, types[change.address.type])


def _key(change: Change, schema: ResourceType, attributes: Attributes | None) -> tuple[str, str, bytes]:
    return change.provider, schema.name, canonical(identity(attributes, schema))


def _named(change: Change, schema: ResourceType) -> str:
    named = identity(change.after, schema)
    return ", ".join(f'{name} "{value}"' for name, value in named.items() if value is not None)


def _twice(other: Address, change: Change, schema: ResourceType) -> Diagnostic:
    detail = f"{change.address} and {other} are the same object: both have {_named(change, schema)}."
    hint = "remove one of them, or give it another name"
    return error("Object declared twice", detail, change.span, address=str(change.address), hint=hint)


def _renamed(other: Address, change: Change, schema: ResourceType) -> Diagnostic:
    detail = (
        f"{change.address} would be created while {other}, the same object ({_named(change, schema)}), is destroyed: the server "
        "cannot hold both, and what it holds would be lost."
    )
    hint = f"write: moved {{ from = {other}, to = {change.address} }}, each argument on its own line; or destroy it first"
    return error("Object destroyed and created at once", detail, change.span, address=str(change.address), hint=hint)
