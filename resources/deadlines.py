"""How long a server may keep us waiting: a deadline for everything that one request sends and receives.

A socket's time-out only bounds the silence between two bytes, so a server that sends one byte in time, again and again,
holds a connection for ever. Here every wait gets what is left of its request's deadline.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from io import BufferedReader, RawIOBase
from typing import Any, Self, cast

import httpcore

Resolve = Callable[..., list[Any]]
SMALLEST_PACE = 4096.0
"""Bytes per second below which the server of a large file counts as holding us up."""
_BLOCK = 1 << 14


class Deadline:
    """So many seconds from now, whatever comes in between."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.restart()

    def restart(self) -> None:
        """Begin anew: the next request over the same connection."""
        self._end = time.monotonic() + self.seconds

    def left(self) -> float:
        """Return the seconds that are left, 0.0 when there are none."""
        return max(0.0, self._end - time.monotonic())

    def received(self, count: int, waited: float) -> None:
        """Take note of `count` bytes that came, or were taken, after so many seconds."""

    def __str__(self) -> str:
        return f"not complete after {self.seconds:.0f} s"


class Pace(Deadline):
    """A deadline for large files: so many seconds of waiting, and more for every byte that comes.

    Only waiting counts, so that a download which we slow down ourselves is not held against the server. What is left
    never grows beyond `seconds`: a fast beginning does not pay for a slow end.
    """

    def __init__(self, seconds: float, bytes_per_second: float) -> None:
        super().__init__(seconds)
        self.bytes_per_second = bytes_per_second

    def restart(self) -> None:
        """Begin anew."""
        self._left = self.seconds

    def left(self) -> float:
        """Return the seconds of waiting that are left."""
        return self._left

    def received(self, count: int, waited: float) -> None:
        """Take the wait away, and add what the bytes are worth."""
        self._left = max(0.0, min(self.seconds, self._left - waited + count / self.bytes_per_second))

    def __str__(self) -> str:
        return f"slower than {self.bytes_per_second:,.0f} bytes/s for {self.seconds:.0f} s"


class Seconds(float):
    """A time-out that knows the deadline of its request: httpcore hands it on to the stream as it is."""

    deadline: Deadline

    def __new__(cls, seconds: float | None, deadline: Deadline) -> Seconds:
        """Return the time-out, at most as long as the deadline is away."""
        left = deadline.left()
        made = super().__new__(cls, left if seconds is None else min(seconds, left))
        made.deadline = deadline
        return made


