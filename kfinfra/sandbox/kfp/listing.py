"""Lists: which fields filter and order each kind, and pages whose token holds the query it came from.

Facts: apiserver/filter/filter.go, list/list.go, server/list_request_util.go, model/*.go of kubeflow/pipelines 2.17.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote_plus

from kfinfra.sandbox.kfp.faults import Fault, invalid

Wire = dict[str, Any]
_SHARED = {"display_name": "display_name", "created_at": "created_at", "description": "description"}
# what the API calls a field -> where it is in the object, by kind
_FIELDS: dict[str, dict[str, str]] = {
    "pipelines": {"id": "pipeline_id", "pipeline_id": "pipeline_id", "name": "name", "namespace": "namespace"},
    "pipeline_versions": dict.fromkeys(("id", "pipeline_version_id"), "pipeline_version_id") | {"name": "name"},
    "experiments": dict.fromkeys(("id", "experiment_id"), "experiment_id")
    | {"name": "display_name"}
    | {n: n for n in ("last_run_created_at", "namespace", "storage_state")},
    "recurringRuns": dict.fromkeys(("id", "recurring_run_id"), "recurring_run_id")
    | {"name": "display_name", "updated_at": "updated_at"},
    "runs": {"id": "run_id", "run_id": "run_id", "name": "display_name", "status": "state"}
    | {n: n for n in ("finished_at", "scheduled_at", "storage_state", "experiment_id", "state", "recurring_run_id")},
}
_TAGGED = ("pipelines", "pipeline_versions")
_VALUES = {n: n for n in ("int_value", "long_value", "string_value", "timestamp_value")}
_VALUES |= {n: n for n in ("int_values", "long_values", "string_values")}
# backend/api/v2beta1/filter.proto: protojson takes an enum's names and numbers
_NUMBERS = {1: "EQUALS", 2: "NOT_EQUALS", 3: "GREATER_THAN", 5: "GREATER_THAN_EQUALS", 6: "LESS_THAN", 7: "LESS_THAN_EQUALS"}
_NUMBERS |= {8: "IN", 9: "IS_SUBSTRING"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "EQUALS": lambda a, b: bool(a == b),
    "NOT_EQUALS": lambda a, b: bool(a != b),
    "GREATER_THAN": lambda a, b: bool(a > b),
    "GREATER_THAN_EQUALS": lambda a, b: bool(a >= b),
    "LESS_THAN": lambda a, b: bool(a < b),
    "LESS_THAN_EQUALS": lambda a, b: bool(a <= b),
    "IN": lambda a, b: a in b,
    "IS_SUBSTRING": lambda a, b: str(b) in str(a),
}


def page(items: Iterable[Wire], kind: str, query: Mapping[str, str]) -> Wire:
    """One page of `items` under `kind`. Raises Fault for a query that the server refuses."""
    fields = _FIELDS[kind] | _SHARED
    size, (start, order, text) = _size(query.get("page_size", "")), _asked(query)
    test = _filter(text, kind, fields)
    by, descending = _order(order, fields)
    found = sorted((i for i in items if test(i)), key=lambda i: (str(i.get(by) or ""), i[fields["id"]]), reverse=descending)
    out: Wire = {kind: found[start : start + size], "total_size": len(found)}
    if start + size < len(found):
        out["next_page_token"] = base64.b64encode(json.dumps([start + size, order, text]).encode()).decode()
    return {k: v for k, v in out.items() if v}


def _size(text: str) -> int:
    if not re.fullmatch(r"-?\d*", text):
        raise Fault("InvalidArgument", f"type mismatch, parameter: page_size, error: parsing {text!r}: invalid syntax")
    size = int(text or 0)
    if size < 0:
        raise invalid(f"The page size should be greater than 0. Got {size}")
    return min(size or 20, 200)


def _asked(query: Mapping[str, str]) -> tuple[int, str, str]:
    """Where to start, the order and the filter: a token brings its own, and refuses others."""
    order, text, token = query.get("sort_by", ""), query.get("filter", ""), query.get("page_token", "")
    if not token:
        return 0, order, text
    try:
        start, *own = json.loads(base64.b64decode(token, validate=True))
        start, own_order, own_text = int(start), str(own[0]), str(own[1])
    except (ValueError, IndexError, TypeError) as problem:
        raise invalid("Invalid page token") from problem
    if (order or text) and (order, text) != (own_order, own_text):
        raise invalid("page token does not match the supplied sort by and/or filtering criteria")
    return start, own_order, own_text


def _order(text: str, fields: Mapping[str, str]) -> tuple[str, bool]:
    words = text.lower().split()
    if len(words) > 2 or (len(words) == 2 and words[1] not in ("asc", "desc")):
        raise invalid(f'Received invalid sort by format "{text}". Supported format: "field_name", "field_name desc"')
    field = words[0] if words else "created_at"
    if field not in fields:
        raise invalid(f'Invalid sorting field: "{field}"')
    return fields[field], words[1:] == ["desc"]


def _filter(text: str, kind: str, fields: Mapping[str, str]) -> Callable[[Wire], bool]:
    if not text:
        return lambda item: True
    try:
        # the server decodes once more what the query's own decoding has left
        written = json.loads(unquote_plus(text))
        predicates = [_predicate(p) for p in written.pop("predicates", [])]
        if written:
            raise ValueError(f"unknown field {sorted(written)[0]!r}")
    except (ValueError, TypeError, AttributeError) as problem:
        raise invalid(f'failed to parse valid filter from "{text}": proto: {problem}') from problem
    tests = [_test(p, kind, fields) for p in predicates]
    return lambda item: all(test(item) for test in tests)


def _predicate(written: Wire) -> tuple[str, str, Any]:
    """Key, operation and value. Raises ValueError for what protojson would not take."""
    given = {re.sub("([A-Z])", lambda m: "_" + m[1].lower(), n): v for n, v in written.items()}
    operation = given.pop("operation", "UNKNOWN")
    operation = _NUMBERS.get(operation, "UNKNOWN") if isinstance(operation, int) else operation
    key, values = given.pop("key", ""), list(given)
    if operation not in (*_COMPARE, "UNKNOWN") or len(values) > 1 or any(v not in _VALUES for v in values):
        raise ValueError(f"unknown field or value in predicate {json.dumps(written)}")
    value = given[values[0]] if values else None
    return str(key), operation, value.get("values", []) if isinstance(value, dict) else value


def _test(predicate: tuple[str, str, Any], kind: str, fields: Mapping[str, str]) -> Callable[[Wire], bool]:
    key, operation, wanted = predicate
    if key.startswith("tags.") and kind in _TAGGED:
        if operation != "EQUALS" or not isinstance(wanted, str):
            raise invalid(f'only EQUALS operation with a string is supported for tag filtering, got {operation} for key "{key}"')
        return lambda item: bool(item.get("tags", {}).get(key[5:]) == wanted)
    if key not in fields:
        raise invalid(f'no support for filtering on unrecognized field "{key}"')
    if operation == "UNKNOWN" or wanted is None:
        raise invalid(f"invalid predicate operation: {operation}")
    if (operation == "IN") != isinstance(wanted, list) or (operation == "IS_SUBSTRING" and not isinstance(wanted, str)):
        raise invalid(f"cannot use operator {operation} with value {json.dumps(wanted)}")
    compare = _COMPARE[operation]
    return lambda item: compare(_like(item.get(fields[key]), wanted), wanted)


def _like(have: Any, wanted: Any) -> Any:
    """The stored value as one that can be compared with `wanted`."""
    return 0 if isinstance(wanted, int) and not isinstance(have, int) else have or ""
