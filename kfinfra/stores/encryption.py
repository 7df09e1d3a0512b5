"""Encryption of states, journals and plans: AES-GCM, each document with a nonce of its own, and all around it authenticated.

A document is one line of JSON: `{"kfinfra_encrypted": 1, "kind": …, "keys": …, "nonce": …, "data": …}`. `keys` tells how the
key is had again (a salt, or a data key that KMS has encrypted), and nothing that is secret. `cryptography` is imported at the
first use.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Mapping
from typing import Any, Protocol

from kfinfra.config.encryption import KeyProvider, Method, Target
from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import is_known
from kfinfra.state.sealing import MARK, Sealer, Unsealed, is_sealed

VERSION = 1
NONCE = 12
Meta = Mapping[str, Any]


class Unreadable(DiagnosticError):
    """A document that this method cannot read: another one may."""


class Keys(Protocol):
    """Keys of a key provider. Methods raise DiagnosticError; `again` raises Unreadable where the key is another provider's."""

    def fresh(self) -> tuple[bytes, Meta]:
        """A key to write with, and how it is had again."""
        ...

    def again(self, meta: Meta) -> bytes:
        """The key that a document was written with."""
        ...


class PassphraseKeys:
    """Keys made of a passphrase, which takes long on purpose: a key is made once for each salt."""

    def __init__(self, provider: KeyProvider) -> None:
        self._provider, self._made = provider, dict[str, bytes]()

    def fresh(self) -> tuple[bytes, Meta]:
        """A key with the salt of what was read, where it was made in the same way; else with a new one."""
        how = self._provider.attributes
        wanted = {"hash": how["hash_function"], "iterations": how["iterations"], "length": how["key_length"]}
        size = int(str(how["salt_length"]))
        for text in self._made:
            meta = json.loads(text)
            if wanted.items() <= meta.items() and len(base64.b64decode(meta["salt"])) == size:
                return self.again(meta), meta
        meta = {"provider": "pbkdf2", "salt": base64.b64encode(os.urandom(size)).decode(), **wanted}
        return self.again(meta), meta

    def again(self, meta: Meta) -> bytes:
        """The key of that salt."""
        if meta.get("provider") != "pbkdf2":
            raise Unreadable(_other(self._provider, meta))
        known = json.dumps(meta, sort_keys=True)
        if known not in self._made:
            from cryptography.hazmat.primitives import hashes
            from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

            hashing = {"sha256": hashes.SHA256, "sha512": hashes.SHA512}[meta["hash"]]()
            made = PBKDF2HMAC(hashing, meta["length"], base64.b64decode(meta["salt"]), meta["iterations"])
            self._made[known] = made.derive(str(_known(self._provider)["passphrase"]).encode())
        return self._made[known]


class KmsKeys:
    """Data keys of AWS KMS: a new one for each command, kept only as KMS has encrypted it."""

    def __init__(self, provider: KeyProvider, env: Mapping[str, str]) -> None:
        self._provider, self._env = provider, env
        self._made: dict[str, bytes] = {}
        self._fresh: tuple[bytes, Meta] | None = None

    def fresh(self) -> tuple[bytes, Meta]:
        """A data key that KMS makes."""
        if self._fresh is None:
            from kfinfra.providers.aws.client import Aws, translated

            how = _known(self._provider)
            with translated("make a data key with KMS"):
                made = Aws(how, self._env).service("kms").generate_data_key(KeyId=how["kms_key_id"], KeySpec=how["key_spec"])
            meta = {"provider": "aws_kms", "key": base64.b64encode(made["CiphertextBlob"]).decode()}
            self._fresh = made["Plaintext"], meta
        return self._fresh

    def again(self, meta: Meta) -> bytes:
        """The data key, decrypted by KMS."""
        if meta.get("provider") != "aws_kms":
            raise Unreadable(_other(self._provider, meta))
        text = str(meta["key"])
        if self._fresh is not None and self._fresh[1]["key"] == text:
            return self._fresh[0]
        if text not in self._made:
            from kfinfra.providers.aws.client import Aws, translated

            how = _known(self._provider)
            with translated("decrypt a data key with KMS"):
                found = Aws(how, self._env).service("kms").decrypt(CiphertextBlob=base64.b64decode(text), KeyId=how["kms_key_id"])
            self._made[text] = found["Plaintext"]
        return self._made[text]


