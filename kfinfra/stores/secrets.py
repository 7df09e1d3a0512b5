"""Objects of a state as Secrets: `kfstate.SUFFIX.WORKSPACE`, and beside it `….backup`, `….journal.GENERATION.NUMBER`.

The content is compressed. What is still larger than a Secret may be (1 MiB, of the object's data) is split: the parts are written
first, under a name that nobody knows yet, and then the Secret that names them, so that it is replaced in one step all the same.
"""

from __future__ import annotations

import base64
import gzip
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.providers.kubernetes.client import Api
from kfinfra.providers.kubernetes.failures import Refused
from kfinfra.stores.objects import Held, Stale
from kfinfra.stores.remote import STATE

LARGEST = 900 * 1024
"""Bytes in one Secret: below the limit of 1 MiB (k8s.io/api/core/v1, MaxSecretSize)."""
DOMAIN = "kfinfra.dev"
NOTE, PARTS = f"{DOMAIN}/journal", f"{DOMAIN}/parts"
TYPE = f"{DOMAIN}/state"
_READINGS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a workspace's state lies."""

    namespace: str
    suffix: str
    workspace: str

    @property
    def name(self) -> str:
        """The name of the Secret and of the Lease."""
        return f"kfstate.{self.suffix}.{self.workspace}"

    @property
    def labels(self) -> dict[str, str]:
        """What all of it is labelled with."""
        return {
            "app.kubernetes.io/managed-by": "kfinfra",
            f"{DOMAIN}/state": self.suffix,
            f"{DOMAIN}/workspace": self.workspace,
        }

    @property
    def selector(self) -> str:
        """The labels as a query."""
        return ",".join(f"{n}={v}" for n, v in sorted(self.labels.items()))


