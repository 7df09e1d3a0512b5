"""What a plan says of a secret's type is what the server refuses (the sandbox's rules are those of kube-apiserver 1.20.2)."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from kfinfra.model.plain import Plain
from kfinfra.providers.kubernetes.secret_types import typed
from kfinfra.sandbox.kubernetes import secret_types as server

TYPES = st.sampled_from(
    [
        "Opaque",
        "acme.example/key",
        "kubernetes.io/tls",
        "kubernetes.io/ssh-auth",
        "kubernetes.io/basic-auth",
        "kubernetes.io/dockercfg",
        "kubernetes.io/dockerconfigjson",
        "kubernetes.io/service-account-token",
    ]
)
KEYS = st.sampled_from(["tls.crt", "tls.key", ".dockerconfigjson", ".dockercfg", "username", "password", "ssh-privatekey", "x"])
TEXTS = st.sampled_from(["", "x", "{}", "null", "[]", "1", '{"auths":{}}', "{"])
MARKS = st.none() | st.dictionaries(st.just("kubernetes.io/service-account.name"), st.just("default"), max_size=1)


@given(TYPES, st.dictionaries(KEYS, TEXTS, max_size=4), MARKS)
def test_the_content_of_a_type(kind: str, data: dict[str, Plain], marks: dict[str, Plain] | None) -> None:
    sent = {key: base64.b64encode(str(text).encode()).decode() for key, text in data.items()}
    body = {"type": kind, "data": sent, "metadata": {"annotations": marks}}
    found = list(typed({"type": kind, "data": data, "annotations": marks}))
    assert bool(found) == bool(list(server.causes(body)))
    assert not any(str(text) in problem.detail for problem in found for text in data.values() if len(str(text)) > 1)
