"""What may be written of Kubernetes: the provider block and the kinds of objects. Pure data; no SDK."""

from __future__ import annotations

from kfinfra.model import quantity
from kfinfra.model.data import data_type
from kfinfra.model.plain import Plain
from kfinfra.model.schema import Attribute, Check, ProviderType, Ref, ResourceType, Shape
from kfinfra.model.urls import url_check
from kfinfra.providers.kubernetes import checks, limits, secret_types
from kfinfra.providers.kubernetes.manifest_schema import MANIFEST
from kfinfra.values.types import BOOL, STRING, ListType, MapType, SetType

TEXTS = MapType(STRING)
_same_quantity = checks.same_text(quantity.same)


def _thawed(old: Plain, new: Plain) -> bool:
    """What was made immutable can only be made anew."""
    return old is True and new is not True


def _had_one(old: Plain, new: Plain) -> bool:
    return old is not None and old != new


def _quantities(doc: str, *, required: bool = False, check: Check = checks.amounts) -> Attribute:
    return Attribute(
        TEXTS, required=required, check=check, equal=_same_quantity, spelled=checks.as_spelled(quantity.same), doc=doc
    )


NAMESPACE_OF = Attribute(
    STRING,
    ref=Ref(("namespace",)),
    check=checks.dns_label,
    doc="The namespace; the provider's, else the kubeconfig context's, else default, where it is not written.",
)
META = {
    "labels": Attribute(TEXTS, check=checks.label_map, doc="Labels; those that others set are left alone."),
    "annotations": Attribute(TEXTS, check=checks.annotation_map, doc="Annotations; those that others set are left alone."),
}
NAMED = {"name": Attribute(STRING, check=checks.dns_name, doc="The name; the label where it is not written."), **META}
PLACED = {"namespace": NAMESPACE_OF, **NAMED}
IDENTITY = ("namespace", "name")

NAMESPACE = ResourceType(
    "namespace",
    "kubernetes",
    {"name": Attribute(STRING, check=checks.dns_label, doc="The name; the label where it is not written."), **META},
    ("name",),
    timeouts={"delete": 600.0},
    doc="A namespace.",
)

CONFIG_MAP = ResourceType(
    "config_map",
    "kubernetes",
    {
        **PLACED,
        "data": Attribute(TEXTS, check=checks.data, doc="Texts by key."),
        "binary_data": Attribute(TEXTS, check=checks.binary_data, doc="Bytes by key, as base64."),
        "immutable": Attribute(BOOL, default=False, replaces=_thawed, doc="Whether a change of the data makes a new object."),
        "frozen": Attribute(STRING, computed=True, replaces=_had_one, doc="A digest of the data, where they are immutable."),
    },
    IDENTITY,
    check=checks.disjoint,
    doc="A config map.",
)

SECRET = ResourceType(
    "secret",
    "kubernetes",
    {
        **PLACED,
        "type": Attribute(STRING, default="Opaque", replaces=True, doc="The secret's type."),
        "data": Attribute(TEXTS, required=True, write_only=True, check=checks.data, doc="Texts by key; stored nowhere else."),
        "immutable": Attribute(BOOL, default=False, replaces=_thawed, doc="Whether the data can be changed no more."),
    },
    IDENTITY,
    check=secret_types.typed,
    doc="A secret; its values never enter state or plan.",
)

_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
PVC = ResourceType(
    "pvc",
    "kubernetes",
    {
        **PLACED,
        "size": Attribute(STRING, required=True, check=checks.size, equal=_same_quantity, doc="How much; grows in place."),
        "access_modes": Attribute(
            SetType(STRING),
            required=True,
            replaces=True,
            equal=checks.same_set,
            check=checks.one_of(*_MODES),
            doc="Access modes.",
        ),
        "storage_class": Attribute(
            STRING,
            computed=True,
            settable=True,
            replaces=True,
            ref=Ref(("storage_class",)),
            check=checks.class_name,
            doc="The class; the cluster's default.",
        ),
        "volume_mode": Attribute(
            STRING, default="Filesystem", replaces=True, check=checks.one_of("Filesystem", "Block"), doc="Filesystem or Block."
        ),
        "volume_name": Attribute(STRING, computed=True, settable=True, replaces=_had_one, doc="The volume that it is bound to."),
        "phase": Attribute(STRING, computed=True, volatile=True, doc="Pending, Bound or Lost."),
        "force_destroy": Attribute(BOOL, default=False, doc="Whether it may be destroyed though it is bound and holds data."),
    },
    IDENTITY,
    timeouts={"delete": 600.0},
    doc="A persistent volume claim.",
)

