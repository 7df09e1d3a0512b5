"""What kube-apiserver (1.20.2, tried) refuses of quotas, limit ranges and storage classes is refused by the plan."""

from __future__ import annotations

import pytest

from kfinfra.model.plain import Plain
from kfinfra.providers.kubernetes import limits
from kfinfra.providers.kubernetes.checks import class_name

ACCEPTED: list[dict[str, Plain]] = [
    {"cpu": "1.0001", "pods": "3", "count/foo.bar": "1", "requests.nvidia.com/gpu": "1", "limits.nvidia.com/gpu": "1"},
    {"requests.storage": "1Gi", "gold.storageclass.storage.k8s.io/requests.storage": "1Gi", "services.nodeports": "0"},
]
GPU = (0, "default_request", "nvidia.com/gpu")
REFUSED: list[tuple[str, str]] = [("c\0", "1"), ("foo", "1"), ("foo bar", "1"), ("pods", "1.5"), ("storage", "1Gi")]


@pytest.mark.parametrize("hard", ACCEPTED)
def test_a_quota_that_is_accepted(hard: dict[str, Plain]) -> None:
    assert list(limits.quotas(hard)) == []


@pytest.mark.parametrize(("name", "amount"), REFUSED)
def test_a_quota_that_is_refused(name: str, amount: str) -> None:
    assert [p.path for p in limits.quotas({name: amount})] == [(name,)]


def test_a_name_that_is_nearly_right_is_told() -> None:
    (problem,) = limits.quotas({"request.cpu": "1"})
    assert 'Did you mean "requests.cpu"?' in problem.detail


@pytest.mark.parametrize(
    ("limit", "path"),
    [
        ({"type": "Container", "max": {"foo": "1"}}, (0, "max", "foo")),
        ({"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "2"}}, (0, "min", "cpu")),
        ({"type": "Container", "default": {"cpu": "1"}, "default_request": {"cpu": "2"}}, (0, "default_request", "cpu")),
        ({"type": "Pod", "default": {"cpu": "1"}}, (0, "default")),
        ({"type": "PersistentVolumeClaim", "default": {"storage": "1Gi"}}, (0,)),
        ({"type": "Container", "max": {"nvidia.com/gpu": "4"}, "default_request": {"nvidia.com/gpu": "1"}}, GPU),
        ({"type": "Container", "max": {"requests.nvidia.com/gpu": "1"}}, (0, "max", "requests.nvidia.com/gpu")),
        (
            {"type": "Pod", "max": {"cpu": "4"}, "min": {"cpu": "2"}, "max_limit_request_ratio": {"cpu": "3"}},
            (0, "max_limit_request_ratio", "cpu"),
        ),
        ({"type": "Container", "max_limit_request_ratio": {"cpu": "500m"}}, (0, "max_limit_request_ratio", "cpu")),
    ],
)
def test_a_limit_that_is_refused(limit: dict[str, Plain], path: tuple[str | int, ...]) -> None:
    assert path in [p.path for p in limits.limits([limit])]


def test_a_kind_is_limited_once() -> None:
    both: list[Plain] = [{"type": "Pod", "max": {"cpu": "1"}}, {"type": "Pod", "max": {"memory": "1Gi"}}]
    assert [p.path for p in limits.limits(both)] == [(1, "type")]


def test_limits_that_are_accepted() -> None:
    good: list[Plain] = [
        {"type": "Container", "max": {"cpu": "4"}, "min": {"cpu": "100m"}, "default": {"cpu": "1", "nvidia.com/gpu": "1"}},
        {"type": "PersistentVolumeClaim", "max": {"storage": "100Gi"}},
    ]
    assert list(limits.limits(good)) == []


def test_names_of_classes() -> None:
    assert not [*class_name(""), *class_name("efs-sc")]
    assert [*class_name("X_y")]
