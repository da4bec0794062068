"""A proxy before an S3 server that answers with the errors of AWS when a test says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

ERRORS = {
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "SlowDown": (503, "Please reduce your request rate."),
}
XML = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>{code}</Code><Message>{message}</Message><RequestId>1</RequestId></Error>"""


class S3Proxy:
    """Passes requests on; the next `failures` uploads get the error `code` instead."""

    def __init__(self, origin: str) -> None:
        self.origin = urlsplit(origin).netloc
        self.code, self.failures, self.refused = "InternalError", 0, 0
        self.url = ""
        self._lock = threading.Lock()

    def fail(self, code: str, failures: int) -> None:
        """Answer this many uploads with the error; they count in `refused`."""
        self.code, self.failures, self.refused = code, failures, 0

    def refuses(self, method: str) -> bool:
        with self._lock:
            if method != "PUT" or not self.failures:
                return False
            self.failures -= 1
            self.refused += 1
            return True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: S3Proxy

    def _pass_on(self) -> None:
        if self.headers.get("Expect"):
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.proxy.refuses(self.command):
            status, message = ERRORS[self.proxy.code]
            self._answer(status, {"Content-Type": "application/xml"},
                         XML.format(code=self.proxy.code, message=message).encode())  # fmt: skip
            return
        origin = HTTPConnection(self.proxy.origin, timeout=30)
        # The headers as they came: the signature covers Host.
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        origin.request(self.command, self.path, body, headers)
        found = origin.getresponse()
        kept = {name: value for name, value in found.getheaders() if name.lower() not in {"transfer-encoding", "date"}}
        self._answer(found.status, kept, found.read())
        origin.close()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on  # noqa: N815 - http.server's names

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        if self.command != "HEAD":
            headers = {**{n: v for n, v in headers.items() if n.lower() != "content-length"},
                       "Content-Length": str(len(body))}  # fmt: skip
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@contextmanager
def proxying(origin: str) -> Iterator[S3Proxy]:
    """Run a proxy on 127.0.0.1 before the S3 server at this URL; its own `url` is then known."""
    proxy = S3Proxy(origin)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": proxy}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
