"""The states of workspaces in a cluster's Secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes
from kfinfra.providers.kubernetes.client import Api
from kfinfra.providers.kubernetes.connection import check_settings, default_namespace
from kfinfra.state.sealing import Sealer
from kfinfra.stores.lease import LeaseLock
from kfinfra.stores.remote import RemoteStore
from kfinfra.stores.secrets import DOMAIN, Place, SecretObjects

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class KubernetesWorkspaces:
    """The states that a kubernetes backend's arguments lead to."""

    def __init__(self, config: Attributes, env: Mapping[str, str], sealer: Sealer) -> None:
        try:
            check_settings(config)
        except DiagnosticError as problem:
            (told,) = problem.diagnostics
            told = replace(told, detail=told.detail.replace('of provider "kubernetes"', "of the backend"))
            raise DiagnosticError(told) from problem
        self._api, self._sealer = Api(config, env), sealer
        self._suffix, self._namespace = str(config["secret_suffix"]), default_namespace(config, env)

    def names(self) -> Iterable[str]:
        """The workspaces that have a state."""
        path, selector = f"/api/v1/namespaces/{self._namespace}/secrets", f"{DOMAIN}/state={self._suffix}"
        found = self._api.list(path, f"list the states in the namespace {self._namespace}", labels=selector)
        named = {s["metadata"]["name"]: (s["metadata"].get("labels") or {}).get(f"{DOMAIN}/workspace", "") for s in found}
        return sorted(w for name, w in named.items() if w and name == Place(self._namespace, self._suffix, w).name)

    def store(self, name: str) -> RemoteStore:
        """Where a workspace's state lies, or would. Raises DiagnosticError for a name that no Secret can have."""
        if not _NAME.fullmatch(name):
            detail = f'"{name}" cannot be a part of a Secret\'s name: 1 to 63 lower-case letters, digits and hyphens.'
            raise DiagnosticError(error("Invalid workspace name", detail, hint="choose another name"))
        place = Place(self._namespace, self._suffix, name)
        return RemoteStore(SecretObjects(self._api, place), LeaseLock(self._api, place), self._sealer)

    def remove(self, name: str) -> None:
        """Removes a workspace's Secrets."""
        self.store(name).remove()
