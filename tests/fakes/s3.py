"""A fake S3 server (moto's) with buckets, and what a test may do to it: count requests, answer otherwise, lose answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3

ENV = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"}
Answer = tuple[str, list[tuple[str, str]], bytes]


class FakeS3:
    """The server; what it holds is shared with every moto in this process.

    `before` may answer a request itself; `after` may replace an answer that moto has given.
    """

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Quiet(WSGIRequestHandler):
            protocol_version = "HTTP/1.1"

            def log(self, type: str, message: str, *args: Any) -> None:
                pass

        self._app = DomainDispatcherApplication(create_backend_app)
        self.requests: list[str] = []
        self.states = ""
        self.before: Callable[[dict[str, Any]], Answer | None] = lambda environ: None
        self.after: Callable[[dict[str, Any]], Answer | None] = lambda environ: None
        self._server = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=Quiet)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.client = boto3.client(
            "s3", endpoint_url=self.url, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
        )

    def _serve(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        answer = self.before(environ)
        if answer is None:
            body = b"".join(self._app(environ, start))
            answer = self.after(environ)
            if answer is None:
                return [body]
        status, headers, data = answer
        start(status, headers)
        return [data]

    def bucket(self, name: str) -> str:
        """A new bucket's name."""
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        return name

    def keys(self, bucket: str) -> list[str]:
        """The keys in a bucket."""
        return [o["Key"] for o in self.client.list_objects_v2(Bucket=bucket).get("Contents", ())]

    @contextmanager
    def doing(self, before: Any = None, after: Any = None) -> Iterator[None]:
        """The server with other behaviour."""
        kept = self.before, self.after
        self.before, self.after = before or self.before, after or self.after
        try:
            yield
        finally:
            self.before, self.after = kept

    def stop(self) -> None:
        """Stops it."""
        self._server.shutdown()


def failed(code: str, status: str, message: str = "No.") -> Answer:
    """S3's error."""
    return (
        status,
        [("Content-Type", "application/xml")],
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode(),
    )