class TimedStream(httpcore.NetworkStream):
    """A connection whose reads and writes end at the deadline of the request that they belong to."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what came. Raises ReadTimeout."""
        with _Wait(timeout, httpcore.ReadTimeout) as wait:
            found = self._stream.read(max_bytes, wait.seconds)
            wait.count = len(found)
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send. Raises WriteTimeout."""
        # In blocks: a server that takes a large body a little at a time has the deadline, not one after each little.
        for start in range(0, len(buffer), _BLOCK):
            with _Wait(timeout, httpcore.WriteTimeout) as wait:
                block = buffer[start : start + _BLOCK]
                self._stream.write(block, wait.seconds)
                wait.count = len(block)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Encrypt the connection. Python gives a handshake one deadline for all that it reads."""
        deadline = _deadline_of(timeout)
        seconds = Seconds(timeout, deadline) if deadline else timeout
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks of a connection."""
        return self._stream.get_extra_info(info)


class TimedBackend(httpcore.SyncBackend):
    """Connects within the deadline of a request, looking up the name included.

    `permitted(host, addresses)` returns the addresses that may be connected to, and raises when there must be none.
    The very address that was looked at is connected to: a second DNS answer cannot lead elsewhere.
    """

    def __init__(
        self,
        permitted: Callable[[str, list[str]], Iterable[str]] = lambda _, addresses: addresses,
        resolve: Resolve = socket.getaddrinfo,
    ) -> None:
        self._permitted = permitted
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Open a connection. Raises ConnectError or ConnectTimeout, and what `permitted` raises."""
        deadline = _deadline_of(timeout) or Deadline(timeout or 60.0)
        addresses = addresses_of(host, port, Seconds(timeout, deadline), self._resolve)
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._permitted(host, addresses):
            try:
                return TimedStream(
                    super().connect_tcp(address, port, Seconds(timeout, deadline), local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
            if deadline.left() <= 0:
                break
        raise failed


def addresses_of(host: str, port: int, timeout: float, resolve: Resolve = socket.getaddrinfo) -> list[str]:
    """Return the IP addresses of a host. Raises ConnectError, or ConnectTimeout after `timeout` seconds.

    The system's resolver has no time-out to set, so it is asked in a thread that is left behind when it is late.
    """
    answer: list[list[str] | Exception] = []

    def ask() -> None:
        try:
            found = resolve(host, port, type=socket.SOCK_STREAM)
            answer.append(list(dict.fromkeys(str(info[4][0]) for info in found)))
        except Exception as error:  # noqa: BLE001 - raised where it was asked for
            answer.append(error)

    asking = threading.Thread(target=ask, name=f"resolve {host}", daemon=True)
    asking.start()
    asking.join(timeout)
    found = answer[0] if answer else None
    if found is None:
        raise httpcore.ConnectTimeout(f"{host} was not resolved in {timeout:.0f} s")
    # A label that is too long, or empty, is a UnicodeError of the codec for names.
    if isinstance(found, (OSError, UnicodeError)):
        raise httpcore.ConnectError(f"{host} cannot be resolved: {found}") from found
    if isinstance(found, Exception):
        raise found
    return found


class TimedFile(RawIOBase):
    """What a socket receives, for clients that read it as a file: `http.client` and `smtplib`.

    Raises TimeoutError; with `open_ended`, also ConnectionResetError where the connection ends.
    """

    def __init__(self, connection: socket.socket, deadline: Deadline, *, open_ended: bool = False) -> None:
        self._open_ended = open_ended
        self._raw = cast(RawIOBase, connection.makefile("rb", buffering=0))
        self._connection = connection
        self._deadline = deadline
        self._silence = connection.gettimeout()

    @classmethod
    def buffered(cls, connection: socket.socket, deadline: Deadline) -> BufferedReader:
        """Return it as the buffered file that those clients make of a socket."""
        return BufferedReader(cls(connection, deadline))

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what came."""
        with _Wait(Seconds(self._silence, self._deadline), TimeoutError) as wait:
            self._connection.settimeout(wait.seconds)
            count = cast("int | None", self._raw.readinto(buffer))  # type: ignore[attr-defined]
            wait.count = count or 0
        self._connection.settimeout(self._silence)
        if count == 0 and self._open_ended:
            raise ConnectionResetError("the connection was closed")
        return count

    def close(self) -> None:
        """Close the file; the socket goes with its last file."""
        if not self.closed:
            self._raw.close()
        super().close()


class _Wait:
    """One wait within a deadline: `seconds` is the longest, `count` the bytes that it brought."""

    def __init__(self, timeout: float | None, late: type[Exception]) -> None:
        self.deadline = _deadline_of(timeout)
        self.late = late
        self.seconds = timeout
        self.count = 0
        self.start = 0.0

    def __enter__(self) -> Self:
        if self.deadline:
            self.seconds = Seconds(self.seconds, self.deadline)
            if self.seconds <= 0:
                raise self.late(str(self.deadline))
            self.start = time.monotonic()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if not self.deadline:
            return
        self.deadline.received(self.count, time.monotonic() - self.start)
        if isinstance(error, self.late) and not self.deadline.left():
            raise self.late(str(self.deadline)) from error


def _deadline_of(timeout: float | None) -> Deadline | None:
    return timeout.deadline if isinstance(timeout, Seconds) else None
