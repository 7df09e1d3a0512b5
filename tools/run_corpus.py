"""Runs every package of corpus/kfp/valid in the sandbox's engine and prints a table: which ran, and why the others did not.

A developer's tool: some packages want the network (pip, GitHub, GCS), some an image. `python tools/run_corpus.py [NAME…]`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from kfinfra.sandbox.kfp import specs
from kfinfra.sandbox.kfp.world import World
from kfinfra.sandbox.kubernetes.controllers import Controllers
from kfinfra.sandbox.kubernetes.kinds import BY_KIND
from kfinfra.sandbox.kubernetes.store import Store
from kfinfra.sandbox.launch.cluster import Cluster
from kfinfra.sandbox.launch.launcher import LocalLauncher
from kfinfra.sandbox.launch.nodes import groups
from kfinfra.sandbox.launch.objects import Objects
from kfinfra.sandbox.runs.service import Controller

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "kfp" / "valid"
PATIENCE = float(os.environ.get("PATIENCE", "60"))
GIVEN = {"env_var": "PATH", "secret_param": "test-secret-1", "secret_parm": "test-secret-1"}
VALUES = {"STRING": "x", "NUMBER_INTEGER": 1, "NUMBER_DOUBLE": 1.0, "BOOLEAN": True, "LIST": [1], "STRUCT": {"a": 1}}


def run(path: Path, folder: Path) -> dict[str, Any]:
    """The run of one package, ended or given up."""
    world, store = World(), Store()
    cluster = Cluster(store, lambda: groups({}), Controllers(store, 0.05).bind, folder / "logs")
    _settings(store)
    controller = Controller(world, LocalLauncher(folder, cluster, Objects(folder / "minio", {}), {}))
    stored = specs.stored(path.read_bytes())
    declared = (specs.pipeline_of(stored)["root"].get("inputDefinitions") or {}).get("parameters") or {}
    needed = {n: a for n, a in declared.items() if "defaultValue" not in a and not a.get("isOptional")}
    given = {name: GIVEN.get(name, VALUES.get(str(about["parameterType"]))) for name, about in needed.items()}
    given = {name: value for name, value in given.items() if value is not None}
    documents = [d for d in yaml.safe_load_all(path.read_text()) if d]
    inline = documents[0] if len(documents) == 1 else {"pipeline_spec": documents[0], "platform_spec": documents[1]}
    with world.lock:
        body = {"display_name": path.stem, "pipeline_spec": inline, "runtime_config": {"parameters": given}}
        identifier = str(world.create_run(body)["run_id"])
    if not controller.wait(identifier, PATIENCE):
        controller.terminate(identifier)
        controller.wait(identifier, 10)
    return dict(world.run(identifier))


def _settings(store: Store) -> None:
    """The secrets and config maps that some packages expect in the cluster, as kubeflow's own tests make them."""
    for name in ("test-secret-1", "test-secret-2", "test-secret-3", "my-secret", "user-gcp-sa"):
        password = "psw2" if name == "test-secret-3" else "psw1"
        body = {"metadata": {"name": name}, "stringData": {"username": "user1", "password": password, "secret_key": "x"}}
        store.create(BY_KIND["Secret"], "kubeflow", body, "tests")


def why(found: dict[str, Any]) -> Iterator[str]:
    """The messages of the tasks that failed or wait, the innermost last."""
    for task in (found.get("run_details") or {}).get("task_details") or ():
        message = (task["state_history"][-1].get("error") or {}).get("message", "")
        waits = [(s.get("error") or {}).get("message", "") for s in task["state_history"] if s["state"] == "PENDING"]
        if task["state"] == "FAILED" and " failed" not in message[-8:]:
            yield f"{task['display_name']}: {message}"
        elif task["state"] == "CANCELED" and any(waits):
            yield f"{task['display_name']}: PENDING: {[w for w in waits if w][-1]}"


def main() -> None:
    """Prints a line for each package."""
    wanted = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(CORPUS.glob("*.yaml")):
            if wanted and not any(name in path.name for name in wanted):
                continue
            found = run(path, Path(folder))
            said = "; ".join(why(found))[:400]
            error = (found.get("error") or {}).get("message", "")
            print(f"| {path.stem} | {found['state']} | {said or error} |", flush=True)


if __name__ == "__main__":
    main()
