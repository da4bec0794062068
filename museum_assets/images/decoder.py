"""Decoding images from strangers, in processes that may run out of memory, hang or crash without harm.

A few kilobytes of image can take gigabytes to decode, or hours. So each image is decoded in another process, within a
limit of memory that the kernel holds and that all of them share, and within a limit of time. A process that breaks a
limit is replaced, and its image fails. The processes know no secret: their environment holds a search path and no more.

Codes besides those of `thumbnail.py`, permanent: `decoding_timed_out`, `decoder_died`. The latter is transient when the
process was killed from outside.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from socket import socketpair
from typing import Any

from museum_assets.core.failures import Failure, MuseumError
from museum_assets.images.frames import Frames
from museum_assets.images.thumbnail import Thumbnail
from resources.child_environment import child_environment
from resources.closing import Closing

MOST_PROCESSES = 16
MEMORY = 352 << 20
"""What all images in work may take together, and one alone: 18 megapixels of WebP, 60 of PNG, 100 of slow JPEG."""
USUAL = 48 << 20
"""What an image may take without asking: 1.3 megapixels as they come, or any JPEG that shrinks to as much."""
CPU_SECONDS = 20
"""The processor time that an image may take; the largest that museums publish take two seconds."""
SECONDS = 120.0
"""The same by the clock, for a machine that is busy with other things."""
_START_SECONDS = 60.0
_LARGEST_THUMBNAIL = 1 << 30
_OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGALRM)
_FROM_OUTSIDE = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Limits:
    """What decoding may take: bytes of all images together, and the time of each."""

    memory: int = MEMORY
    cpu_seconds: float = CPU_SECONDS
    seconds: float = SECONDS


class Budget:
    """A number of bytes that threads share. Whoever needs more than is free waits, and nobody overtakes."""

    def __init__(self, total: int) -> None:
        self.total = total
        self._free = total
        self._turn = threading.Lock()
        self._changed = threading.Condition()

    @contextmanager
    def reserved(self, amount: int) -> Iterator[None]:
        """Hold that many bytes, at most all of them, while the block lasts."""
        amount = min(amount, self.total)
        with self._turn, self._changed:
            self._changed.wait_for(lambda: self._free >= amount)
            self._free -= amount
        try:
            yield
        finally:
            with self._changed:
                self._free += amount
                self._changed.notify_all()


class ImageDecoder(Closing):
    """Makes thumbnails of images in other processes; safe to share between threads.

    A process starts with the first image that needs it. `close` ends all of them.
    """

    def __init__(
        self, *, max_dimension: int, quality: int, processes: int | None = None, limits: Limits | None = None
    ) -> None:
        self._settings = {"max_dimension": max_dimension, "quality": quality}
        self._limits = limits or Limits()
        count = processes or min(MOST_PROCESSES, _cores())
        # A larger thumbnail takes more whatever the image, and many cores want room for many small images.
        memory = max(self._limits.memory + 24 * max_dimension**2, count * USUAL)
        self._budget = Budget(memory)
        self._free: SimpleQueue[_Process | None] = SimpleQueue()
        for _ in range(count):
            self._free.put(None)
        self._count = count

    def make_thumbnail(self, body: bytes) -> Thumbnail:
        """Return the image's thumbnail. Raises Failure, and MuseumError when no process can be started."""
        process = self._free.get()
        try:
            if process is None or process.ended:
                process = _Process()
            return self._ask(process, body)
        except BaseException:
            if process and process.busy:  # what it would answer now belongs to no image
                process.kill()
                process = None
            raise
        finally:
            self._free.put(process)

    def _ask(self, process: _Process, body: bytes) -> Thumbnail:
        limits = self._limits
        request = {
            **self._settings,
            "granted": USUAL,
            "most": self._budget.total,
            "cpu_seconds": limits.cpu_seconds,
            "seconds": limits.seconds,
        }
        with self._budget.reserved(USUAL):
            answer, jpeg = process.ask(request, body, limits.seconds)
        if needs := answer.get("needs"):
            # Outside the block above: who waits for more holds nothing that another one may wait for.
            with self._budget.reserved(int(needs)):
                answer, jpeg = process.ask({"granted": min(int(needs), self._budget.total)}, b"", limits.seconds)
        process.busy = False
        if answer.get("last"):
            process.kill()
        if "code" in answer:
            raise Failure(answer["message"], code=answer["code"], permanent=answer["permanent"])
        return Thumbnail(jpeg, answer["width"], answer["height"], hashlib.sha256(jpeg).digest())

    def close(self) -> None:
        """End the processes, once none is at work."""
        for _ in range(self._count):
            if process := self._free.get():
                process.kill()
        for _ in range(self._count):
            self._free.put(None)


class _Process:
    """A decoding process and the connection to it. Starting one takes a tenth of a second. Raises MuseumError."""

    def __init__(self) -> None:
        near, far = socketpair()
        with far:
            # In a session of its own: Ctrl-C stops the run, and the process ends with it.
            self._process = subprocess.Popen(  # noqa: S603 - this program itself
                [sys.executable, "-m", "museum_assets.images.decoding_process", str(far.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[far.fileno()],
                env=child_environment(),
                start_new_session=True,
            )
        self._frames = Frames(near)
        self.busy = False
        near.settimeout(_START_SECONDS)
        try:
            self._frames.receive(0)
        except OSError as error:
            self.kill()
            raise MuseumError(
                "the process that decodes images did not start: see its message above, or whether memory ran out; then "
                "run again, finished work is kept"
            ) from error

    @property
    def ended(self) -> bool:
        """Whether the process has ended, between two images."""
        return self._process.poll() is not None

    def ask(self, request: dict[str, Any], body: bytes, seconds: float) -> tuple[dict[str, Any], bytes]:
        """Return (answer, bytes). Raises Failure when there is none."""
        self.busy = True
        self._frames.end.settimeout(seconds + 10)  # the process ends itself before
        try:
            self._frames.send(request, body)
            return self._frames.receive(_LARGEST_THUMBNAIL)
        except OSError as error:
            raise self._death(timed_out=isinstance(error, TimeoutError)) from error

    def _death(self, *, timed_out: bool) -> Failure:
        """End the process, and return why it gave no answer."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0 if timed_out else 5)
        code = self._process.returncode
        if timed_out or code in _OUT_OF_TIME:
            return Failure(
                "decoding the image took too long and was given up. Is there a smaller or simpler rendition?",
                code="decoding_timed_out",
                permanent=True,
            )
        if code in _FROM_OUTSIDE:
            return Failure(
                "the process that decoded the image was killed from outside; memory may have run out. The image is "
                "tried again in a later run.",
                code="decoder_died",
            )
        how = signal.Signals(-code).name if code and code < 0 else f"status {code}"
        return Failure(
            f"the process that decoded the image died of it ({how}): the image is damaged or hostile. Is there another "
            "rendition?",
            code="decoder_died",
            permanent=True,
        )

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()
        self._frames.close()


def _cores() -> int:
    """Return the cores to use: those of this process, or fewer where OMP_NUM_THREADS says so, as Ray does."""
    ours = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    told = os.environ.get("OMP_NUM_THREADS", "")
    return min(ours, int(told)) if told.isdigit() and int(told) else ours
