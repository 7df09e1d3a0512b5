"""What `-v` tells of a request: urllib3's own record of it, without what may let somebody in."""

from __future__ import annotations

import io
import logging
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import urllib3

from kfinfra.views.requests_log import LOGGER, show_requests, without_secrets


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def test_a_request_is_a_line_without_its_headers() -> None:
    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    heard = io.StringIO()
    logger = logging.getLogger(LOGGER)
    before = list(logger.handlers)
    show_requests(heard)
    try:
        url = f"http://127.0.0.1:{server.server_port}/apis/v1?limit=5&continueToken=abc"
        urllib3.PoolManager().request("GET", url, headers={"Authorization": "Bearer hunter2"})
    finally:
        server.shutdown()
        logger.handlers[:] = before
    (line,) = heard.getvalue().splitlines()
    assert line.split(" ", 1)[1] == f"GET http://127.0.0.1:{server.server_port}/apis/v1?limit=5&continueToken=… 204"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/a?prefix=x&max-keys=2", "/a?prefix=x&max-keys=2"),
        ("/a?X-Amz-Signature=abc&X-Amz-Credential=d", "/a?X-Amz-Signature=…&X-Amz-Credential=…"),
        ("/a?delete", "/a?delete"),
        ("/a", "/a"),
    ],
)
def test_parameters_that_may_be_secret_are_not_shown(path: str, shown: str) -> None:
    assert without_secrets(path) == shown
