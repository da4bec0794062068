"""A local HTTP server that a test has answer as badly as servers do."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


def answer(
    body: bytes = b"{}", status: int = 200, kind: str | None = "application/json", **headers: str | None
) -> Answer:
    """An answer with these headers, named with _ for -; one that is None is left out."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Type": kind, "Content_Length": str(len(body)), **headers}.items():
            if value is not None:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return send


class ScriptedServer:
    """Answers each path from its script, the last entry for ever, and what has none by 404; keeps what was asked."""

    def __init__(self) -> None:
        self.scripts: dict[str, list[Answer]] = defaultdict(lambda: [answer(b"{}", 404)])
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.most_at_once = 0
        self._at_work: set[BaseHTTPRequestHandler] = set()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.handle(self)

            def end_headers(self) -> None:
                # Before the answer leaves: the client may ask for the next before this handler has returned.
                outer.leave(self)
                super().end_headers()

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        # Clients that give up are what some tests are about: no tracebacks of theirs in the output.
        self._http.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.port = self._http.server_port
        self.place = f"127.0.0.1:{self.port}"
        self.base = f"http://{self.place}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def url(self, path: str) -> str:
        return f"{self.base}{path}"

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.asked.append((handler.path, dict(handler.headers)))
            script = self.scripts[handler.path.partition("?")[0]]
            step = script.pop(0) if len(script) > 1 else script[0]
            self._at_work.add(handler)
            self.most_at_once = max(self.most_at_once, len(self._at_work))
        try:
            step(handler)
        except (BrokenPipeError, ConnectionResetError):  # the client gave up, as some tests want
            handler.close_connection = True
        finally:
            self.leave(handler)

    def leave(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self._at_work.discard(handler)

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
