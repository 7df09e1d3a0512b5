"""How conditions came out, in the `checks` of `terraform show -json`: one object a declaration, with its instances."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kfinfra.config.keys import prefix
from kfinfra.model.address import Address
from kfinfra.model.checks import CHECK, OUTPUT, Checked, together
from kfinfra.views.json_values import Json

_KINDS = {CHECK: "check", OUTPUT: "output_value"}


def checks_json(checked: Iterable[Checked]) -> list[Json]:
    """All of them, by the declaration's address."""
    declared: dict[Address, list[Checked]] = {}
    for each in checked:
        place = tuple((name, None) for name, _ in each.address.module)
        declared.setdefault(replace(each.address, key=None, module=place), []).append(each)
    return [_declaration(address, found) for address, found in sorted(declared.items(), key=lambda pair: str(pair[0]))]


def _declaration(address: Address, found: list[Checked]) -> Json:
    where: dict[str, Json] = {"kind": _KINDS.get(address.type, "resource"), "name": address.name}
    if address.type not in _KINDS:
        where |= {"mode": "data" if address.data else "managed", "type": address.type}
    if address.module:
        where["module"] = prefix(tuple(name for name, _ in address.module)).rstrip(".")
    where["to_display"] = str(address)
    status = together(each.status for each in found)
    return {"address": where, "status": status.value, "instances": [_instance(each) for each in found]}


def _instance(checked: Checked) -> Json:
    where: dict[str, Json] = {"to_display": str(checked.address)}
    if checked.address.key is not None:
        where["instance_key"] = checked.address.key
    if checked.address.module:
        where["module"] = checked.address.module_text.rstrip(".")
    out: dict[str, Json] = {"address": where, "status": checked.status.value}
    return out | ({"problems": [{"message": said} for said in checked.problems]} if checked.problems else {})
