"""A local HTTP server whose answers a test decides: for protocols that are one request and one answer."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """A request as it came, with the names of its headers In-Title-Case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What is answered, after so many seconds."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    after: float = 0.0


class WebServer:
    """Answers `next` in turn, then what `always` says of a request. `asked` holds every request."""

    def __init__(self, always: Callable[[Asked], Answer]) -> None:
        self.always = always
        self.next: deque[Answer] = deque()
        self.asked: list[Asked] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.title(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, body)
                web.asked.append(asked)
                answer = web.next.popleft() if web.next else web.always(asked)
                time.sleep(answer.after)
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer.body)))
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(answer.body)
                except OSError:
                    self.close_connection = True  # whoever timed out is gone

            do_GET = do_HEAD = do_POST = do_PUT = serve  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()


def json_answer(status: int, body: Any, headers: dict[str, str] | None = None, after: float = 0.0) -> Answer:
    """An answer of JSON; a body that is bytes already goes out as it is."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, raw, {"Content-Type": "application/json"} | (headers or {}), after)


@contextmanager
def web_server(always: Callable[[Asked], Answer] = lambda _: Answer()) -> Iterator[WebServer]:
    """A server for as long as the block lasts."""
    web = WebServer(always)
    try:
        yield web
    finally:
        web.close()
