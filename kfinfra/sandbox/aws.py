"""S3, EC2, IAM and STS of the sandbox: moto's server, with what S3 does and moto does not.

moto 5.2.5 ignores the tags of CreateBucket (docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html),
which S3 sets in one step with the bucket; and it accepts tags that S3 refuses.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias
from xml.etree import ElementTree

Environ: TypeAlias = dict[str, Any]
Wsgi: TypeAlias = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_BUCKET = re.compile(r"/[^/]+/?")
_TAGS = re.compile(rb"<Tags>(.*)</Tags>", re.DOTALL)
_KEY, _VALUE = re.compile(r"[\w +\-=.:/@]{1,128}"), re.compile(r"[\w +\-=.:/@]{0,256}")
_INVALID_TAG = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>InvalidTag</Code><Message>The TagValue you have provided is invalid</Message></Error>"""


class Aws:
    """The running server; `url` has no slash at its end."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        """Serves on a free port of loopback, from a thread. `changed` is called after each request that is no GET or HEAD."""
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
        from werkzeug.serving import make_server

        app: Any = _watched(with_bucket_tags(DomainDispatcherApplication(create_backend_app)), changed)
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops it."""
        self._server.shutdown()
        self._thread.join(5)


def _watched(app: Wsgi, changed: Callable[[], None]) -> Wsgi:
    def serve(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return (
                list(app(environ, start_response))
                if environ["REQUEST_METHOD"] not in ("GET", "HEAD")
                else app(environ, start_response)
            )
        finally:
            if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                changed()

    return serve


def with_bucket_tags(app: Wsgi) -> Wsgi:
    """The application with CreateBucket's tags set before its answer is given, and with the tags refused that S3 refuses."""

    def serve(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "PUT" or not _BUCKET.fullmatch(environ["PATH_INFO"]):
            return app(environ, start_response)
        body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if _refused(body):
            start_response("400 BAD REQUEST", [("Content-Type", "application/xml")])
            return [_INVALID_TAG]
        status, headers, answer = _call(app, {**environ, "wsgi.input": io.BytesIO(body)})
        tags = _TAGS.search(body)
        if tags is not None and not environ.get("QUERY_STRING") and status.startswith("200"):
            _call(app, _tagging(environ, b"<Tagging><TagSet>" + tags.group(1) + b"</TagSet></Tagging>"))
        start_response(status, headers)
        return [answer]

    return serve


def _refused(body: bytes) -> bool:
    """Whether a tag of the request holds what AWS does not take."""
    if b"<Tag>" not in body:
        return False
    for tag in ElementTree.fromstring(body).iter():
        text = tag.text or ""
        name = tag.tag.rpartition("}")[2]
        if (name == "Key" and not _KEY.fullmatch(text)) or (name == "Value" and not _VALUE.fullmatch(text)):
            return True
    return False


def _tagging(environ: Environ, body: bytes) -> Environ:
    request = {"QUERY_STRING": "tagging=", "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    uri: Environ = {k: f"{environ[k]}?tagging=" for k in ("RAW_URI", "REQUEST_URI") if k in environ}
    return {**{k: v for k, v in environ.items() if "werkzeug" not in k}, **request, **uri}


def _call(app: Wsgi, environ: Environ) -> tuple[str, list[tuple[str, str]], bytes]:
    said: list[Any] = []
    body = b"".join(app(environ, lambda status, headers, *_: said.extend((status, headers))))
    return said[0], said[1], body
