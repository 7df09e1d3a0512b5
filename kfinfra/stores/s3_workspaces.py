"""The states of workspaces in a bucket: `default` at KEY, another one at PREFIX/NAME/KEY, as in Terraform's s3 backend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kfinfra.model.plain import Attributes
from kfinfra.state.sealing import Sealer
from kfinfra.stores.lock_object import LockObject
from kfinfra.stores.remote import STATE, RemoteStore
from kfinfra.stores.s3 import S3Objects


class S3Workspaces:
    """The states that an s3 backend's arguments lead to."""

    def __init__(self, config: Attributes, env: Mapping[str, str], sealer: Sealer) -> None:
        self._config, self._env, self._sealer = config, env, sealer
        self._key, self._prefix = str(config["key"]), str(config.get("workspace_key_prefix") or "env:")

    def names(self) -> Iterable[str]:
        """The workspaces that have a state."""
        return S3Objects(self._config, self._prefix, self._env).between("/", f"/{self._key}")

    def store(self, name: str) -> RemoteStore:
        """Where a workspace's state lies, or would."""
        key = self._key if name == "default" else f"{self._prefix}/{name}/{self._key}"
        objects = S3Objects(self._config, key, self._env)
        return RemoteStore(objects, LockObject(objects, STATE), self._sealer)

    def remove(self, name: str) -> None:
        """Removes a workspace's state and journal."""
        self.store(name).remove()
