"""An S3 endpoint in front of the embedded one, which fails the next requests when it is told to."""

from __future__ import annotations

import http.client
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

ERROR = '<?xml version="1.0"?><Error><Code>{}</Code><Message>the simulated S3 fails</Message></Error>'
CODES = {500: "InternalError", 503: "SlowDown"}
CUT = 0
OF_THE_CONNECTION = {"Connection", "Content-Length", "Transfer-Encoding", "Date", "Server"}


class S3Proxy:
    """Passes requests on as they are, so that their signatures hold; `mishaps` happen to the next ones instead.

    A mishap is 500, 503 or CUT: the answer ends half way through its body.
    """

    def __init__(self, endpoint: str) -> None:
        self.mishaps: deque[int] = deque()
        self.failed = 0
        self.upstream = urlsplit(endpoint).netloc
        self.server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def ask_for(self, query: str) -> None:
        """Let the next requests fail, as `kind=503&count=3` says."""
        asked = parse_qs(query)
        kind = asked["kind"][0]
        self.mishaps.extend([CUT if kind == "cut" else int(kind)] * int(asked["count"][0]))

    def next_mishap(self) -> int | None:
        """Return what happens to a request; None when it is passed on."""
        try:
            mishap = self.mishaps.popleft()
        except IndexError:
            return None
        self.failed += 1
        return mishap


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: whoever was killed is gone."""


class _Handler(BaseHTTPRequestHandler):
    """Serves one connection of a client."""

    proxy: S3Proxy
    protocol_version = "HTTP/1.1"

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            if self.path.startswith("/_mishaps"):
                self.proxy.ask_for(urlsplit(self.path).query)
                self.answer(200, {}, b"")
            elif mishap := self.proxy.next_mishap():
                self.answer(mishap, {"Content-Type": "application/xml"}, ERROR.format(CODES[mishap]).encode())
            else:
                self.forward(body, cut=mishap == CUT)
        except OSError:
            self.close_connection = True  # whoever was killed is gone

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = serve  # noqa: N815 - the library's names

    def forward(self, body: bytes, *, cut: bool) -> None:
        with closing(http.client.HTTPConnection(self.proxy.upstream, timeout=60)) as upstream:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.title() not in {"Connection", "Expect"}:
                    upstream.putheader(name, value)
            upstream.putheader("Connection", "close")
            upstream.endheaders(body)
            found = upstream.getresponse()
            content = found.read()
            kept = {name: value for name, value in found.getheaders() if name.title() not in OF_THE_CONNECTION}
            length = found.getheader("Content-Length") if self.command == "HEAD" else None
            self.answer(found.status, kept, content, length=length, cut=cut)

    def answer(
        self, status: int, headers: dict[str, str], body: bytes, *, length: str | None = None, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in {204, 304}:
            self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def s3_proxy(endpoint: str) -> Iterator[S3Proxy]:
    """Run a proxy for as long as the block lasts."""
    proxy = S3Proxy(endpoint)
    threading.Thread(target=proxy.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()
