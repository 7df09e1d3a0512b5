"""CustomResourceDefinitions: what one may say, which kinds they make, and how they come and go.

A definition with rules in CEL (x-kubernetes-validations) is refused: an API that did not check them would be too kind.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from kfinfra.sandbox.kubernetes.apply import LISTS
from kfinfra.sandbox.kubernetes.kinds import BY_KIND, Kind
from kfinfra.sandbox.kubernetes.structural import Types

if TYPE_CHECKING:
    from kfinfra.sandbox.kubernetes.store import Store

Body = dict[str, Any]
Cause = tuple[str, str, str]
DEFINITION = BY_KIND["CustomResourceDefinition"]
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"


def causes(body: Body) -> Iterator[Cause]:
    """What is wrong with a definition."""
    spec, name = body.get("spec") or {}, body["metadata"].get("name", "")
    names, versions = spec.get("names") or {}, spec.get("versions") or []
    for field, value in (
        ("spec.group", spec.get("group")),
        ("spec.names.plural", names.get("plural")),
        ("spec.names.kind", names.get("kind")),
    ):
        if not value:
            yield "FieldValueRequired", "Required value", field
    if name != f"{names.get('plural')}.{spec.get('group')}":
        wanted = 'must be spec.names.plural+"."+spec.group'
        yield "FieldValueInvalid", f'Invalid value: "{name}": {wanted}', "metadata.name"
    if spec.get("scope") not in ("Namespaced", "Cluster"):
        said = f'Unsupported value: "{spec.get("scope", "")}": supported values: "Cluster", "Namespaced"'
        yield "FieldValueNotSupported", said, "spec.scope"
    if sum(1 for v in versions if v.get("storage")) != 1:
        yield "FieldValueInvalid", "Invalid value: must have exactly one version marked as storage version", "spec.versions"
    for index, version in enumerate(versions):
        at = f"spec.versions[{index}].schema.openAPIV3Schema"
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        if not schema:
            yield "FieldValueRequired", "Required value: schemas are required", at
        elif schema.get("type") != "object":
            yield "FieldValueInvalid", f'Invalid value: "{schema.get("type", "")}": must be object at the root', f"{at}.type"
        elif "x-kubernetes-validations" in json.dumps(schema):
            yield "FieldValueForbidden", "Forbidden: the sandbox does not evaluate x-kubernetes-validations", at


def kinds_of(body: Body) -> Iterator[Kind]:
    """The kinds that an established definition makes: one a served version."""
    spec, conditions = body["spec"], (body.get("status") or {}).get("conditions") or []
    if not any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
        return
    names = spec["names"]
    for version in spec["versions"]:
        if version.get("served"):
            schema = version["schema"]["openAPIV3Schema"]
            lists = {**LISTS, **dict(_lists(schema, ()))}
            api, short = f"{spec['group']}/{version['name']}", tuple(names.get("shortNames") or ())
            yield Kind(api, names["kind"], names["plural"], spec["scope"] == "Namespaced", short, lists=lists, custom=version)


def _lists(schema: Mapping[str, Any], at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[tuple[str, Any], ...]]]:
    """The lists that a schema gives keys to, or calls sets."""
    for name, inside in (schema.get("properties") or {}).items():
        path, items = (*at, name), inside.get("items") or {}
        match inside.get("x-kubernetes-list-type"):
            case "set":
                yield path, ()
            case "map":
                fields = items.get("properties") or {}
                yield path, tuple((k, (fields.get(k) or {}).get("default")) for k in inside["x-kubernetes-list-map-keys"])
                yield from _lists(items, (*path, "[]"))
        yield from _lists(inside, path)


def types_of(kind: Kind) -> Types | None:
    """The types of a custom resource, None for a built-in kind."""
    return None if kind.custom is None else Types(kind.custom["schema"]["openAPIV3Schema"])


def react(store: Store, event: str, body: Body, step: float) -> None:
    """What the controllers of definitions do after a change."""
    name = body["metadata"]["name"]
    if event == "DELETED":
        return
    if "deletionTimestamp" in body["metadata"]:
        if CLEANUP in (body["metadata"].get("finalizers") or ()):
            store.later(step, lambda: _clean(store, name, step))
    elif not (body.get("status") or {}).get("conditions"):
        fresh = copy.deepcopy(body)
        fresh["metadata"]["finalizers"] = [*(fresh["metadata"].get("finalizers") or ()), CLEANUP]
        fresh["status"] = {
            "conditions": [_condition("NamesAccepted", "no conflicts found")],
            "acceptedNames": body["spec"]["names"],
        }
        store.store(DEFINITION, fresh)
        store.later(step, lambda: _establish(store, name))


def _establish(store: Store, name: str) -> None:
    live = store.objects.get((DEFINITION.key, "", name))
    if live is not None and "deletionTimestamp" not in live["metadata"]:
        fresh = copy.deepcopy(live)
        fresh["status"]["conditions"].append(_condition("Established", "the initial names have been accepted"))
        store.store(DEFINITION, fresh)


def _clean(store: Store, name: str, step: float) -> None:
    """Deletes every object of the kind; the definition goes when there is none left."""
    live = store.objects.get((DEFINITION.key, "", name))
    if live is None:
        return
    kinds = list(kinds_of(live))
    left = store.listed(kinds[0], None) if kinds else []
    for each in left:
        store.delete(kinds[0], each["metadata"].get("namespace", ""), each["metadata"]["name"], {})
    if kinds and store.listed(kinds[0], None):
        store.later(step, lambda: _clean(store, name, step))
        return
    fresh = copy.deepcopy(live)
    fresh["metadata"]["finalizers"] = [f for f in fresh["metadata"].get("finalizers") or () if f != CLEANUP]
    store.store(DEFINITION, fresh)
    if not fresh["metadata"]["finalizers"]:
        store.remove(DEFINITION, "", name)


def _condition(name: str, message: str) -> Body:
    from kfinfra.sandbox.kubernetes.store import now

    reason = {"Established": "InitialNamesAccepted", "NamesAccepted": "NoConflicts"}[name]
    return {"type": name, "status": "True", "reason": reason, "message": message, "lastTransitionTime": now()}
