"""What the server adds to a body and what it refuses in one: defaults, canonical quantities, names, immutable fields."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterable
from typing import Any

from kfinfra.model.quantity import canonical, parse
from kfinfra.sandbox.kubernetes import limits, secret_types
from kfinfra.sandbox.kubernetes.custom import causes as definition_causes
from kfinfra.sandbox.kubernetes.faults import Fault, invalid
from kfinfra.sandbox.kubernetes.kinds import Kind

Body = dict[str, Any]
Cause = tuple[str, str, str]
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")


def check_fields(kind: Kind, body: Body) -> None:
    """fieldValidation=Strict: unknown fields are refused. Raises Fault."""
    unknown = [n for n in body if n not in ("apiVersion", "kind", "metadata", *kind.fields)]
    if kind.spec is not None:
        unknown += [f"spec.{n}" for n in body.get("spec") or {} if n not in kind.spec]
    if unknown:
        said = ", ".join(f'unknown field "{n}"' for n in unknown)
        version = kind.api.rpartition("/")[2]
        message = f'{kind.kind} in version "{version}" cannot be handled as a {kind.kind}: strict decoding error: {said}'
        raise Fault("BadRequest", message)


def prepared(kind: Kind, body: Body, default_class: str | None) -> Body:
    """The body with defaults and canonical values. Raises Fault for quantities that are none."""
    try:
        for holder, name in _quantities(kind, body):
            holder[name] = canonical(str(holder[name]))
    except ValueError as problem:
        raise Fault(
            "BadRequest",
            f"{kind.kind} cannot be handled as a {kind.kind}: quantities must match the regular expression: {problem}",
        ) from problem
    if kind.kind == "PersistentVolumeClaim":
        spec = body.setdefault("spec", {})
        spec.setdefault("volumeMode", "Filesystem")
        if "storageClassName" not in spec and default_class:
            spec["storageClassName"] = default_class
    elif kind.kind == "Secret":
        body.setdefault("type", "Opaque")
        for name, text in (body.pop("stringData", None) or {}).items():
            body.setdefault("data", {})[name] = base64.b64encode(str(text).encode()).decode()
        _canonical_base64(body, "data")
    elif kind.kind == "ConfigMap":
        _canonical_base64(body, "binaryData")
    elif kind.kind == "StorageClass":
        body.setdefault("reclaimPolicy", "Delete")
        body.setdefault("volumeBindingMode", "Immediate")
    elif kind.kind == "Namespace":
        body.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
        body["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = body["metadata"]["name"]
        body.setdefault("status", {"phase": "Active"})
    elif kind.kind == "LimitRange":
        _default_limits(body)
    elif kind.kind == "Service":
        _default_service(body)
    elif kind.kind == "PriorityClass":
        body.setdefault("preemptionPolicy", "PreemptLowerPriority")
    elif kind.kind in ("RoleBinding", "ClusterRoleBinding"):
        _default_subjects(body)
    elif kind.kind == "NetworkPolicy":
        spec = body.setdefault("spec", {})
        spec.setdefault("policyTypes", ["Ingress", *(["Egress"] if spec.get("egress") else [])])
    return body


def _default_service(body: Body) -> None:
    """What the server sets of a service (pkg/apis/core/v1/defaults.go), and an address, as each gets one."""
    spec = body.setdefault("spec", {})
    for name, value in (("type", "ClusterIP"), ("sessionAffinity", "None"), ("internalTrafficPolicy", "Cluster")):
        spec.setdefault(name, value)
    for port in spec.get("ports") or []:
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port.get("port"))
    if spec["type"] != "ExternalName" and "clusterIP" not in spec:
        spec["clusterIP"] = f"10.100.{zlib.crc32(json.dumps(body['metadata'].get('name')).encode()) % 256}.10"
    if "clusterIP" in spec:
        spec.setdefault("clusterIPs", [spec["clusterIP"]])


def _default_subjects(body: Body) -> None:
    """The API groups of a binding's role and subjects (pkg/apis/rbac/v1/defaults.go)."""
    if body.get("roleRef"):
        body["roleRef"].setdefault("apiGroup", "rbac.authorization.k8s.io")
    for subject in body.get("subjects") or []:
        subject.setdefault("apiGroup", "" if subject.get("kind") == "ServiceAccount" else "rbac.authorization.k8s.io")
        if not subject["apiGroup"]:
            del subject["apiGroup"]


def _default_limits(body: Body) -> None:
    """A container's default follows max, its defaultRequest default or min (core/v1/defaults.go, SetDefaults_LimitRangeItem)."""
    for limit in (body.get("spec") or {}).get("limits") or []:
        if limit.get("type") == "Container":
            default = {**(limit.get("max") or {}), **(limit.get("default") or {})}
            request = {**(limit.get("min") or {}), **default, **(limit.get("defaultRequest") or {})}
            limit.update({name: found for name, found in (("default", default), ("defaultRequest", request)) if found})


