"""A local server that answers every connection with the same bytes, and does not end as it should."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep  # by name: a test that replaces `time.sleep` counted what a server left over slept
from typing import Literal

PAUSE = 0.004


@dataclass
class RawServer:
    """What is answered: `begin`, `then` a byte at a time for ever, silence, the end or a reset of the connection."""

    place: str
    begin: bytes = b""
    then: Literal["trickle", "silence", "close", "reset"] = "trickle"
    taken: int = 0
    """Bytes of a request that are taken at a time; 0 for all at once."""
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://{self.place}"

    @property
    def port(self) -> int:
        return int(self.place.rpartition(":")[2])

    def serve(self, connection: socket.socket) -> None:
        try:
            if self.taken:
                while connection.recv(self.taken):
                    sleep(PAUSE)
            connection.recv(1 << 20)
            connection.sendall(self.begin)
            while self.then == "trickle":
                connection.sendall(b"x")
                sleep(PAUSE)
            if self.then == "silence":
                connection.recv(1 << 20)
            if self.then == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass  # the client gave up, as it should
        finally:
            connection.close()


@contextmanager
def raw_server(
    begin: bytes = b"", then: Literal["trickle", "silence", "close", "reset"] = "trickle"
) -> Iterator[RawServer]:
    """Serve for as long as the block lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        server = RawServer(f"127.0.0.1:{listener.getsockname()[1]}", begin, then)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                server.connections += 1
                threading.Thread(target=server.serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
