"""Which kinds there are, where they lie, and which fields a strict server knows of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind. `fields` are its top-level fields, `spec` those of its spec (None: any)."""

    api: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    fields: tuple[str, ...] = ("spec", "status")
    spec: tuple[str, ...] | None = None

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
)
BY_PLURAL = {(k.api, k.plural): k for k in KINDS}
BY_KIND = {k.kind: k for k in KINDS}