def _quantities(kind: Kind, body: Body) -> Iterable[tuple[Body, str]]:
    spec = body.get("spec") or {}
    if kind.kind == "PersistentVolumeClaim":
        maps = [(spec.get("resources") or {}).get(n) for n in ("requests", "limits")]
    elif kind.kind == "ResourceQuota":
        maps = [spec.get("hard")]
    elif kind.kind == "LimitRange":
        names = ("default", "defaultRequest", "max", "min", "maxLimitRequestRatio")
        maps = [limit.get(n) for limit in spec.get("limits") or [] for n in names]
    else:
        maps = []
    return [(m, name) for m in maps if m for name in list(m)]


def check(kind: Kind, body: Body, live: Body | None) -> None:
    """Raises Fault (Invalid) with every cause."""
    name = str(body["metadata"].get("name", ""))
    causes = list(_metadata(kind, body))
    causes += [*_content(kind, body), *_typed_content(kind, body)]
    if kind.kind == "CustomResourceDefinition":
        causes += definition_causes(body)
    if live is not None:
        causes += _immutable(kind, body, live)
    if causes:
        raise invalid(kind.kind, name, causes)


def _metadata(kind: Kind, body: Body) -> Iterable[Cause]:
    name, metadata = str(body["metadata"].get("name", "")), body["metadata"]
    rule, most = (_LABEL, 63) if kind.kind == "Namespace" else (_SUBDOMAIN, 253)
    if not name:
        yield "FieldValueRequired", "Required value: name or generateName is required", "metadata.name"
    elif not rule.fullmatch(name) or len(name) > most:
        yield "FieldValueInvalid", f'Invalid value: "{name}": a lowercase RFC 1123 name is required', "metadata.name"
    for key, value in (metadata.get("labels") or {}).items():
        if not _KEY.fullmatch(key) or not _VALUE.fullmatch(str(value)):
            yield "FieldValueInvalid", f'Invalid value: "{key}={value}": a valid label is required', "metadata.labels"
    for key in metadata.get("annotations") or {}:
        if not _KEY.fullmatch(key.lower()):
            yield "FieldValueInvalid", f'Invalid value: "{key}": a qualified name is required', "metadata.annotations"


