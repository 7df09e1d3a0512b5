"""What a plan says of quotas and limits is what the server refuses of them (the sandbox speaks in its words).

The sandbox's rules were held against kube-apiserver 1.20.2: the same answer to 4,500 objects made like these.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kfinfra.model.plain import Plain
from kfinfra.providers.kubernetes import limits
from kfinfra.providers.kubernetes.translate import LIMIT_FIELDS
from kfinfra.sandbox.kubernetes import limits as server
from kfinfra.sandbox.kubernetes.kinds import BY_KIND
from kfinfra.sandbox.kubernetes.rules import prepared

NAMES = st.sampled_from(
    [
        "cpu",
        "memory",
        "storage",
        "pods",
        "requests.cpu",
        "requests.storage",
        "hugepages-2Mi",
        "nvidia.com/gpu",
        "requests.nvidia.com/gpu",
        "count/jobs.batch",
        "gold.storageclass.storage.k8s.io/requests.storage",
        "foo",
        "foo bar",
        "a/b/c",
        "x\0y",
        "",
    ]
)
AMOUNTS = st.sampled_from(["0", "1", "2", "1500m", "1Gi", "2G"])
MAPS: st.SearchStrategy[dict[str, Plain]] = st.dictionaries(NAMES, AMOUNTS, max_size=3)
LIMITS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["Container", "Pod", "PersistentVolumeClaim"]), **dict.fromkeys(LIMIT_FIELDS, MAPS)}
    ),
    max_size=2,
)


@given(MAPS)
def test_a_quota(hard: dict[str, Plain]) -> None:
    assert bool(list(limits.quotas(hard))) == bool(list(server.quota({"hard": hard})))


@given(LIMITS)
def test_a_limit_range(found: list[Any]) -> None:
    sent = [{"type": limit["type"], **{wire: limit[n] for n, wire in LIMIT_FIELDS.items()}} for limit in found]
    body = prepared(BY_KIND["LimitRange"], {"metadata": {"name": "l"}, "spec": {"limits": sent}}, None)
    assert bool(list(limits.limits(found))) == bool(list(server.limit_range(body["spec"])))


@given(st.sampled_from(["ebs.csi.aws.com", "kubernetes.io/aws-ebs", "Efs.CSI", "a b", "x\0y", "A b/c", "-a", "a/b/c"]))
def test_a_provisioner(name: str) -> None:
    body = {"provisioner": name, "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}
    assert bool(list(limits.provisioner(name))) == bool(list(server.storage_class(body)))


@given(st.dictionaries(st.sampled_from(["", "a", "b"]), st.sampled_from(["x", "y" * 200_000]), max_size=3))
def test_parameters(found: dict[str, Plain]) -> None:
    body = {"provisioner": "a", "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate", "parameters": found}
    assert bool(list(limits.parameters(found))) == bool(list(server.storage_class(body)))
