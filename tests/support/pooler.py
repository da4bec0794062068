"""A small connection pooler before Postgres: it forwards the protocol's own bytes, by transactions or by sessions.

pgbouncer does the same with `pool_mode = transaction` and `pool_mode = session`.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, ThreadingTCPServer

from psycopg.conninfo import conninfo_to_dict

from tests.support.kafka_sasl import exactly

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
ENDS_A_BATCH = (b"Q", b"S")
"""A simple query, or the Sync after the messages of a prepared one: the server answers until it is ready again."""


@dataclass
class Pooler:
    """A running pooler. Without `sessions` every transaction goes to the backend that has rested longest.

    With `busiest` it goes to the one that was used last.
    """

    url: str
    server: str
    """The Unix socket of Postgres."""
    sessions: bool
    busiest: bool
    idle: deque[socket.socket] = field(default_factory=deque)

    def serve(self, client: socket.socket) -> None:
        held: socket.socket | None = None
        try:
            held = self.log_in(client)
            while True:
                kind, message = read(client)
                if kind == b"X":
                    return
                held = held or (self.idle.pop() if self.busiest else self.idle.popleft())
                held.sendall(message)
                if kind in ENDS_A_BATCH and pass_answer(held, client) and not self.sessions:
                    self.idle.append(held)
                    held = None
        except (EOFError, OSError):
            pass  # the client went away
        finally:
            client.close()
            if held:
                held.close()

    def log_in(self, client: socket.socket) -> socket.socket | None:
        """Open one more backend with what the client says of itself; return it where it is the client's own."""
        while True:
            (length,) = struct.unpack("!i", exactly(client, 4))
            body = exactly(client, length - 4)
            if struct.unpack("!i", body[:4])[0] not in {SSL_REQUEST, GSS_REQUEST}:
                break
            client.sendall(b"N")
        backend = socket.socket(socket.AF_UNIX)
        backend.connect(self.server)
        backend.sendall(struct.pack("!i", length) + body)
        # Kept before the client hears of it, which may ask something at once.
        if not self.sessions:
            answer = Collected()
            pass_answer(backend, answer)
            self.idle.append(backend)
            client.sendall(answer.said)
            return None
        pass_answer(backend, client)
        return backend


@dataclass
class Collected:
    """What a server said, for later."""

    said: bytes = b""

    def sendall(self, more: bytes) -> None:
        self.said += more


def pass_answer(backend: socket.socket, client: socket.socket | Collected) -> bool:
    """Pass on what a backend says until it is ready; say whether it is in no transaction then."""
    while True:
        kind, message = read(backend)
        client.sendall(message)
        if kind == b"Z":
            return message[-1:] == b"I"


def read(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return the kind of the next message, and the whole of it."""
    head = exactly(connection, 5)
    return head[:1], head + exactly(connection, struct.unpack("!i", head[1:])[0] - 4)


@contextmanager
def pooling(url: str, *, sessions: bool, busiest: bool = False) -> Iterator[Pooler]:
    """Run a pooler before the Postgres whose socket this address names, for as long as the block lasts."""
    where = conninfo_to_dict(url)
    socket_of_postgres = f"{where['host']}/.s.PGSQL.{where.get('port', 5432)}"

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            pooler.serve(self.request)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        pooled = f"postgresql://{where.get('user')}@127.0.0.1:{server.server_address[1]}/{where['dbname']}"
        pooler = Pooler(pooled, socket_of_postgres, sessions, busiest)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield pooler
        finally:
            server.shutdown()
            for backend in pooler.idle:
                backend.close()
