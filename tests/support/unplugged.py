"""A way to a server that a test may cut and mend: whoever is connected is dropped, and nobody listens any more."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Cable:
    """Forwards bytes from a port of 127.0.0.1 to a server, unless it is cut."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self.cut_at: bytes | None = None
        """What a client sends when the cable is cut, by itself and once."""
        self.is_cut = False
        self.port = 0
        self._connect = connect
        self._open: set[socket.socket] = set()
        self._lock = threading.RLock()
        self.mend()

    def cut(self) -> None:
        """Drop every connection, and refuse new ones."""
        with self._lock:
            self.is_cut = True
            _end(self._listening)
            self._listening.close()
            for each in self._open:
                _end(each)

    def mend(self) -> None:
        """Let everybody through again, at the same port."""
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listening.getsockname()[1]
        self.is_cut = False
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                server = self._connect()
                with self._lock:
                    self._open |= {client, server}
                    if self.is_cut:
                        _end(client)
                for here, there, asks in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass, args=(here, there), kwargs={"asks": asks}, daemon=True).start()

    def _pass(self, here: socket.socket, there: socket.socket, *, asks: bool) -> None:
        with suppress(OSError):
            while data := here.recv(1 << 16):
                if asks and self.cut_at and self.cut_at in data:
                    self.cut_at = None
                    self.cut()
                there.sendall(data)
        _end(here)
        _end(there)
        with self._lock:
            self._open -= {here, there}


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def cable_to(address: tuple[str, int] | str) -> Iterator[Cable]:
    """A cable to a host and port, or to a Unix socket."""

    def connect() -> socket.socket:
        if not isinstance(address, str):
            return socket.create_connection(address)
        found = socket.socket(socket.AF_UNIX)
        found.connect(address)
        return found

    cable = Cable(connect)
    try:
        yield cable
    finally:
        cable.cut()
