"""A local server of one file that misbehaves: it cuts connections, forgets Range, changes the file, redirects."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """What is served, and how badly. `sent` counts the bytes of bodies that left."""

    body: bytes
    cuts: int = 0
    """That many answers end early, with the connection."""
    ranges: bool = True
    etag: bool = True
    modified: float | None = None
    length: bool = True
    location: str | None = None
    statuses: list[int] = field(default_factory=list)
    """Answers before all else."""
    seed: int = 1
    url: str = ""
    sent: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Served
    dice: random.Random

    def do_GET(self) -> None:
        served = self.served
        served.asked.append(dict(self.headers))
        etag = f'"{served.sha256[:8]}"' if served.etag else None
        start = self._start(etag)
        if served.statuses:
            self._empty(served.statuses.pop(0), **{"Retry-After": "0"})
        elif served.location:
            self._empty(302, Location=served.location)
        elif etag and self.headers.get("If-None-Match") == etag:
            self._empty(304)
        elif start is not None and start >= len(served.body):
            self._empty(416, **{"Content-Range": f"bytes */{len(served.body)}"})
        else:
            self._file(etag, start)

    def _start(self, etag: str | None) -> int | None:
        """The byte to go on from, None for all of it."""
        wanted, date = self.headers.get("Range"), self.served.modified
        validators = (etag, date and formatdate(date, usegmt=True))
        return (
            int(wanted[6:-1]) if wanted and self.served.ranges and self.headers.get("If-Range") in validators else None
        )

    def _empty(self, status: int, **headers: str) -> None:
        self._head(status, {**headers, **({} if status == 304 else {"Content-Length": "0"})})

    def _head(self, status: int, headers: Mapping[str, str | None]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()

    def _file(self, etag: str | None, start: int | None) -> None:
        served, size = self.served, len(self.served.body)
        rest = served.body[start or 0 :]
        headers = {
            "Content-Range": None if start is None else f"bytes {start}-{size - 1}/{size}",
            "ETag": etag,
            "Last-Modified": formatdate(served.modified, usegmt=True) if served.modified else None,
            "Content-Length": str(len(rest)) if served.length else None,
            "Transfer-Encoding": None if served.length else "chunked",
        }
        self._head(200 if start is None else 206, headers)
        if served.cuts:
            served.cuts -= 1
            rest = rest[: self.dice.randrange(size // 60, size // 25)]
            self.close_connection = True
        served.sent += len(rest)
        self.wfile.write(rest if served.length else b"%x\r\n%s\r\n" % (len(rest), rest))
        if not served.length and not self.close_connection:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(served: Served) -> Iterator[Served]:
    """Serve it on 127.0.0.1; its `url` is then known."""
    handler = type("Serving", (Handler,), {"served": served, "dice": random.Random(served.seed)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}/dump.bin"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
