"""Names of what Kubernetes counts: which of them a quota, a container's limits and a claim's may hold.

From kubernetes/pkg/apis/core/helper/helpers.go and pkg/apis/core/validation/validation.go, as of 1.20.
"""

from __future__ import annotations

import re

_PREFIX = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")

COMPUTE = ("cpu", "memory", "ephemeral-storage")
COUNTED = (
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
)
QUOTA = (
    *COMPUTE,
    *(f"requests.{name}" for name in (*COMPUTE, "storage")),
    *(f"limits.{name}" for name in COMPUTE),
    *COUNTED,
)
STANDARD = (*QUOTA, "storage")


def is_qualified(name: str) -> bool:
    """Whether it is a name with an optional DNS prefix before a slash (apimachinery, IsQualifiedName)."""
    prefix, slash, last = name.rpartition("/")
    if slash and not (_PREFIX.fullmatch(prefix) and len(prefix) <= 253):
        return False
    return bool(_NAME.fullmatch(last)) and len(last) <= 63


def is_resource(name: str) -> bool:
    """What a limit of claims may name: a standard resource, or one with a prefix."""
    return is_qualified(name) and ("/" in name or name in STANDARD or name.startswith(("hugepages-", "requests.hugepages-")))


def is_of_quota(name: str) -> bool:
    """What a quota may name."""
    return is_resource(name) and name != "storage"


def is_of_container(name: str) -> bool:
    """What the limits of containers and pods may name."""
    if "/" not in name:
        return name in COMPUTE or (name.startswith("hugepages-") and is_qualified(name))
    return is_resource(name) and ("kubernetes.io/" in name or is_extended(name))


def is_extended(name: str) -> bool:
    """Whether it is a device or the like, as `nvidia.com/gpu`: it may stand in a quota with `requests.` before it."""
    native = "/" not in name or "kubernetes.io/" in name
    return not native and not name.startswith("requests.") and is_qualified(f"requests.{name}")


def is_shared(name: str) -> bool:
    """Whether more of it may be promised than there is: then a limit may be above its request."""
    return ("/" not in name or "kubernetes.io/" in name) and not name.startswith("hugepages-")


def is_whole(name: str) -> bool:
    """Whether only whole numbers of it can be asked for."""
    return name in COUNTED or is_extended(name)
