"""Which kinds there are, where they lie, and which fields a strict server knows of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kfinfra.sandbox.kubernetes.apply import LISTS, Lists


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind. `fields` are its top-level fields, `spec` those of its spec (None: any).

    `model` names the class of kubernetes.client that has its types, `lists` its granular lists; `custom` is the version of
    the CustomResourceDefinition that a custom resource is made of.
    """

    api: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    fields: tuple[str, ...] = ("spec", "status")
    spec: tuple[str, ...] | None = None
    model: str = ""
    lists: Lists = field(default_factory=lambda: LISTS)
    custom: Mapping[str, Any] | None = None

    def __hash__(self) -> int:
        return hash((self.api, self.kind))

    @property
    def key(self) -> str:
        """What tells its objects from those of a kind with the same name in another group."""
        return self.kind if self.custom is None else f"{self.kind}.{self.group}"

    @property
    def counted(self) -> bool:
        """Whether metadata.generation counts the changes of what is desired."""
        return self.custom is not None or self.kind in ("CustomResourceDefinition", "NetworkPolicy", "PriorityClass")

    @property
    def root(self) -> str:
        """The API's path."""
        return f"/apis/{self.api}" if "/" in self.api else f"/api/{self.api}"

    @property
    def group(self) -> str:
        """The API group, empty for the core."""
        return self.api.rpartition("/")[0]


_CLAIM = (
    "accessModes dataSource dataSourceRef resources selector storageClassName volumeAttributesClassName volumeMode volumeName"
)
_CLASS = "allowVolumeExpansion allowedTopologies mountOptions parameters provisioner reclaimPolicy volumeBindingMode"
_EVENT = "action count firstTimestamp involvedObject lastTimestamp message reason source type"
_RBAC = "rbac.authorization.k8s.io/v1"
KINDS = (
    Kind("v1", "Namespace", "namespaces", False, ("ns",), spec=("finalizers",)),
    Kind("v1", "ConfigMap", "configmaps", True, ("cm",), ("binaryData", "data", "immutable")),
    Kind("v1", "Secret", "secrets", True, (), ("data", "immutable", "stringData", "type")),
    Kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims", True, ("pvc",), spec=tuple(_CLAIM.split())),
    Kind("v1", "PersistentVolume", "persistentvolumes", False, ("pv",)),
    Kind(
        "v1", "ServiceAccount", "serviceaccounts", True, ("sa",), ("automountServiceAccountToken", "imagePullSecrets", "secrets")
    ),
    Kind("v1", "Event", "events", True, ("ev",), tuple(_EVENT.split())),
    Kind("v1", "Pod", "pods", True, ("po",)),
    Kind("v1", "Node", "nodes", False, ("no",)),
    Kind("v1", "LimitRange", "limitranges", True, ("limits",), spec=("limits",)),
    Kind("v1", "ResourceQuota", "resourcequotas", True, ("quota",), spec=("hard", "scopeSelector", "scopes")),
    Kind("storage.k8s.io/v1", "StorageClass", "storageclasses", False, ("sc",), tuple(_CLASS.split())),
    Kind("coordination.k8s.io/v1", "Lease", "leases", True),
    Kind(
        "v1",
        "Service",
        "services",
        True,
        ("svc",),
        model="V1Service",
        lists={**LISTS, ("spec", "ports"): (("port", None), ("protocol", "TCP"))},
    ),
    Kind(_RBAC, "Role", "roles", True, (), ("rules",), model="V1Role"),
    Kind(_RBAC, "RoleBinding", "rolebindings", True, (), ("roleRef", "subjects"), model="V1RoleBinding"),
    Kind(_RBAC, "ClusterRole", "clusterroles", False, (), ("aggregationRule", "rules"), model="V1ClusterRole"),
    Kind(_RBAC, "ClusterRoleBinding", "clusterrolebindings", False, (), ("roleRef", "subjects"), model="V1ClusterRoleBinding"),
    Kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", True, ("netpol",), ("spec",), model="V1NetworkPolicy"),
    Kind(
        "scheduling.k8s.io/v1",
        "PriorityClass",
        "priorityclasses",
        False,
        ("pc",),
        ("description", "globalDefault", "preemptionPolicy", "value"),
        model="V1PriorityClass",
    ),
    Kind(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        False,
        ("crd", "crds"),
        model="V1CustomResourceDefinition",
    ),
)
BY_PLURAL = {(k.api, k.plural): k for k in KINDS}
BY_KIND = {k.kind: k for k in KINDS}