STORAGE_CLASS = ResourceType(
    "storage_class",
    "kubernetes",
    {
        **NAMED,
        "provisioner": Attribute(
            STRING, required=True, replaces=True, check=limits.provisioner, doc="Who makes the volumes, such as ebs.csi.aws.com."
        ),
        "parameters": Attribute(TEXTS, replaces=True, check=limits.parameters, doc="The provisioner's parameters."),
        "reclaim_policy": Attribute(
            STRING, default="Delete", replaces=True, check=checks.one_of("Delete", "Retain"), doc="Delete or Retain."
        ),
        "volume_binding_mode": Attribute(
            STRING,
            default="Immediate",
            replaces=True,
            check=checks.one_of("Immediate", "WaitForFirstConsumer"),
            doc="Immediate or WaitForFirstConsumer.",
        ),
        "allow_volume_expansion": Attribute(BOOL, default=False, doc="Whether claims may grow."),
        "mount_options": Attribute(ListType(STRING), doc="Options of mount."),
        "default": Attribute(BOOL, default=False, doc="Whether it is the class of claims that name none."),
    },
    ("name",),
    doc="A storage class.",
)

LIMIT = {
    "type": Attribute(
        STRING, required=True, check=checks.one_of("Container", "Pod", "PersistentVolumeClaim"), doc="What is limited."
    ),
    "max": _quantities("The most."),
    "min": _quantities("The least."),
    "default": _quantities("A container's limits where it has none."),
    "default_request": _quantities("A container's requests where it has none."),
    "max_limit_request_ratio": _quantities("The most that a limit may be of its request."),
}
LIMIT_RANGE = ResourceType(
    "limit_range",
    "kubernetes",
    {**PLACED, "limits": Attribute(required=True, fields=LIMIT, shape=Shape.LIST, check=limits.limits, doc="The limits.")},
    IDENTITY,
    doc="Limits and defaults of a namespace's containers, pods and claims.",
)

_SCOPES = ("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity")
RESOURCE_QUOTA = ResourceType(
    "resource_quota",
    "kubernetes",
    {
        **PLACED,
        "hard": _quantities("The most that the namespace may use, by resource.", required=True, check=limits.quotas),
        "scopes": Attribute(
            SetType(STRING), replaces=True, equal=checks.same_set, check=checks.one_of(*_SCOPES), doc="Which pods count."
        ),
    },
    IDENTITY,
    doc="What a namespace may use in all.",
)

RESOURCE_TYPES = (NAMESPACE, CONFIG_MAP, SECRET, PVC, STORAGE_CLASS, LIMIT_RANGE, RESOURCE_QUOTA, MANIFEST)
DATA_TYPES = (
    *(data_type(t) for t in (NAMESPACE, CONFIG_MAP, STORAGE_CLASS, LIMIT_RANGE, RESOURCE_QUOTA)),
    data_type(PVC, without=("force_destroy",)),
)

PROVIDER = ProviderType(
    "kubernetes",
    {
        "config_path": Attribute(STRING, doc="The kubeconfig file; else KUBECONFIG, else ~/.kube/config."),
        "context": Attribute(STRING, doc="The kubeconfig's context; its current one where it is not written."),
        "in_cluster": Attribute(BOOL, doc="Whether to use the pod's service account; excludes the others."),
        "host": Attribute(STRING, check=url_check, doc="The API server's URL, in the place of a kubeconfig."),
        "token": Attribute(STRING, sensitive=True, doc="A bearer token."),
        "ca_certificate": Attribute(STRING, doc="The server's CA: PEM text, or the path of such a file."),
        "namespace": Attribute(STRING, check=checks.dns_label, doc="The namespace of what names none."),
        "insecure": Attribute(BOOL, doc="Whether to trust any server certificate."),
        "force_conflicts": Attribute(BOOL, doc="Whether to take over fields that another manager has changed."),
    },
    doc="A cluster's API server. Everything may be left out: then it is KUBECONFIG's current context.",
)