class AesGcm:
    """The method aes_gcm. Safe to use from several threads."""

    def __init__(self, method: Method, keys: Keys) -> None:
        self._name, self._keys = f"method.{method.kind}.{method.name}", keys
        self._lock = threading.Lock()

    def seal(self, data: bytes, kind: str) -> bytes:
        """`data` encrypted."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        with self._lock:
            key, meta = self._keys.fresh()
        nonce = os.urandom(NONCE)
        head = {MARK: VERSION, "kind": kind, "keys": meta, "nonce": base64.b64encode(nonce).decode()}
        hidden = AESGCM(key).encrypt(nonce, data, _around(head))
        return json.dumps({**head, "data": base64.b64encode(hidden).decode()}, separators=(",", ":")).encode()

    def open(self, data: bytes, kind: str, name: str) -> bytes:
        """What was sealed. Raises Unreadable."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if not is_sealed(data):
            hint = "to encrypt it from now on, name method.unencrypted.NAME in a fallback block; nothing was changed"
            detail = f"{name} is not encrypted, and the configuration says that it is."
            raise Unreadable(error(f"The {kind} is not encrypted", detail, hint=hint))
        try:
            document = json.loads(data)
            if document[MARK] != VERSION:
                raise ValueError(f"its version is {document[MARK]}, this kfinfra reads {VERSION}")
            with self._lock:
                key = self._keys.again(document["keys"])
            head = {n: v for n, v in document.items() if n != "data"}
            nonce, hidden = base64.b64decode(document["nonce"]), base64.b64decode(document["data"])
            if document["kind"] != kind:
                raise ValueError(f"it is a {document['kind']}, and not a {kind}")
            return AESGCM(key).decrypt(nonce, hidden, _around(head))
        except InvalidTag as problem:
            detail = f"{name} was encrypted with another key than {self._name} has, or was changed since."
            raise Unreadable(_undecipherable(kind, detail)) from problem
        except (ValueError, KeyError, TypeError) as problem:
            raise DiagnosticError(_undecipherable(kind, f"{name} is damaged: {problem}.")) from problem


class Plainly(Unsealed):
    """The method unencrypted."""

    def open(self, data: bytes, kind: str, name: str) -> bytes:
        """`data` itself. Raises Unreadable where it is encrypted."""
        if is_sealed(data):
            raise Unreadable(_undecipherable(kind, f"{name} is encrypted, and method.unencrypted reads only what is not."))
        return data


class WithFallback:
    """Writes with one method, and reads with another one what the first cannot read."""

    def __init__(self, method: Sealer, fallback: Sealer) -> None:
        self._method, self._fallback = method, fallback

    def seal(self, data: bytes, kind: str) -> bytes:
        """`data` by the method."""
        return self._method.seal(data, kind)

    def open(self, data: bytes, kind: str, name: str) -> bytes:
        """What was sealed by one of them. Raises DiagnosticError."""
        try:
            return self._method.open(data, kind, name)
        except Unreadable as problem:
            try:
                return self._fallback.open(data, kind, name)
            except Unreadable as other:
                raise Unreadable([*problem.diagnostics, *other.diagnostics]) from problem


def make_sealer(target: Target | None, env: Mapping[str, str]) -> Sealer:
    """The sealer for what an `encryption` block says of the state, or of plans."""
    if target is None:
        return Unsealed()
    method = _made(target.method, env)
    return method if target.fallback is None else WithFallback(method, _made(target.fallback, env))


def _made(method: Method, env: Mapping[str, str]) -> Sealer:
    if method.keys is None:
        return Plainly()
    keys: Keys = PassphraseKeys(method.keys) if method.keys.kind == "pbkdf2" else KmsKeys(method.keys, env)
    return AesGcm(method, keys)


def _known(provider: KeyProvider) -> Mapping[str, Any]:
    if not is_known(dict(provider.attributes)):
        detail = f"What key_provider.{provider.kind}.{provider.name} is made from is not known: a variable has no value."
        hint = "give it in the environment (KFINFRA_VAR_name), which every command reads; nothing was changed"
        raise DiagnosticError(error("The key is not known", detail, provider.span, hint=hint))
    return provider.attributes


def _other(provider: KeyProvider, meta: Meta) -> Any:
    detail = (
        f"The key came from a key provider of the type {meta.get('provider')}, and key_provider.{provider.kind}.{provider.name} "
        "is another one."
    )
    return _undecipherable("document", detail)


def _undecipherable(kind: str, detail: str) -> Any:
    hint = "use the key that it was written with; to change keys, name the old one in a fallback block. Nothing was changed"
    return error(f"The {kind} cannot be decrypted", detail, hint=hint)


def _around(head: Mapping[str, Any]) -> bytes:
    """What is authenticated with the data."""
    return json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
