"""What the platform and a decoding process say to each other: a line of JSON, then bytes. Nothing is unpickled.

What a decoding process answers came out of a stranger's bytes, so it is never more than numbers, words and an image.
"""

from __future__ import annotations

import json
from socket import socket
from typing import Any

LONGEST_HEAD = 64 << 10


class Frames:
    """One end of a connection. Sending and receiving raise OSError when the other process has ended.

    TimeoutError, an OSError too, says that the socket's timeout passed first.
    """

    def __init__(self, end: socket) -> None:
        self.end = end
        self._file = end.makefile("rb")

    def send(self, head: dict[str, Any], body: bytes = b"") -> None:
        """Send a frame."""
        self.end.sendall(json.dumps({**head, "bytes": len(body)}).encode() + b"\n")
        if body:
            self.end.sendall(body)

    def receive(self, most: int) -> tuple[dict[str, Any], bytes]:
        """Return (head, body) of the next frame. Raises ConnectionError for one of more than `most` bytes."""
        line = self._file.readline(LONGEST_HEAD)
        try:
            head = json.loads(line)
            size = int(head.pop("bytes"))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConnectionError(f"no frame: {line[:80]!r}") from error
        body = self._file.read(size) if 0 <= size <= most else b""
        if len(body) != size:
            raise ConnectionError(f"{len(body):,} of {size:,} bytes came")
        return head, body

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self.end.close()
