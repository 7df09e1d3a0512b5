"""Results of earlier tasks, by what they were made from: KFP's cache (backend/src/v2/cacheutils/cache.go).

The key is the component's command, image and environment, its inputs by value and artifact name, the outputs that it makes,
and the claims that it mounts; or the key that the user gives. Failures are never kept.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from typing import Any

from kfinfra.sandbox.runs.values import Inputs, Result

Wire = Mapping[str, Any]


class Cache:
    """The results of one server. `kept` is what survives a restart."""

    def __init__(self, kept: dict[str, dict[str, Any]] | None = None) -> None:
        self._lock = threading.Lock()
        self.kept: dict[str, dict[str, Any]] = {} if kept is None else kept

    def find(self, key: str) -> Result | None:
        """The result of an earlier task with that key."""
        with self._lock:
            found = self.kept.get(key)
        return None if found is None else Result("SUCCEEDED", "", found["parameters"], found["artifacts"])

    def keep(self, key: str, result: Result) -> None:
        """Keeps a result."""
        with self._lock:
            self.kept[key] = {"parameters": dict(result.parameters), "artifacts": dict(result.artifacts)}


def cache_key(pipeline: str, task: Wire, component: Wire, executor: Wire, kubernetes: Wire, inputs: Inputs) -> str | None:
    """The key of a task's result; None where it is not cached."""
    options = task.get("cachingOptions") or {}
    if not options.get("enableCache"):
        return None
    container = executor.get("container") or {}
    content = {
        "pipeline": pipeline,
        "key": options.get("cacheKey"),
        "container": {name: container.get(name) for name in ("image", "command", "args", "env")},
        "parameters": inputs.parameters,
        "artifacts": {key: [a.get("name") or a.get("uri") for a in found] for key, found in inputs.artifacts.items()},
        "outputs": component.get("outputDefinitions"),
        "claims": kubernetes.get("pvcMount"),
    }
    if options.get("cacheKey"):
        content = {"pipeline": pipeline, "key": options["cacheKey"]}
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
