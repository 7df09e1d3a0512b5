"""The sandbox's child process: moto's server for S3, IAM, STS and EC2 on a free port of loopback."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path


def serve(endpoints: Path) -> None:
    """Serves until SIGTERM; writes `endpoints` (0600) once it answers."""
    from kfinfra.sandbox.aws import Aws

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    server = Aws()
    fresh = endpoints.with_suffix(".new")
    descriptor = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump({"pid": os.getpid(), "aws": server.url}, stream)
    fresh.replace(endpoints)
    stop.wait()
    server.stop()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
