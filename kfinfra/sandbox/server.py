"""The sandbox's child process: AWS, EKS, Kubernetes and KFP, each on a free port of loopback, all in this one process."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path


def serve(endpoints: Path) -> None:
    """Serves until SIGTERM; keeps `endpoints` and a kubeconfig beside it (0600) once all answer."""
    from kfinfra.sandbox.aws import Aws
    from kfinfra.sandbox.eks.app import make_app as eks
    from kfinfra.sandbox.eks.world import Region
    from kfinfra.sandbox.http import Served
    from kfinfra.sandbox.kfp.app import make_app as kfp
    from kfinfra.sandbox.kfp.world import World
    from kfinfra.sandbox.kubernetes.app import make_app as kubernetes
    from kfinfra.sandbox.kubernetes.controllers import Controllers
    from kfinfra.sandbox.kubernetes.kubeconfig import kubeconfig
    from kfinfra.sandbox.kubernetes.store import Store
    from kfinfra.sandbox.launch.cluster import Cluster
    from kfinfra.sandbox.launch.launcher import LocalLauncher
    from kfinfra.sandbox.launch.nodes import groups
    from kfinfra.sandbox.launch.objects import Objects
    from kfinfra.sandbox.presence import Presence, write
    from kfinfra.sandbox.process import Endpoints
    from kfinfra.sandbox.runs.caching import Cache
    from kfinfra.sandbox.runs.cron import Recurrence
    from kfinfra.sandbox.runs.service import Controller
    from kfinfra.sandbox.snapshot import Holdings, Snapshot, watched

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    home = endpoints.parent
    presence = Presence(home)
    regions: dict[str, Region] = {}
    store, world = Store(), World()
    controllers = Controllers(store, 0.2)
    cache = Cache()
    snapshot = Snapshot(home, Holdings(world, store, regions, cache))
    snapshot.restore()
    controllers.resume()

    def changed() -> None:
        snapshot.changed("servers")

    servers: dict[str, Aws | Served] = {"aws": Aws(lambda: snapshot.changed("s3"))}
    for name, app in (("eks", eks(regions=regions)), ("kubernetes", kubernetes(store=store)), ("kfp", kfp(world=world))):
        servers[name] = Served(watched(app, changed))
    config = endpoints.with_name("kubeconfig")
    files = {config: kubeconfig(servers["kubernetes"].url)}
    write(config, files[config])
    found = {name: server.url for name, server in servers.items()}
    told = Endpoints(pid=os.getpid(), kubeconfig=str(config), **found)
    env = {name: value for name, value in told.environment().items() if name.startswith("AWS_")}
    cluster = Cluster(store, lambda: groups(regions), controllers.bind, home / "logs")
    launcher = LocalLauncher(home, cluster, Objects(home / "minio", env), env)
    runs = Controller(world, launcher, cache, changed)
    snapshot.begin()
    recurrence = Recurrence(world)
    recurrence.begin()
    files[endpoints] = json.dumps({"pid": told.pid, "kubeconfig": told.kubeconfig, **found})
    write(endpoints, files[endpoints])
    presence.keep(files, stop)
    recurrence.close()
    runs.close()
    snapshot.close()
    for server in servers.values():
        server.stop()


if __name__ == "__main__":
    serve(Path(sys.argv[1]).resolve())
