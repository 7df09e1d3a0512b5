"""`-v` and KFINFRA_LOG: each request to a server on stderr, a line. Headers and bodies, which hold the secrets, are never logged.

boto3, the kubernetes client and the KFP client all send through urllib3, whose log says what is needed here.
"""

from __future__ import annotations

import logging
import time
from typing import TextIO
from urllib.parse import urlsplit, urlunsplit

LOGGER = "urllib3.connectionpool"
_FORM = '%s://%s:%s "%s %s %s" %s %s'
"""What urllib3 logs of an answer (urllib3/connectionpool.py, `_make_request`)."""
_SECRET = ("signature", "token", "credential", "password", "secret", "apikey", "api_key", "accesskey")


class RequestLine(logging.Formatter):
    """`12:00:01.250 GET https://host:443/path?limit=500 200`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of an answered request."""
        scheme, host, port, method, path, _, status, _ = record.args  # type: ignore[misc]  # _FORM has eight
        when = time.strftime("%H:%M:%S", time.localtime(record.created)) + f".{int(record.msecs):03d}"
        return f"{when} {method} {scheme}://{host}:{port}{without_secrets(str(path))} {status}"


def without_secrets(path: str) -> str:
    """The path of a request without the values of query parameters that may let somebody in."""
    parts = urlsplit(path)
    shown = [_parameter(each) for each in parts.query.split("&")] if parts.query else []
    return urlunsplit(parts._replace(query="&".join(shown)))


def _parameter(text: str) -> str:
    name, equals, _ = text.partition("=")
    return f"{name}=…" if equals and any(word in name.lower() for word in _SECRET) else text


def show_requests(stream: TextIO) -> None:
    """From now on every request of this process is told on `stream`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RequestLine())
    handler.addFilter(lambda record: record.msg == _FORM)
    logger = logging.getLogger(LOGGER)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
