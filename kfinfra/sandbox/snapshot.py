"""What the servers hold, kept on disk: a sandbox that was killed comes back with everything, and its runs as failed.

A change is on disk a moment after it was answered. Pickles, because moto's objects know no other form; only this user can
write them (0600, in the sandbox's own folder), and `sandbox down` deletes them. EC2 and IAM of moto are not kept.
"""

from __future__ import annotations

import os
import pickle
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfinfra.sandbox.eks.groups import Group
from kfinfra.sandbox.eks.world import Cluster, Region
from kfinfra.sandbox.kfp.world import World
from kfinfra.sandbox.kubernetes.store import Store
from kfinfra.sandbox.runs.caching import Cache

PAUSE = 0.1
"""Seconds between a change and its being written, so that many changes are one write."""
_TABLES = ("pipelines", "versions", "experiments", "runs", "schedules", "fired", "default")


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything that is kept."""

    world: World
    store: Store
    regions: dict[str, Region]
    cache: Cache


class Snapshot:
    """The files of a sandbox's folder, written by a thread whenever `changed` was called."""

    def __init__(self, folder: Path, held: Holdings) -> None:
        self._folder, self._held = folder, held
        self._parts: dict[str, Callable[[], Any]] = {"servers": self._servers, "s3": _s3}
        self._dirty = {name: threading.Event() for name in self._parts}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="snapshot", daemon=True)

    def restore(self) -> None:
        """Brings back what an earlier process left; a file that cannot be read is as if it was not there."""
        if (found := self._read("servers")) is not None:
            held = self._held
            for name in _TABLES:
                setattr(held.world, name, found["kfp"].get(name, getattr(held.world, name)))
            held.store.objects = found["kubernetes"]["objects"]
            held.store.restart(found["kubernetes"]["version"])
            held.regions.update({name: _region(wire) for name, wire in found["eks"].items()})
            held.cache.kept.update(found["cache"])
        if (found := self._read("s3")) is not None:
            _restore_s3(found)

    def begin(self) -> None:
        """Writes from now on."""
        self._thread.start()

    def changed(self, part: str) -> None:
        """Something of `servers` or `s3` is no longer what the file has."""
        self._dirty[part].set()

    def close(self) -> None:
        """Writes what is not written yet, and no more."""
        self._stop.set()
        self._thread.join(5)

    def _go_on(self) -> None:
        while not self._stop.wait(PAUSE):
            self._write_what_changed()
        self._write_what_changed()

    def _write_what_changed(self) -> None:
        for part, dirty in self._dirty.items():
            if dirty.is_set():
                dirty.clear()
                try:
                    self._write(part, self._parts[part]())
                except RuntimeError:  # moto has no lock: something came or went while it was read
                    dirty.set()

    def _servers(self) -> dict[str, Any]:
        held = self._held
        with held.world.lock:
            kfp = pickle.loads(pickle.dumps({name: getattr(held.world, name) for name in _TABLES}))
        with held.store.lock:
            objects = pickle.loads(pickle.dumps(held.store.objects))
            version = held.store.version
        eks = {name: _region_wire(region) for name, region in list(held.regions.items())}
        return {"kfp": kfp, "kubernetes": {"objects": objects, "version": version}, "eks": eks, "cache": dict(held.cache.kept)}

    def _read(self, part: str) -> Any:
        try:
            return pickle.loads((self._folder / f"{part}.pickle").read_bytes())
        except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError):
            return None

    def _write(self, part: str, content: Any) -> None:
        fresh = self._folder / f"{part}.pickle.new"
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as stream:
            pickle.dump(content, stream)
        fresh.replace(self._folder / f"{part}.pickle")


def watched(app: Any, changed: Callable[[], None]) -> Any:
    """The ASGI application, which tells of each request that may have changed something."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)
        if scope["type"] == "http" and scope["method"] != "GET":
            changed()

    return serve


def _region_wire(region: Region) -> dict[str, Any]:
    """A region without the changes that are under way: their ends are functions of this process."""
    clusters = {
        name: {
            "wire": dict(cluster.wire),
            "groups": {
                n: (dict(g.wire), g.token, dict(g.request), dict(g.updates), dict(g.update_tokens))
                for n, g in cluster.groups.items()
            },
        }
        for name, cluster in region.clusters.items()
    }
    return {"name": region.name, "step": region.step, "now": region.now, "clusters": clusters, "tags": dict(region.scaling_tags)}


def _region(wire: dict[str, Any]) -> Region:
    """The region again. A change that was under way has ended: created and updated groups are there, deleted ones gone."""
    region = Region(wire["name"], wire["step"], wire["now"])
    region.scaling_tags = wire["tags"]
    region.clusters = {}
    for name, found in wire["clusters"].items():
        cluster = Cluster(found["wire"])
        for group, (kept, token, request, updates, tokens) in found["groups"].items():
            if kept["status"] != "DELETING":
                status = kept["status"] if kept["status"] in ("ACTIVE", "DEGRADED", "CREATE_FAILED") else "ACTIVE"
                cluster.groups[group] = Group({**kept, "status": status}, token, request, updates=updates, update_tokens=tokens)
        region.clusters[name] = cluster
    return region


def _s3() -> dict[str, Any]:
    """moto's buckets with their objects and tags, by account and partition."""
    from moto.backends import get_backend

    backends: Any = get_backend("s3")
    held = {
        account: {partition: (backend.buckets, backend.tagger) for partition, backend in list(parts.items())}
        for account, parts in list(backends.items())
    }
    return {"held": pickle.dumps(held), "owners": dict(backends.bucket_accounts)}


def _restore_s3(found: dict[str, Any]) -> None:
    from moto.backends import get_backend

    backends: Any = get_backend("s3")
    backends.bucket_accounts.update(found["owners"])
    for account, parts in pickle.loads(found["held"]).items():
        for partition, (buckets, tagger) in parts.items():
            backend = backends[account][partition]
            backend.buckets, backend.tagger = buckets, tagger
