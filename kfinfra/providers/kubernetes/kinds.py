"""The kinds of objects: where the API server keeps them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from kfinfra.model.plain import Attributes


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind as the API has it. `api` is `v1` or `group/version`."""

    type: str
    api: str
    kind: str
    plural: str
    namespaced: bool = True

    def collection(self, namespace: str | None) -> str:
        """The path of all objects of a namespace, or of the whole cluster where it is None."""
        root = f"/apis/{self.api}" if "/" in self.api else f"/api/{self.api}"
        inside = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        return f"{root}{inside}/{self.plural}"

    def path(self, attributes: Attributes) -> str:
        """The path of one object."""
        namespace = str(attributes["namespace"]) if self.namespaced else None
        return f"{self.collection(namespace)}/{quote(str(attributes['name']), safe='')}"

    def title(self, attributes: Attributes) -> str:
        """The object as messages call it: `ConfigMap ml/training`."""
        inside = f"{attributes.get('namespace')}/" if self.namespaced else ""
        return f"{self.kind} {inside}{attributes.get('name')}"


KINDS = {
    k.type: k
    for k in (
        Kind("namespace", "v1", "Namespace", "namespaces", namespaced=False),
        Kind("config_map", "v1", "ConfigMap", "configmaps"),
        Kind("secret", "v1", "Secret", "secrets"),
        Kind("pvc", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
        Kind("storage_class", "storage.k8s.io/v1", "StorageClass", "storageclasses", namespaced=False),
        Kind("limit_range", "v1", "LimitRange", "limitranges"),
        Kind("resource_quota", "v1", "ResourceQuota", "resourcequotas"),
    )
}
