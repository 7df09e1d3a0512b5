"""Lists: filters as URL-encoded JSON predicates, order, pages with opaque tokens."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kfinfra.sandbox.kfp.faults import invalid

Wire = dict[str, Any]
_KEYS = {"name", "display_name", "created_at", "description", "namespace", "storage_state", "status", "state", "id"}
_VALUES = ("string_value", "int_value", "long_value", "timestamp_value", "bool_value")
# enum numbers of backend/api/v2beta1/filter.proto: protojson takes names and numbers, and both casings of fields
_OPERATIONS = {1: "EQUALS", 2: "NOT_EQUALS", 3: "GREATER_THAN", 5: "GREATER_THAN_EQUALS", 6: "LESS_THAN"}
_OPERATIONS |= {7: "LESS_THAN_EQUALS", 8: "IN", 9: "IS_SUBSTRING"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "EQUALS": lambda a, b: bool(a == b),
    "NOT_EQUALS": lambda a, b: bool(a != b),
    "GREATER_THAN": lambda a, b: bool(a > b),
    "GREATER_THAN_EQUALS": lambda a, b: bool(a >= b),
    "LESS_THAN": lambda a, b: bool(a < b),
    "LESS_THAN_EQUALS": lambda a, b: bool(a <= b),
    "IS_SUBSTRING": lambda a, b: str(b) in str(a),
}


def page(items: Iterable[Wire], key: str, query: Mapping[str, str]) -> Wire:
    """One page of `items` under `key`. Raises Fault for a query that the server refuses."""
    found = [i for i in items if _matches(i, query.get("filter", ""))]
    order, _, direction = (query.get("sort_by") or "created_at").partition(" ")
    if order not in _KEYS or direction not in ("", "asc", "desc"):
        raise invalid(f"Cannot sort on field {order!r} {direction}")
    found.sort(key=lambda i: (str(i.get(order) or ""), _id(i)), reverse=direction == "desc")
    size = int(query.get("page_size") or 0) or 20
    if size < 0:
        raise invalid("The page size should be greater than 0")
    size, start = min(size, 200), _start(query.get("page_token", ""))
    out: Wire = {key: found[start : start + size], "total_size": len(found)}
    if start + size < len(found):
        out["next_page_token"] = base64.urlsafe_b64encode(json.dumps({"at": start + size}).encode()).decode()
    return {k: v for k, v in out.items() if v}


def _id(item: Wire) -> str:
    for key in ("recurring_run_id", "run_id", "pipeline_version_id", "pipeline_id", "experiment_id"):
        if key in item:
            return str(item[key])
    return ""


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(token))["at"])
    except (ValueError, KeyError, TypeError) as problem:
        raise invalid("Invalid package token.") from problem


def _matches(item: Wire, text: str) -> bool:
    if not text:
        return True
    try:
        predicates = json.loads(text)["predicates"]
    except (ValueError, KeyError, TypeError) as problem:
        raise invalid(f"failed to parse valid filter from {text!r}") from problem
    return all(_holds(item, predicate) for predicate in predicates)


def _holds(item: Wire, predicate: Wire) -> bool:
    predicate = {re.sub("([A-Z])", lambda m: "_" + m[1].lower(), name): value for name, value in predicate.items()}
    key, asked = predicate.get("key"), predicate.get("operation")
    operation = _OPERATIONS.get(asked, "") if isinstance(asked, int) else str(asked)
    if key not in _KEYS:
        raise invalid(f"no support for filtering on unrecognized field {key!r}")
    have = _id(item) if key == "id" else item.get(key) or ""
    if operation == "IN":
        return have in predicate.get("string_values", {}).get("values", [])
    wanted = next((predicate[v] for v in _VALUES if v in predicate), None)
    if operation not in _COMPARE or wanted is None:
        raise invalid(f"unrecognized operation or value in predicate {predicate}")
    return _COMPARE[operation](have, wanted)
