"""The log of a pod, over HTTP: what its container has written, and what it goes on to write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

from kfinfra.sandbox.kubernetes.faults import Fault
from kfinfra.sandbox.kubernetes.kinds import BY_KIND
from kfinfra.sandbox.kubernetes.store import Store


def log_lines(store: Store, namespace: str, pod: str, query: Mapping[str, str]) -> AsyncIterator[bytes]:
    """The bytes of the log, with `follow` until the pod has ended. Raises Fault as the API server answers."""
    with store.lock:
        store.get(BY_KIND["Pod"], namespace, pod)
    container = query.get("container", "main")
    if container != "main":
        raise Fault("BadRequest", f"container {container} is not valid for pod {pod}")
    if store.log_of is None:
        raise Fault("BadRequest", f'container "main" in pod "{pod}" is waiting to start: ContainerCreating')
    return _read(store, namespace, pod, query.get("follow") in ("true", "1"), query.get("tailLines"))


async def _read(store: Store, namespace: str, pod: str, follow: bool, tail: str | None) -> AsyncIterator[bytes]:
    assert store.log_of is not None
    at = 0
    while True:
        path, running = store.log_of(namespace, pod)
        if path.exists():
            with path.open("rb") as stream:
                stream.seek(at)
                data = stream.read()
            at += len(data)
            if tail is not None and tail.isdigit():
                data, tail = b"".join(data.splitlines(keepends=True)[-int(tail) :]), None
            if data:
                yield data
        if not (follow and running):
            return
        await asyncio.sleep(0.1)
