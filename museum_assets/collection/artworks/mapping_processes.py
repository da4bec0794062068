"""Mapping records on several cores: other processes map them in chunks, since one Python process uses one core.

The first run with enough records starts the processes, and later runs use them again. They end with this process,
however it ends: their connections close then.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from itertools import islice
from queue import SimpleQueue
from select import select
from socket import MSG_WAITALL, socket, socketpair
from struct import Struct
from threading import Lock
from typing import TYPE_CHECKING, Any

from museum_assets.collection.artworks.mapping import NO_TERMS, MappingResult, read_records
from museum_assets.core.crashes import INTERNAL, Crash
from museum_assets.core.failures import MuseumError
from museum_assets.museums import MUSEUMS, museum
from museum_assets.museums.museum import Museum

if TYPE_CHECKING:
    from museum_assets.loop.stage import Work

RECORDS_PER_CHUNK = 500
"""Records that a process is given at a time. This process maps the first chunk of a run: many a run has no more."""
MOST_PROCESSES = 4
"""Processes at most. Rows are written in one transaction after another, and this many keep that busy."""

_LENGTH = Struct("=q")

RecordColumns = tuple[list[str], list[int], list[bytes], list[bytes | None], dict[str, str]]
"""(ids, sequence numbers, payloads, corrections) of a chunk of raw records, and the terms that people mapped."""


def read_all(
    source: Museum, works: Iterable[Work], terms: Mapping[str, str] = NO_TERMS
) -> Iterator[tuple[Work, MappingResult]]:
    """Yield (work, result) in the order of the works. Their payloads are removed, so that memory stays flat."""
    remaining = iter(works)
    processes = _mapping_processes() if _registered(source) else None
    waiting: deque[tuple[list[Work], Future[list[MappingResult]]]] = deque()
    here = 0
    while chunk := list(islice(remaining, RECORDS_PER_CHUNK)):
        payloads = [work.data.pop("payload")[1:] for work in chunk]  # after the byte with jsonb's version
        made = [(each := work.data["corrections"]) and each[1:] for work in chunk]
        records = [work.record_id for work in chunk], [work.data["seq"] for work in chunk], payloads, made, dict(terms)
        if processes and here and (group := processes.ready()):
            waiting.append((chunk, processes.submit(group, source.slug, records)))
            if len(waiting) > 4 * processes.count:
                yield from _finished(*waiting.popleft())
        else:
            if processes and here == RECORDS_PER_CHUNK:
                processes.start()
            here += len(chunk)
            yield from zip(chunk, read_records(source, *records), strict=True)
    while waiting:
        yield from _finished(*waiting.popleft())


def _registered(source: Museum) -> bool:
    """Say whether another process finds the same museum by its slug."""
    return source.slug in MUSEUMS and type(museum(source.slug)) is type(source)


def _finished(chunk: list[Work], readings: Future[list[MappingResult]]) -> Iterator[tuple[Work, MappingResult]]:
    return zip(chunk, readings.result(), strict=True)


class MappingProcesses:
    """The other processes, and a thread for each that talks to it."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="mapping")
        self._group: ProcessGroup | None = None

    def start(self) -> None:
        """Start the processes, which takes 0.13 s, unless they run or are starting."""
        if self._group is None or self._group.first.poll() is not None:
            self._group = ProcessGroup(self.count)

    def ready(self) -> ProcessGroup | None:
        """Return the processes once all are ready, None before."""
        group = self._group
        return group if group and group.ready() else None

    def submit(self, group: ProcessGroup, slug: str, records: RecordColumns) -> Future[list[MappingResult]]:
        """Have these records mapped. One that ends its process is one that failed."""
        return self._threads.submit(self._read, group, slug, records)

    def _read(self, group: ProcessGroup, slug: str, records: RecordColumns) -> list[MappingResult]:
        connection = group.free.get()
        try:
            connection.send((slug, records))
            readings: list[MappingResult] = connection.receive()
        except (OSError, EOFError):
            if self._group is group:
                self._group = None
                self.start()
            readings = one_by_one(slug, records)
        finally:
            group.free.put(connection)  # also one that is broken, on which nobody then waits for ever
        return readings


