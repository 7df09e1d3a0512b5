"""State to bytes and back: JSON, one document, sorted, so that two equal states are equal bytes."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.model.address import Address
from kfinfra.model.checks import Checked, Status
from kfinfra.state.document import OutputState, ResourceState, State

VERSION = 1
T = TypeVar("T")


def encode(state: State) -> bytes:
    """The state as UTF-8 JSON."""
    document = {
        "version": VERSION,
        "lineage": state.lineage,
        "serial": state.serial,
        "digest_key": state.digest_key,
        "resources": [encode_resource(r) for _, r in sorted(state.resources.items())],
        "outputs": {n: {"value": o.value, "sensitive": o.sensitive} for n, o in sorted(state.outputs.items())},
    }
    if state.checks:
        document["check_results"] = [encode_checked(c) for c in state.checks]
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def decode(data: bytes, name: str) -> State:
    """The state in `data`; `name` is shown when it is none. Raises DiagnosticError for damaged or newer state."""
    try:
        document = _of(dict, json.loads(data), "the document")
        version = document["version"]
        if version != VERSION:
            raise DiagnosticError(_unreadable(name, f"It has version {version}; this kfinfra reads version {VERSION}."))
        resources = [decode_resource(r) for r in _of(list, document["resources"], "resources")]
        outputs = {n: OutputState(o["value"], o["sensitive"]) for n, o in _of(dict, document["outputs"], "outputs").items()}
        found = tuple(decode_checked(c) for c in document.get("check_results", ()))
        by_address = {r.address: r for r in resources}
        lineage, key = (_of(str, document[name], name) for name in ("lineage", "digest_key"))
        return State(lineage, key, _of(int, document["serial"], "serial"), by_address, outputs, found)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise DiagnosticError(_unreadable(name, f"It is damaged: {type(problem).__name__}: {problem}.")) from problem


def _of(kind: type[T], value: object, what: str) -> T:
    """`value`, which is of that kind. Raises TypeError where it is of another."""
    if not isinstance(value, kind):
        raise TypeError(f"{what} is {value!r:.40}, not of type {kind.__name__}")
    return value


def _unreadable(name: str, why: str) -> Diagnostic:
    return error(
        "State cannot be read",
        f"{name} is not a state that this kfinfra can read. {why}",
        hint="the previous state is kept beside it with the ending .backup; nothing was changed",
    )


def encode_resource(r: ResourceState) -> dict[str, Any]:
    """One resource as JSON data."""
    out: dict[str, Any] = {"address": str(r.address), "provider": r.provider, "schema_version": r.schema_version}
    out["attributes"] = dict(r.attributes)
    out["dependencies"] = sorted(map(str, r.dependencies))
    out["sensitive"] = sorted((list(p) for p in r.sensitive), key=str)
    out["write_only"] = dict(r.write_only)
    out["tainted"] = r.tainted
    out["create_before_destroy"] = r.create_before_destroy
    return out | ({"delete_timeout": r.delete_timeout} if r.delete_timeout is not None else {})


def decode_resource(d: dict[str, Any]) -> ResourceState:
    """One resource from JSON data. Raises KeyError, TypeError or ValueError where it is none."""
    return ResourceState(
        Address.parse(d["address"]),
        _of(str, d["provider"], "provider"),
        _of(dict, d["attributes"], f"{d['address']}'s attributes"),
        frozenset(Address.parse(a) for a in d["dependencies"]),
        frozenset(tuple(p) for p in d["sensitive"]),
        _of(dict, d["write_only"], f"{d['address']}'s write_only"),
        d["schema_version"],
        d["tainted"],
        d["create_before_destroy"],
        d.get("delete_timeout"),
    )


def encode_checked(checked: Checked) -> dict[str, Any]:
    """One check's result as JSON data, named as in Terraform's state."""
    out: dict[str, Any] = {"object_addr": str(checked.address), "status": checked.status.value}
    return out | ({"failure_messages": list(checked.problems)} if checked.problems else {})


def decode_checked(d: dict[str, Any]) -> Checked:
    """One check's result from JSON data. Raises KeyError, TypeError or ValueError where it is none."""
    return Checked(Address.parse(d["object_addr"]), Status(d["status"]), tuple(d.get("failure_messages", ())))
