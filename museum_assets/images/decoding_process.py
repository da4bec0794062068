"""The process that decodes images: one after another, each within the memory and the time that it was granted.

The kernel holds the limits, also inside a decoder that never returns: memory with RLIMIT_DATA (Linux), processor time
with RLIMIT_CPU, the clock with SIGALRM. So a decoding process whose platform was killed ends by itself too.
"""

from __future__ import annotations

import ctypes
import resource
import signal
import sys
import time
import warnings
from math import ceil
from pathlib import Path
from socket import socket
from typing import Any

from museum_assets.core.failures import Failure
from museum_assets.images.frames import Frames
from museum_assets.images.thumbnail import make_thumbnail

LINUX = sys.platform == "linux"
MOST_BODY = 1 << 30
_TRIMMED_FROM = 64 << 20
"""After a larger image, glibc is told to give freed memory back; it keeps up to 64 MB of it otherwise."""


def data_bytes() -> int:
    """Return what counts against RLIMIT_DATA at the moment (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()


class Grant:
    """What one image may take. `reserve` asks for more, and is the argument of `make_thumbnail`."""

    def __init__(self, frames: Frames, request: dict[str, Any]) -> None:
        self._frames = frames
        self._granted = request["granted"]
        self._most = request["most"]
        self._seconds = request["seconds"]
        self._base = data_bytes() if LINUX else 0
        self.largest = self._granted
        _limit(resource.RLIMIT_CPU, ceil(time.process_time() + request["cpu_seconds"]))
        self._enforce()

    def reserve(self, needs: int) -> None:
        """Return once that many bytes are granted. Raises Failure when one image may never take as many."""
        if needs <= self._granted:
            return
        if needs > self._most:
            raise Failure(
                f"the image takes {needs >> 20:,} MB to decode; one image may take {self._most >> 20:,} MB. Is there a "
                "smaller rendition?",
                code="image_too_large",
                permanent=True,
            )
        signal.alarm(0)  # others may take their time
        self._frames.send({"needs": needs})
        answer, _ = self._frames.receive(0)
        self._granted = self.largest = answer["granted"]
        self._enforce()

    def _enforce(self) -> None:
        signal.alarm(ceil(self._seconds))
        if LINUX:
            _limit(resource.RLIMIT_DATA, self._base + self._granted)

    def end(self) -> None:
        """Lift the limits."""
        signal.alarm(0)
        _limit(resource.RLIMIT_CPU, resource.RLIM_INFINITY)
        _limit(resource.RLIMIT_DATA, resource.RLIM_INFINITY)
        if LINUX and self.largest > _TRIMMED_FROM:
            _give_freed_memory_back()


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    within = value if hard == resource.RLIM_INFINITY else min(value, hard) if value >= 0 else hard
    resource.setrlimit(kind, (within, hard))


def _give_freed_memory_back() -> None:
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
    if trim:
        trim(0)


def answer(frames: Frames, request: dict[str, Any], body: bytes) -> bool:
    """Decode one image and send what came of it. Return False when this process should not decode another one."""
    grant = Grant(frames, request)
    try:
        made = make_thumbnail(
            body, max_dimension=request["max_dimension"], quality=request["quality"], reserve=grant.reserve
        )
    except Failure as failure:
        grant.end()
        spent = isinstance(failure.__cause__, MemoryError)
        frames.send({"code": failure.code, "message": str(failure), "permanent": failure.permanent, "last": spent})
        return not spent
    grant.end()
    frames.send({"width": made.width, "height": made.height}, made.jpeg)
    return True


def main(end: socket) -> None:
    """Decode images until the platform closes the connection."""
    # Exactly the formats that are read: an unknown one would make Pillow load all it has.
    from PIL import (  # noqa: F401
        BmpImagePlugin,
        GifImagePlugin,
        ImageCms,
        Jpeg2KImagePlugin,
        JpegImagePlugin,
        PngImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")  # of broken metadata and large images: what matters becomes a failure
    frames = Frames(end)
    frames.send({"ready": True})
    try:
        while True:
            request, body = frames.receive(MOST_BODY)
            if not answer(frames, request, body):
                return
    except OSError:  # the platform has closed the connection, or ended
        return


if __name__ == "__main__":
    main(socket(fileno=int(sys.argv[1])))
