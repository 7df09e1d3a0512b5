"""Random objects, sent to a real API server and to the sandbox's: where one takes what the other refuses, both answers are shown.

A developer's tool; nothing is created (dryRun=All). `python tools/compare_kubernetes.py KUBECONFIG [COUNT [SEED]]` exits with 1
where there is a difference. That plans say what the sandbox does is a law among the property tests.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from typing import Any

from kfinfra.diag import DiagnosticError
from kfinfra.providers.kubernetes.client import Api
from kfinfra.sandbox.http import Served
from kfinfra.sandbox.kubernetes.app import make_app

Sent = tuple[str, dict[str, Any]]
WORDS = [
    "a",
    "a.b",
    "A",
    "a_b",
    "-a",
    "a/b",
    "x.io/a",
    "X.io/a",
    "a" * 63,
    "a" * 64,
    "",
    "é",
    "😀",
    "a b",
    ".a",
    "..",
    "a/",
    "\0",
]
NAMES = ["cpu", "memory", "storage", "pods", "requests.cpu", "hugepages-2Mi", "nvidia.com/gpu", "requests.nvidia.com/gpu", "foo"]
AMOUNTS = ["0", "1", "2", "500m", "1Gi", "x"]
BYTES = ["YQ==", "a", "", "YQ", "YQ==\n", "e30=", "bnVsbA=="]
TYPES = ["tls", "ssh-auth", "basic-auth", "dockercfg", "dockerconfigjson", "service-account-token"]
KEYS = ["tls.crt", "tls.key", ".dockerconfigjson", ".dockercfg", "username", "password", "ssh-privatekey", "x"]


def some(chance: random.Random, keys: list[str], values: list[str], most: int = 2) -> dict[str, str]:
    """A map of a few of these."""
    return {chance.choice(keys): chance.choice(values) for _ in range(chance.randint(0, most))}


def metadata(chance: random.Random) -> dict[str, Any]:
    """A name that is mostly good, with or without labels and annotations."""
    named: dict[str, Any] = {"name": chance.choice(["compared", "compared", *WORDS])}
    for field in ("labels", "annotations"):
        if chance.random() < 0.3:
            named[field] = some(chance, WORDS, WORDS)
    return named


def config_map(chance: random.Random) -> Sent:
    """A config map."""
    body = {"metadata": metadata(chance), "data": some(chance, WORDS, WORDS), "binaryData": some(chance, WORDS, BYTES)}
    return "/api/v1/namespaces/default/configmaps", body


def secret(chance: random.Random) -> Sent:
    """A secret, of any type."""
    kind = chance.choice(["Opaque", "x/y", *(f"kubernetes.io/{name}" for name in TYPES)])
    body = {"metadata": metadata(chance), "type": kind, "data": some(chance, KEYS, BYTES, 3)}
    return "/api/v1/namespaces/default/secrets", body


def claim(chance: random.Random) -> Sent:
    """A claim."""
    modes = chance.sample(["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "Foo"], chance.randint(0, 2))
    spec: dict[str, Any] = {"accessModes": modes, "resources": {"requests": {"storage": chance.choice(AMOUNTS)}}}
    for field, values in (("volumeMode", ["Block", "Filesystem", "Foo"]), ("storageClassName", WORDS)):
        if chance.random() < 0.3:
            spec[field] = chance.choice(values)
    return "/api/v1/namespaces/default/persistentvolumeclaims", {"metadata": {"name": "compared"}, "spec": spec}


def storage_class(chance: random.Random) -> Sent:
    """A storage class."""
    body = {"metadata": {"name": "compared"}, "provisioner": chance.choice(WORDS), "parameters": some(chance, WORDS, WORDS)}
    return "/apis/storage.k8s.io/v1/storageclasses", body


def quota(chance: random.Random) -> Sent:
    """A quota."""
    body = {"metadata": {"name": "compared"}, "spec": {"hard": some(chance, [*NAMES, *WORDS], AMOUNTS)}}
    return "/api/v1/namespaces/default/resourcequotas", body


def limits(chance: random.Random) -> Sent:
    """A limit range of one kind."""
    limit: dict[str, Any] = {"type": chance.choice(["Container", "Pod", "PersistentVolumeClaim"])}
    for field in ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio"):
        if chance.random() < 0.6:
            limit[field] = some(chance, NAMES, AMOUNTS)
    return "/api/v1/namespaces/default/limitranges", {"metadata": {"name": "compared"}, "spec": {"limits": [limit]}}


MAKERS: tuple[Callable[[random.Random], Sent], ...] = (config_map, secret, claim, storage_class, quota, limits)


def answer(api: Api, path: str, body: dict[str, Any]) -> str:
    """Why the server refuses an object, empty where it does not."""
    try:
        api._call("POST", path, "compare", {"dryRun": "All"}, body)
    except DiagnosticError as problem:
        return problem.diagnostics[0].detail
    return ""


def main(kubeconfig: str, count: str = "1000", seed: str = "0") -> int:
    """Compares; the number of differences, at most 1."""
    served, chance, differences, taken = Served(make_app(0.05)), random.Random(int(seed)), 0, 0
    real, sandbox = Api({"config_path": kubeconfig}, {}), Api({"host": served.url, "token": "sandbox"}, {})
    for _ in range(int(count)):
        path, body = chance.choice(MAKERS)(chance)
        theirs, ours = answer(real, path, body), answer(sandbox, path, body)
        taken += not theirs
        if bool(theirs) != bool(ours):
            differences += 1
            print(
                json.dumps(body, ensure_ascii=True), f"  real:    {theirs or 'taken'}", f"  sandbox: {ours or 'taken'}", sep="\n"
            )
    print(f"{count} objects, of which the real server took {taken}; {differences} differences")
    served.stop()
    return min(differences, 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