class SecretObjects:
    """The objects of one workspace."""

    def __init__(self, api: Api, place: Place) -> None:
        self._api, self._place = api, place
        self._path = f"/api/v1/namespaces/{place.namespace}/secrets"
        self._listed: dict[str, dict[str, Any]] = {}
        self._whole: set[str] = set()

    def shown(self, name: str) -> str:
        """The Secret with its namespace."""
        return f"Secret {self._place.namespace}/{self._named(name)}"

    def get(self, name: str) -> Held | None:
        """The Secret with its resourceVersion. One that is replaced while its parts are read is read again."""
        for _ in range(_READINGS):
            secret = self._secret(self._named(name))
            if secret is None:
                return None
            data = self._content(secret)
            if data is not None:
                metadata = secret["metadata"]
                return Held(data, str(metadata["resourceVersion"]), (metadata.get("annotations") or {}).get(NOTE, ""))
        detail = f"A part of {self.shown(name)} is missing."
        hint = f"look at the Secrets with the labels {self._place.selector}; the previous state is {self.shown('backup')}"
        raise DiagnosticError(error("State cannot be read", detail, hint=hint))

    def put(self, name: str, data: bytes, expected: str | None, note: str = "") -> str:
        """The parts first, where there are any, then the Secret; its new resourceVersion. Raises Stale."""
        packed = gzip.compress(data, mtime=0)
        annotations = {NOTE: note} if note else {}
        content = {"content": base64.b64encode(packed).decode()}
        if len(packed) > LARGEST:
            annotations[PARTS], content = self._split(name, packed), {}
        else:
            self._whole.add(self._named(name))
        body = self._body(self._named(name), annotations, content)
        doing = f"write {self.shown(name)}"
        try:
            if expected is None:
                made = self._api.create(self._path, body, doing)
            else:
                body["metadata"]["resourceVersion"] = expected
                made = self._api.replace(f"{self._path}/{self._named(name)}", body, doing)
        except Refused as problem:
            if problem.status == 409 or (problem.missing and expected is not None):
                raise Stale from problem
            raise
        return str(made["metadata"]["resourceVersion"])

    def copy(self, source: str, target: str) -> None:
        """The same content and note; parts are shared, and those that only the old target had go."""
        secret, old = self._secret(self._named(source)), self._secret(self._named(target))
        if secret is None:
            return
        annotations = dict(secret["metadata"].get("annotations") or {})
        body = self._body(self._named(target), annotations, secret.get("data") or {})
        doing = f"write {self.shown(target)}"
        try:
            if old is None:
                self._api.create(self._path, body, doing)
            else:
                self._api.replace(f"{self._path}/{self._named(target)}", body, doing)
        except Refused as problem:
            if problem.status != 409 or old is not None:
                raise  # made meanwhile: by an attempt of ours whose answer was lost
        if old is not None:
            self._remove(set(_parts(old)) - set(_parts(secret)))

    def names(self, prefix: str) -> Sequence[str]:
        """The names under a prefix: one list, in pages, whose contents are kept for `contents`."""
        begin = self._named(prefix)
        found = self._api.list(self._path, f"list the Secrets of {self.shown(STATE)}", labels=self._place.selector)
        self._listed = {s["metadata"]["name"]: s for s in found if s["metadata"]["name"].startswith(begin)}
        return sorted(prefix + name[len(begin) :].replace(".", "/") for name in self._listed if ".part." not in name)

    def contents(self, names: Sequence[str]) -> Sequence[bytes | None]:
        """The contents, as they were listed."""
        return [self._known(name) for name in names]

    def delete(self, names: Sequence[str]) -> None:
        """Deletes Secrets and their parts."""
        for name in names:
            full = self._named(name)
            secret = self._listed.pop(full, None) or (None if full in self._whole and name != STATE else self._secret(full))
            self._remove({full, *(_parts(secret) if secret is not None else ())})

    def _known(self, name: str) -> bytes | None:
        secret = self._listed.get(self._named(name))
        if secret is not None:
            return self._content(secret)
        found = self.get(name)
        return found.data if found is not None else None

    def _named(self, name: str) -> str:
        return self._place.name if name == STATE else f"{self._place.name}.{name.replace('/', '.')}"

    def _secret(self, full: str) -> dict[str, Any] | None:
        try:
            return self._api.get(f"{self._path}/{full}", f"read Secret {self._place.namespace}/{full}")
        except Refused as problem:
            if problem.missing:
                return None
            raise

    def _content(self, secret: Mapping[str, Any]) -> bytes | None:
        """What the Secret and its parts hold; None where a part is missing. Raises DiagnosticError for what is damaged."""
        pieces: list[bytes] = []
        for full in _parts(secret):
            part = self._listed.get(full) or self._secret(full)
            if part is None:
                return None
            pieces.append(base64.b64decode(part["data"]["content"]))
        try:
            return gzip.decompress(b"".join(pieces) or base64.b64decode(secret["data"]["content"]))
        except (KeyError, TypeError, ValueError, OSError, EOFError) as problem:
            where = f"Secret {self._place.namespace}/{secret['metadata']['name']}"
            detail = f"{where} does not hold what kfinfra writes: {problem}."
            raise DiagnosticError(error("State cannot be read", detail, hint="nothing was changed")) from problem

    def _split(self, name: str, packed: bytes) -> str:
        """Writes the parts; what names them."""
        run, count = uuid.uuid4().hex, -(-len(packed) // LARGEST)
        for number, full in enumerate(_part_names(self._place.name, f"{run}/{count}")):
            piece = packed[number * LARGEST : (number + 1) * LARGEST]
            body = self._body(full, {}, {"content": base64.b64encode(piece).decode()})
            try:
                self._api.create(self._path, body, f"write a part of {self.shown(name)}")
            except Refused as problem:
                if problem.status != 409:  # nobody else knows the name: an answer of ours was lost
                    raise
        return f"{run}/{count}"

    def _body(self, full: str, annotations: Mapping[str, str], content: Mapping[str, str]) -> dict[str, Any]:
        metadata: dict[str, Any] = {"name": full, "namespace": self._place.namespace}
        metadata |= {"labels": self._place.labels, "annotations": dict(annotations)}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": TYPE, "data": dict(content)}

    def _remove(self, every: set[str]) -> None:
        for full in sorted(every):
            try:
                self._api.delete(f"{self._path}/{full}", None, f"delete Secret {self._place.namespace}/{full}")
            except Refused as problem:
                if not problem.missing:
                    raise


def _parts(secret: Mapping[str, Any]) -> list[str]:
    """The names of the Secrets that the content of this one is split into."""
    metadata = secret["metadata"]
    written = (metadata.get("annotations") or {}).get(PARTS)
    labels = metadata.get("labels") or {}
    base = f"kfstate.{labels.get(f'{DOMAIN}/state')}.{labels.get(f'{DOMAIN}/workspace')}"
    return _part_names(base, written) if written else []


def _part_names(base: str, written: str) -> list[str]:
    run, _, count = written.partition("/")
    return [f"{base}.part.{run}.{number}" for number in range(int(count))]