def one_by_one(slug: str, records: RecordColumns) -> list[MappingResult]:
    """Map each record by itself, in another process again after one that ended it: that one failed.

    Raises MuseumError when no process can be started.
    """
    readings: list[MappingResult] = []
    group: ProcessGroup | None = None
    *columns, terms = records
    for record_id, seq, payload, corrections in zip(*columns, strict=True):
        group = group or ProcessGroup(1)
        try:
            connection = group.first_ready()
        except EOFError as error:
            raise MuseumError(
                f"no process that reads records of {slug} can be started: see its message above, or whether memory ran "
                "out; then run again, finished work is kept"
            ) from error
        try:
            connection.send((slug, ([record_id], [seq], [payload], [corrections], terms)))
            readings += connection.receive()
        except (OSError, EOFError):
            readings.append((INTERNAL, _ended_by(slug, record_id, group.first.wait())))
            group = None
        else:
            group.free.put(connection)
    return readings


def _ended_by(slug: str, record_id: str, status: int) -> Crash:
    how = f"signal {-status}" if status < 0 else f"status {status}"
    return Crash(
        f"reading {record_id} ended the process that did it ({how}): see {museum(slug).place}, or whether memory "
        f"ran out. `museum try {slug} FILE` reads one record",
        f"the process that read {record_id} ended with {how}",
    )


class ProcessConnection:
    """One end of a connection to another process.

    A message takes as few system calls as possible, since after each of them a thread waits for the others to give way:
    through a buffered file, or multiprocessing's connection, a record took 2 µs more.
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


class ProcessGroup:
    """Processes: the first imports what mapping needs, and forks the others.

    They end when the group is garbage-collected: their connections close then.
    """

    def __init__(self, count: int) -> None:
        pairs = [socketpair() for _ in range(count)]
        self.free: SimpleQueue[ProcessConnection] = SimpleQueue()
        self._lock = Lock()
        self._coming = [ProcessConnection(near) for near, _ in pairs]
        handles = [far.fileno() for _, far in pairs]
        # In a session of its own: Ctrl-C stops the run, and the processes end with it.
        self.first = subprocess.Popen(  # noqa: S603 - this program itself
            [sys.executable, "-m", "museum_assets.collection.artworks.mapping_processes", *map(str, handles)],
            stdin=subprocess.DEVNULL,
            pass_fds=handles,
            start_new_session=True,
        )

    def ready(self) -> bool:
        """Say whether every process has reported that it is ready. One that could not start never does."""
        with self._lock:
            while self._coming and select([self._coming[-1].end], [], [], 0)[0]:
                try:
                    self._coming[-1].receive()
                except EOFError:
                    break
                self.free.put(self._coming.pop())
            return not self._coming

    def first_ready(self) -> ProcessConnection:
        """Wait for a process that is ready. Raises EOFError when it could not start."""
        with self._lock:
            if self._coming:
                self._coming[-1].receive()
                return self._coming.pop()
        return self.free.get()


@cache
def _mapping_processes() -> MappingProcesses | None:
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return MappingProcesses(min(MOST_PROCESSES, cores)) if cores > 1 else None


def main(ends: Sequence[socket]) -> None:
    """Fork a process for each connection; each maps chunk after chunk until its connection closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are not waited for: their connections tell
    own = next((each for each in ends[1:] if os.fork() == 0), ends[0])
    for other in ends:
        if other is not own:
            other.close()  # else its far end would not notice when its owner ends
    sys.stdout = sys.stderr  # what a mapping prints must not mix with the run's output
    gc.set_threshold(50_000, 20, 100)
    connection = ProcessConnection(own)
    with suppress(EOFError, OSError):  # the process that asks has ended
        connection.send("ready")
        while True:
            slug, records = connection.receive()
            connection.send(read_records(museum(slug), *records))


if __name__ == "__main__":
    main([socket(fileno=int(handle)) for handle in sys.argv[1:]])