def _content(kind: Kind, body: Body) -> Iterable[Cause]:
    spec = body.get("spec") or {}
    if kind.kind in ("ConfigMap", "Secret"):
        for key, value in [*(body.get("data") or {}).items(), *(body.get("binaryData") or {}).items()]:
            if not _DATA_KEY.fullmatch(key) or key == "." or key.startswith(".."):
                yield (
                    "FieldValueInvalid",
                    f'Invalid value: "{key}": a valid config key must consist of alphanumeric characters',
                    "data",
                )
            if kind.kind == "Secret" or key in (body.get("binaryData") or {}):
                yield from _base64(key, value)
        plain = {} if kind.kind == "Secret" else body.get("data") or {}
        encoded = (body.get("data") if kind.kind == "Secret" else body.get("binaryData")) or {}
        # what is counted is what the text in base64 stands for (pkg/apis/core/validation: MaxSecretSize)
        size = sum(len(str(v).encode()) for v in plain.values())
        if size + sum(len(str(v).rstrip("=")) * 3 // 4 for v in encoded.values()) > 1 << 20:
            yield "FieldValueTooLong", "Too long: may not be more than 1048576 bytes", "data"
        if kind.kind == "Secret":
            yield from secret_types.causes(body)
    elif kind.kind == "PersistentVolumeClaim":
        if spec.get("volumeMode") not in (None, "Block", "Filesystem"):
            said = f'Unsupported value: "{spec["volumeMode"]}": supported values: "Block", "Filesystem"'
            yield "FieldValueNotSupported", said, "spec.volumeMode"
        modes = spec.get("accessModes") or []
        if not modes:
            yield "FieldValueRequired", "Required value: at least 1 access mode is required", "spec.accessModes"
        for mode in modes:
            if mode not in _MODES:
                yield (
                    "FieldValueNotSupported",
                    f'Unsupported value: "{mode}": supported values: {", ".join(_MODES)}',
                    "spec.accessModes",
                )
        size = (spec.get("resources") or {}).get("requests", {}).get("storage")
        if size is None:
            yield "FieldValueRequired", "Required value", "spec.resources[storage]"
        elif parse(size) <= 0:
            yield "FieldValueInvalid", f'Invalid value: "{size}": must be greater than zero', "spec.resources[storage]"
        name = spec.get("storageClassName")
        if name and not (_SUBDOMAIN.fullmatch(name) and len(name) <= 253):
            yield (
                "FieldValueInvalid",
                f'Invalid value: "{name}": a lowercase RFC 1123 subdomain is required',
                "spec.storageClassName",
            )
    elif kind.kind == "StorageClass":
        yield from limits.storage_class(body)
    elif kind.kind == "ResourceQuota":
        yield from limits.quota(spec)
    elif kind.kind == "LimitRange":
        yield from limits.limit_range(spec)


def _typed_content(kind: Kind, body: Body) -> Iterable[Cause]:
    """Rules of the kinds that are checked by their types besides (pkg/apis/*/validation)."""
    spec = body.get("spec") or {}
    if kind.kind in ("Role", "ClusterRole"):
        for index, rule in enumerate(body.get("rules") or []):
            if not rule.get("verbs"):
                yield "FieldValueRequired", "Required value: verbs must contain at least one value", f"rules[{index}].verbs"
    elif kind.kind in ("RoleBinding", "ClusterRoleBinding"):
        role = body.get("roleRef") or {}
        if role.get("kind") not in ("Role", "ClusterRole"):
            said = f'Unsupported value: "{role.get("kind", "")}": supported values: "Role", "ClusterRole"'
            yield "FieldValueNotSupported", said, "roleRef.kind"
        if not role.get("name"):
            yield "FieldValueRequired", "Required value", "roleRef.name"
    elif kind.kind == "PriorityClass" and body.get("value", 0) > 1_000_000_000:
        yield "FieldValueForbidden", "Forbidden: maximum allowed value of a user defined priority is 1000000000", "value"
    elif kind.kind == "Service":
        if not spec.get("ports") and spec.get("type") != "ExternalName":
            yield "FieldValueRequired", "Required value", "spec.ports"
        for index, port in enumerate(spec.get("ports") or []):
            if not 1 <= port.get("port", 0) <= 65535:
                said = f"Invalid value: {port.get('port', 0)}: must be between 1 and 65535, inclusive"
                yield "FieldValueInvalid", said, f"spec.ports[{index}].port"
            if len(spec["ports"]) > 1 and not port.get("name"):
                yield "FieldValueRequired", "Required value", f"spec.ports[{index}].name"


def _canonical_base64(body: Body, field: str) -> None:
    """Bytes are kept, not the text that stood for them; ends of lines in it say nothing (encoding/base64)."""
    for key, value in (body.get(field) or {}).items():
        try:
            body[field][key] = base64.b64encode(base64.b64decode(re.sub("[\r\n]", "", str(value)), validate=True)).decode()
        except (binascii.Error, ValueError):
            continue  # told by its check


def _base64(key: str, value: Any) -> Iterable[Cause]:
    try:
        base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        yield "FieldValueInvalid", "Invalid value: illegal base64 data", f"data[{key}]"


def _immutable(kind: Kind, body: Body, live: Body) -> Iterable[Cause]:
    if kind.kind in ("ConfigMap", "Secret") and live.get("immutable"):
        for field in ("data", "binaryData", "immutable"):
            if body.get(field) != live.get(field):
                yield "FieldValueForbidden", "Forbidden: field is immutable when `immutable` is set", field
    if kind.kind == "Secret" and body.get("type") != live.get("type"):
        yield "FieldValueInvalid", f'Invalid value: "{body.get("type")}": field is immutable', "type"
    if kind.kind == "StorageClass":
        for field in ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"):
            if body.get(field) != live.get(field):
                yield "FieldValueForbidden", f"Forbidden: updates to {field} are forbidden.", field
    if kind.kind in ("RoleBinding", "ClusterRoleBinding") and body.get("roleRef") != live.get("roleRef"):
        yield "FieldValueInvalid", "Invalid value: roleRef: cannot change roleRef", "roleRef"
    if kind.kind == "PriorityClass" and body.get("value") != live.get("value"):
        yield "FieldValueInvalid", "Invalid value: field is immutable", "value"
    if kind.kind == "PersistentVolumeClaim":
        yield from _claim(body["spec"], live["spec"], live.get("status") or {})


def _claim(new: Body, old: Body, status: Body) -> Iterable[Cause]:
    for field in ("accessModes", "storageClassName", "volumeMode", "selector"):
        if new.get(field) != old.get(field):
            words = "Forbidden: spec is immutable after creation except resources.requests for bound claims"
            yield "FieldValueForbidden", words, "spec"
            return
    wanted, had = (s.get("resources", {}).get("requests", {}).get("storage", "0") for s in (new, old))
    capacity = (status.get("capacity") or {}).get("storage", had)
    if parse(wanted) < parse(capacity) or (parse(wanted) < parse(had)):
        yield "FieldValueForbidden", "Forbidden: field can not be less than status.capacity", "spec.resources.requests.storage"
    elif parse(wanted) != parse(had) and status.get("phase") != "Bound":
        yield "FieldValueForbidden", "Forbidden: only bound persistent volume claims can be expanded", "spec"
