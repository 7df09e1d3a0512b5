"""An ASGI application served on a free port of loopback, from a thread: what the sandbox's process and the tests share."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any


class Served:
    """A running server. `url` has no slash at its end."""

    def __init__(self, app: Any, port: int = 0) -> None:
        """Serves `app` (ASGI) on 127.0.0.1; returns once it answers. Port 0 takes a free one. Raises OSError."""
        import uvicorn

        # with the protocol named asyncio sets TCP_NODELAY; without, each answer waits 40 ms for an acknowledgement
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.005)
        if not self._server.started:
            raise OSError(f"the server at {self.url} did not start")

    def stop(self) -> None:
        """Stops it and waits until it has stopped."""
        self._server.should_exit = True
        self._thread.join(5)
        self._socket.close()
