"""What may be written of any other object: its manifest, as kubectl takes it. Checks that need no server. Pure; no SDK."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kfinfra.diag import article
from kfinfra.model import quantity
from kfinfra.model.plain import UNKNOWN, Attributes, Path, Plain
from kfinfra.model.schema import Attribute, Problem, Ref, ResourceType
from kfinfra.providers.kubernetes import checks
from kfinfra.values.types import ANY, BOOL, STRING

OWN_KINDS: Mapping[tuple[str, str], str] = {
    ("", "Namespace"): "namespace",
    ("", "ConfigMap"): "config_map",
    ("", "Secret"): "secret",
    ("", "PersistentVolumeClaim"): "pvc",
    ("", "LimitRange"): "limit_range",
    ("", "ResourceQuota"): "resource_quota",
    ("storage.k8s.io", "StorageClass"): "storage_class",
    ("pipelines.kubeflow.org", "Pipeline"): "pipeline",
    ("pipelines.kubeflow.org", "PipelineVersion"): "pipeline",
}
"""Kinds (group, kind) that have a resource type of their own, which knows more of them than a manifest does."""

_SERVERS_OWN = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)


def group_of(api_version: Plain) -> str:
    """The API group of `apiVersion`, empty for the core."""
    return str(api_version).rpartition("/")[0]


def _other_group(old: Plain, new: Plain) -> bool:
    """Another version of the same group is the same object; another group has another one."""
    return group_of(old) != group_of(new)


def check_manifest(attributes: Attributes) -> Iterable[Problem]:
    """What is wrong with a manifest whoever reads it; parts of it may be UNKNOWN."""
    given, at = attributes.get("manifest"), ("manifest",)
    if given is UNKNOWN or given is None:
        return
    if not isinstance(given, dict):
        hint = "one object a resource: for many, for_each over a list of them"
        yield Problem(at, "Invalid manifest", "An object with apiVersion, kind and metadata is required.", hint)
        return
    for name in ("apiVersion", "kind"):
        value = given.get(name)
        if value is not UNKNOWN and not (isinstance(value, str) and value):
            yield Problem(at, "Missing required argument", f'"{name}" of the manifest is required: a text that is not empty.')
    yield from _check_kind(given.get("apiVersion"), given.get("kind"))
    if "status" in given:
        yield Problem((*at, "status"), "Read-only argument", '"status" is written by controllers.', "remove it")
    yield from _check_metadata(given.get("metadata"), attributes, (*at, "metadata"))


def _check_kind(api: Plain, kind: Plain) -> Iterable[Problem]:
    if not isinstance(api, str) or not isinstance(kind, str):
        return
    own = OWN_KINDS.get((group_of(api), kind))
    if own:
        detail = f"{kind} has a resource type of its own."
        yield Problem(("manifest", "kind"), "Kind has its own resource type", detail, f'declare it as: {own} "NAME" {{ … }}')
    elif kind.endswith("List") and group_of(api) == "":
        hint = "one object a resource: for_each over its items"
        yield Problem(("manifest", "kind"), "Invalid manifest", f"{article(kind)} {kind} is no object of its own.", hint)


def _check_metadata(given: Plain, attributes: Attributes, at: Path) -> Iterable[Problem]:
    if given is None or given is UNKNOWN:
        return
    if not isinstance(given, dict):
        yield Problem(at, "Invalid manifest", '"metadata" must be an object.')
        return
    for name in _SERVERS_OWN:
        if given.get(name) is not None:
            yield Problem((*at, name), "Read-only argument", f'"metadata.{name}" is set by the server.', "remove it")
    if given.get("generateName") is not None:
        detail = "An object whose name the server draws cannot be found again."
        yield Problem((*at, "generateName"), "Unsupported argument", detail, "write metadata.name")
    for name, check in (("labels", checks.label_map), ("annotations", checks.annotation_map), ("namespace", checks.dns_label)):
        value = given.get(name)
        if isinstance(value, str | dict):
            known: Plain = {k: v for k, v in value.items() if v is not UNKNOWN} if isinstance(value, dict) else value
            yield from (Problem((*at, name, *p.path), p.summary, p.detail, p.hint) for p in check(known))
    written, inside = attributes.get("namespace"), given.get("namespace")
    if isinstance(written, str) and isinstance(inside, str) and written != inside:
        detail = f'The manifest says "{inside}", and the resource "{written}".'
        yield Problem(("namespace",), "Namespace is given twice", detail, "remove one of them")


_AMOUNTS = frozenset(
    {"requests", "limits", "hard", "capacity", "default", "defaultRequest", "max", "min", "storage", "sizeLimit"}
)


def same_content(old: Plain, new: Plain, amount: bool = False) -> bool:
    """Whether two values mean the same to the server: quantities where these stand by number, all else as it is."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same_content(old[k], new[k], amount or k in _AMOUNTS) for k in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(same_content(a, b, amount) for a, b in zip(old, new, strict=True))
    if amount and isinstance(old, str | int | float) and isinstance(new, str | int | float):
        return (type(old) is type(new) and old == new) or quantity.same(str(old), str(new))
    return old == new and isinstance(old, bool) == isinstance(new, bool)


def as_spelled(there: Plain, written: Plain, amount: bool = False) -> Plain:
    """What is written, the parts that mean the same to the server as it spells them (see `same_content`)."""
    if isinstance(there, dict) and isinstance(written, dict):
        return {k: as_spelled(there[k], v, amount or k in _AMOUNTS) if k in there else v for k, v in written.items()}
    if isinstance(there, list) and isinstance(written, list) and len(there) == len(written):
        return [as_spelled(a, b, amount) for a, b in zip(there, written, strict=True)]
    return there if same_content(there, written, amount) else written


MANIFEST = ResourceType(
    "manifest",
    "kubernetes",
    {
        "manifest": Attribute(
            ANY,
            required=True,
            equal=same_content,
            spelled=as_spelled,
            doc="The object as kubectl takes it: apiVersion, kind, metadata, spec …; yamldecode(file(…)) gives one.",
        ),
        "namespace": Attribute(
            STRING,
            ref=Ref(("namespace",)),
            check=checks.dns_label,
            doc="The namespace, where the manifest has none; the provider's, where neither has, for kinds that live in one.",
        ),
        "force_destroy": Attribute(
            BOOL, default=False, doc="Whether a CustomResourceDefinition may be destroyed though objects of its kind exist."
        ),
        "api_version": Attribute(STRING, computed=True, replaces=_other_group, doc="The manifest's apiVersion."),
        "kind": Attribute(STRING, computed=True, doc="The manifest's kind."),
        "name": Attribute(STRING, computed=True, doc="The object's name: metadata.name, or the label."),
    },
    ("api_version", "kind", "namespace", "name"),
    check=check_manifest,
    timeouts={"delete": 600.0},
    doc="Any other object, by its manifest: custom resources, roles, network policies, definitions of kinds.",
)
