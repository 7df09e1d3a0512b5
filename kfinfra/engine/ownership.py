"""Whose an object is, by its mark: this state's, another's, or nobody's."""

from __future__ import annotations

from kfinfra.diag import Diagnostic, error
from kfinfra.model.address import Address


def foreign(owner: str | None, lineage: str) -> bool:
    """Whether a mark is one of another configuration's state."""
    return owner is not None and owner.partition("/")[0] != lineage


def not_ours(address: Address, owner: str) -> Diagnostic:
    """An object that bears the mark of another state."""
    detail = f"The object for {address} is managed by another configuration: its mark kfinfra.dev/owner is {owner}."
    hint = "let it go there first: a removed block with destroy = false, or kfinfra state rm, takes the mark off"
    return error("Object belongs to another configuration", detail, hint=hint)
