"""Consumes a museum's live stream in batches: presses, dead letters and position commit together."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from museum_assets.dead_letters.letters import LetterFilter, write_letters
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.kiosk.letters import KIOSK_STREAM, SOURCES
from museum_assets.kiosk.load import ensure_labels, known_sites
from museum_assets.kiosk.stream.batch import UNKNOWN_SITE, load_presses, sort_messages
from museum_assets.kiosk.stream.lost import begin_anew, pass_deleted
from museum_assets.kiosk.stream.position import BatchBooks, Position, advance, anchor, begin_partition, stored_positions
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.kafka import Kafka, Message, TopicReader
from resources.postgres import Connection, Database

BATCH_MESSAGES = 5000
BATCH_BYTES = 8 << 20
BATCH_SECONDS = 0.5
PARTITIONS_EVERY_SECONDS = 30.0
"""How often the brokers are asked for new partitions. It also shows whether they are still there."""
REPLAYER = "live_feedback"
"""The name under which letters that waited for an exhibition are settled."""


@dataclass(slots=True)
class StreamBooks:
    """A consumer's books: messages = loaded + duplicate + rejected. A message may count under several `reasons`.

    `replayed` counts letters that had waited for their site, `losses` say which offsets are gone, `lag` is how many
    messages are left to read, `sites` how many have an exhibition. `worked` are the `seconds` without those in which
    no message came: a rate over idle time says nothing.
    """

    loaded: int = 0
    duplicate: int = 0
    rejected: int = 0
    replayed: int = 0
    lag: int = 0
    sites: int = 0
    seconds: float = 0.0
    worked: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)
    losses: list[str] = field(default_factory=list)

    @property
    def messages(self) -> int:
        """How many messages were read."""
        return self.loaded + self.duplicate + self.rejected

    def add(self, batch: BatchBooks, reasons: Counter[str]) -> None:
        """Add a committed batch."""
        self.loaded += batch.loaded
        self.duplicate += batch.duplicate
        self.rejected += batch.rejected
        self.reasons.update(reasons)


def consume(
    database: Database,
    museum: KioskMuseum,
    kafka: Kafka,
    stop: Callable[[], bool],
    *,
    catch_up: bool = False,
    quiet_seconds: float = 0.0,
    on_progress: Callable[[StreamBooks], None] = lambda _: None,
    books: StreamBooks | None = None,
) -> StreamBooks:
    """Read the museum's topic until `stop()`; with `catch_up` also stop at the end that it had at the start.

    With `quiet_seconds`, catching up goes on while messages come: it ends when none came for so long.
    A kill at any point loses and repeats nothing, because a position commits with the presses and letters before it.
    `on_progress` hears the books after every batch. `books` are kept up to date, even when an error ends the reading.
    Raises Busy when another consumer reads this museum, KafkaUnavailable, TopicMissing, DatabaseUnavailable.
    """
    books = StreamBooks() if books is None else books
    started = time.monotonic()
    with (
        database.lock(museum.slug, KIOSK_STREAM.name),
        database.connect() as conn,
        kafka.reader(museum.topic) as reader,
    ):
        consumer = Consumer(database, conn, museum, reader, books)
        consumer.find_partitions()
        consumer.replay_waiting()
        came, messages = started, books.messages
        while not stop() and not (catch_up and consumer.caught_up and time.monotonic() - came >= quiet_seconds):
            consumer.read_batch()
            if books.messages > messages:
                came, messages = time.monotonic(), books.messages
            books.seconds = time.monotonic() - started
            on_progress(books)
        books.lag = consumer.lag(lambda partition: reader.watermarks(partition)[1])
    books.seconds = time.monotonic() - started
    return books


class Consumer:
    """The one consumer of a museum's topic. Its creator holds the consumer's lock."""

    def __init__(
        self, database: Database, conn: Connection, museum: KioskMuseum, reader: TopicReader, books: StreamBooks
    ) -> None:
        self.database = database
        self.conn = conn
        self.museum = museum
        self.reader = reader
        self.books = books
        self.sites: set[int] = set()
        self.positions: dict[int, Position] = {}
        self.unverified: set[int] = set()
        """Partitions whose message before the position is still to be compared: the topic may be another one."""
        self.ends: dict[int, int] = {}
        """The end of each partition when it was found."""
        self.asked_at = 0.0
        with conn.transaction():
            ensure_labels(conn, museum)

    @property
    def caught_up(self) -> bool:
        """Whether every partition was read to the end that it had when it was found."""
        return not self.unverified and all(self.positions[p].next_offset >= end for p, end in self.ends.items())

    def find_partitions(self) -> None:
        """Ask for the topic's partitions and begin to read new ones. Raises KafkaUnavailable, TopicMissing."""
        stored = stored_positions(self.conn, self.museum.slug, self.museum.topic)
        for partition in self.reader.partitions():
            if partition not in self.positions:
                self._start(partition, stored.get(partition))
        self.asked_at = time.monotonic()

    def _start(self, partition: int, position: Position | None) -> None:
        """Begin to read a partition at its position, or after the offsets that can no longer be read."""
        low, high = self.reader.watermarks(partition)
        if position is None:
            position = Position(self.museum.slug, self.museum.topic, partition, low)
            begin_partition(self.conn, position)
        elif position.next_offset > high:
            position = self._lost(*begin_anew(self.conn, position, low))
        elif position.next_offset < low:
            position = self._lost(*pass_deleted(self.conn, position, low))
        again = position.anchor is not None and position.next_offset > low
        self.unverified -= {partition}
        self.unverified |= {partition} if again else set()
        self.positions[partition] = position
        self.ends.setdefault(partition, high)
        self.ends[partition] = min(self.ends[partition], high)
        self.reader.start(partition, position.next_offset - again)

    def _lost(self, position: Position, loss: str) -> Position:
        self.books.losses.append(loss)
        return position

    def read_batch(self) -> None:
        """Read one batch and commit it, in a transaction for each partition."""
        if time.monotonic() - self.asked_at > PARTITIONS_EVERY_SECONDS:
            self.find_partitions()
            self.replay_waiting()
        began = time.monotonic()
        batch = self.reader.read(BATCH_MESSAGES, BATCH_BYTES, BATCH_SECONDS)
        if batch.messages:
            self.replay_waiting()
        for partition in {**batch.messages, **batch.ends}:
            messages = self._verified(partition, batch.messages.get(partition, []))
            if messages is not None:
                self._commit(partition, messages, batch.ends.get(partition, 0))
        for partition in batch.out_of_range:
            self._start(partition, self.positions[partition])
        if batch.messages:
            self.books.worked += time.monotonic() - began - batch.waited
        self.books.lag = self.lag(self.reader.known_end)

    def _verified(self, partition: int, messages: Sequence[Message]) -> Sequence[Message] | None:
        """Return the messages from the position on. Return None when the topic turns out to be made anew."""
        position = self.positions[partition]
        if partition in self.unverified:
            self.unverified -= {partition}
            first = messages[0] if messages else None
            # Compaction or a transaction's marker may have taken that offset: then there is nothing to compare.
            if first and first.offset == position.next_offset - 1:
                if anchor(first) != position.anchor:
                    low, _ = self.reader.watermarks(partition)
                    self._start(partition, self._lost(*begin_anew(self.conn, position, low)))
                    return None
                return messages[1:]
        return messages

    def _commit(self, partition: int, messages: Sequence[Message], end: int) -> None:
        before = self.positions[partition]
        after = replace(before, next_offset=max(before.next_offset, end))
        if messages:
            last = messages[-1]
            after = replace(before, next_offset=max(last.offset + 1, end), anchor=anchor(last))
        if after.next_offset == before.next_offset:
            return
        received = sort_messages(messages, self.museum, before, self.sites, datetime.now(UTC))
        with self.conn.transaction():
            loaded = load_presses(self.conn, self.museum, received.presses)
            if received.letters:
                write_letters(self.conn, received.letters)
            books = BatchBooks(loaded.loaded, loaded.duplicate, len(received.letters))
            advance(self.conn, before, after, books)
        self.positions[partition] = after
        self.books.add(books, received.reasons)

    def replay_waiting(self) -> None:
        """Read the known sites again, and replay the letters that waited for new ones."""
        known = known_sites(self.conn, self.museum.slug)
        for site in sorted(known - self.sites):
            waiting = LetterFilter(KIOSK_STREAM.name, self.museum.slug, UNKNOWN_SITE, context={"site": site})
            self.books.replayed += replay_letters(self.database, SOURCES, waiting, REPLAYER).replayed
        self.sites = known
        self.books.sites = len(known)

    def lag(self, end: Callable[[int], int | None]) -> int:
        """Return how many messages are left before each partition's `end`; none where that is not known."""
        return sum(max((end(p) or 0) - position.next_offset, 0) for p, position in self.positions.items())
