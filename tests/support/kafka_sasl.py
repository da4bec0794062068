"""What librdkafka's own broker lacks: a door before it that asks for SASL PLAIN, speaking Kafka's protocol on a socket.

It answers the handshake and the authentication, and then passes frames on. In what comes back it puts its own port in
place of the broker's, so that the client stays at the door.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

VERSIONS, HANDSHAKE, AUTHENTICATE = 18, 17, 36
UNSUPPORTED_VERSION, AUTHENTICATION_FAILED, OTHER_MECHANISM = 35, 58, 33


class Door:
    """A listening door. `seen` holds what clients authenticated with; `passed` counts frames after that."""

    def __init__(self, broker: str, user: str, password: str) -> None:
        host, port = broker.rsplit(":", 1)
        self.broker = host, int(port)
        self.expected = f"\0{user}\0{password}".encode()
        self.seen: list[bytes] = []
        self.passed = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError), client, socket.create_connection(self.broker) as broker:
            while not self._greet(client, broker):
                pass
            threading.Thread(target=self._back, args=(broker, client), daemon=True).start()
            while True:
                send(broker, frame(client))
                self.passed += 1

    def _greet(self, client: socket.socket, broker: socket.socket) -> bool:
        """Answer one request from before the authentication; say whether that was it."""
        request = frame(client)
        key, version, _, length = struct.unpack(">hhih", request[:10])
        correlation, body = request[4:8], request[10 + max(length, 0) :]
        if key == VERSIONS and version > 0:
            send(client, correlation + struct.pack(">hi", UNSUPPORTED_VERSION, 0))
        elif key == VERSIONS:
            send(broker, request)
            answer = frame(broker)
            (count,) = struct.unpack(">i", answer[6:10])
            added = struct.pack(">hhhhhh", HANDSHAKE, 0, 1, AUTHENTICATE, 0, 0)
            send(client, answer[:6] + struct.pack(">i", count + 2) + answer[10:] + added)
        elif key == HANDSHAKE:
            known = body[2:] == b"PLAIN"
            send(client, correlation + struct.pack(">hih", 0 if known else OTHER_MECHANISM, 1, 5) + b"PLAIN")
        elif key == AUTHENTICATE:
            self.seen.append(body[4:])
            good = body[4:] == self.expected
            said = b"" if good else b"no such user"
            send(client, correlation + struct.pack(">hh", 0 if good else AUTHENTICATION_FAILED, len(said)) + said
                 + struct.pack(">i", 0))  # fmt: skip
            if not good:
                raise EOFError
            return True
        else:
            raise EOFError(f"request {key} before the authentication")
        return False

    def _back(self, broker: socket.socket, client: socket.socket) -> None:
        with suppress(OSError, EOFError):
            while True:
                theirs, mine = (b"127.0.0.1" + struct.pack(">i", port) for port in (self.broker[1], self.port))
                send(client, frame(broker).replace(theirs, mine))


def frame(connection: socket.socket) -> bytes:
    """Read one frame, without its length."""
    (size,) = struct.unpack(">i", exactly(connection, 4))
    return exactly(connection, size)


def exactly(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        more = connection.recv(size - len(found))
        if not more:
            raise EOFError
        found += more
    return found


def send(connection: socket.socket, body: bytes) -> None:
    connection.sendall(struct.pack(">i", len(body)) + body)


@contextmanager
def guarded(broker: str, user: str, password: str) -> Iterator[Door]:
    """A door before a broker for as long as the block lasts."""
    door = Door(broker, user, password)
    try:
        yield door
    finally:
        door.listening.close()
