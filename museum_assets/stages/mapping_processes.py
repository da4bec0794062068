"""Reading records with more than one core: a mapping is Python, of which one process runs on one core at a time.

The other processes are started by the first run that has enough to read, kept for the runs after it, and end with this
process, however it ends: their connections close then.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from select import select
from socket import MSG_WAITALL, socket, socketpair
from struct import Struct
from threading import Lock
from typing import TYPE_CHECKING, Any

from museum_assets.failures import MuseumError
from museum_assets.museums import MUSEUMS, museum
from museum_assets.museums.museum import Museum
from museum_assets.stages.mapping import Reading, read_records

if TYPE_CHECKING:
    from museum_assets.loop.stage import Work

CHUNK = 500
"""Records that a process is given at a time. The first of a run are read here: many a run has no more."""
MOST = 4
"""Processes. Writing the rows is one transaction after another, which this many keep busy."""

_LENGTH = Struct("=q")

Records = tuple[list[str], list[int], list[bytes]]
"""Ids, places in the order of storing, and payloads."""


def read_all(source: Museum, works: Iterable[Work]) -> Iterator[tuple[Work, Reading]]:
    """Yield each work with what came of its record, in order. Takes the payloads out of the works."""
    remaining = iter(works)
    helpers = _helpers() if _registered(source) else None
    waiting: deque[tuple[list[Work], Future[list[Reading]]]] = deque()
    here = 0
    while chunk := list(islice(remaining, CHUNK)):
        payloads = [work.data.pop("payload")[1:] for work in chunk]  # behind the version of the format
        records = [work.record_id for work in chunk], [work.data["seq"] for work in chunk], payloads
        if helpers and here and (group := helpers.ready()):
            waiting.append((chunk, helpers.submit(group, source.slug, records)))
            if len(waiting) > 4 * helpers.count:
                yield from _finished(*waiting.popleft())
        else:
            if helpers and here == CHUNK:
                helpers.start()
            here += len(chunk)
            yield from zip(chunk, read_records(source, *records), strict=True)
    while waiting:
        yield from _finished(*waiting.popleft())


def _registered(source: Museum) -> bool:
    """Whether another process finds the same museum by its slug."""
    return source.slug in MUSEUMS and type(museum(source.slug)) is type(source)


def _finished(chunk: list[Work], readings: Future[list[Reading]]) -> Iterator[tuple[Work, Reading]]:
    return zip(chunk, readings.result(), strict=True)


class Helpers:
    """The other processes, and a thread for each that talks to it."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="mapping")
        self._group: Group | None = None

    def start(self) -> None:
        """Start the processes, which takes 0.13 s, unless they are there or coming."""
        if self._group is None or self._group.first.poll() is not None:
            self._group = Group(self.count)

    def ready(self) -> Group | None:
        """Return the processes if they can be asked."""
        group = self._group
        return group if group and group.ready() else None

    def submit(self, group: Group, slug: str, records: Records) -> Future[list[Reading]]:
        """Have these records read. The result raises MuseumError when a process ends."""
        return self._threads.submit(self._read, group, slug, records)

    def _read(self, group: Group, slug: str, records: Records) -> list[Reading]:
        connection = group.free.get()
        try:
            connection.send((slug, records))
            readings: list[Reading] = connection.receive()
        except (OSError, EOFError) as error:
            # All of them: the run ends, and the next one starts them anew.
            self._group = None
            raise MuseumError(
                f"a process that read records of {slug} ended: see its message above, or whether memory ran out; then "
                "run again, finished work is kept"
            ) from error
        finally:
            group.free.put(connection)
        return readings


class Connection:
    """One end of a line to another process.

    A message takes as few calls as can be, since after each of them a thread waits for the others to give way: through
    a buffered file, or multiprocessing's connection, a record took 2 µs more.
    """

    def __init__(self, end: socket) -> None:
        self.end = end

    def send(self, message: Any) -> None:
        """Send anything that can be pickled. Raises OSError when the other process has ended."""
        pickled = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        self.end.sendall(_LENGTH.pack(len(pickled)) + pickled)

    def receive(self) -> Any:
        """Wait for a message. Raises EOFError when the other process has ended."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        return pickle.loads(self._exactly(length))  # noqa: S301 - from another process of this same program

    def _exactly(self, count: int) -> bytearray:
        received = bytearray(count)
        missing = memoryview(received)
        while missing:
            got = self.end.recv_into(missing, flags=MSG_WAITALL)  # less than all only after a signal
            if not got:
                raise EOFError
            missing = missing[got:]
        return received


class Group:
    """Processes of which the first imports what reading takes, and becomes the others by forking.

    They end when the group is forgotten: their connections close then.
    """

    def __init__(self, count: int) -> None:
        pairs = [socketpair() for _ in range(count)]
        self.free: SimpleQueue[Connection] = SimpleQueue()
        self._lock = Lock()
        self._coming = [Connection(ours) for ours, _ in pairs]
        handed = [theirs.fileno() for _, theirs in pairs]
        # In a session of its own: Ctrl-C is for the run, at whose end the processes end.
        self.first = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-m", "museum_assets.stages.mapping_processes", *map(str, handed)],
            stdin=subprocess.DEVNULL,
            pass_fds=handed,
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        )

    def ready(self) -> bool:
        """Say whether all have said that they are there. One that could not start never does."""
        with self._lock:
            while self._coming and select([self._coming[-1].end], [], [], 0)[0]:
                try:
                    self._coming[-1].receive()
                except EOFError:
                    break
                self.free.put(self._coming.pop())
            return not self._coming


@cache
def _helpers() -> Helpers | None:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return Helpers(min(MOST, cores)) if cores > 1 else None


def main(ends: Sequence[socket]) -> None:
    """Become a process for each line; each answers chunk after chunk until its line ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how the others ended: their lines tell
    own = next((each for each in ends[1:] if os.fork() == 0), ends[0])
    for other in ends:
        if other is not own:
            other.close()  # or nobody would notice the end of the process that it belongs to
    sys.stdout = sys.stderr  # what a mapping prints is not what the run prints
    gc.set_threshold(50_000, 20, 100)
    connection = Connection(own)
    with suppress(EOFError, OSError):  # the process that asks has ended
        connection.send("ready")
        while True:
            slug, records = connection.receive()
            connection.send(read_records(museum(slug), *records))


if __name__ == "__main__":
    main([socket(fileno=int(handle)) for handle in sys.argv[1:]])
