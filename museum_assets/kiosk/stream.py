"""Consuming a museum's live stream: micro-batches, each one transaction of presses, dead letters and position."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from museum_assets.dead_letters.letters import Chosen, write_letters
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.kiosk.load import ensure_types, known_sites
from museum_assets.kiosk.museum import KioskMuseum
from museum_assets.kiosk.stream_batch import SOURCE, UNKNOWN_SITE, load, sort
from museum_assets.kiosk.stream_lost import begin_anew, pass_deleted
from museum_assets.kiosk.stream_position import Position, Read, advance, anchor, begin, positions
from resources.kafka import Kafka, Message, TopicReader
from resources.postgres import Connection, Database

BATCH_MESSAGES = 5000
BATCH_BYTES = 8 << 20
BATCH_SECONDS = 0.5
LOOK_EVERY_SECONDS = 30.0
"""How often the brokers are asked for new partitions; also what notices that they are gone."""


@dataclass(slots=True)
class Consumed:
    """What a consumer did: messages = loaded + duplicate + rejected; a letter may count under several reasons.

    `replayed` letters waited for their site; `lost` partitions had offsets that are gone; `lag` is what is left.
    """

    loaded: int = 0
    duplicate: int = 0
    rejected: int = 0
    replayed: int = 0
    lost: int = 0
    lag: int = 0
    seconds: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def messages(self) -> int:
        """How many messages were read."""
        return self.loaded + self.duplicate + self.rejected

    def add(self, read: Read, reasons: Counter[str]) -> None:
        """Count a batch that is committed."""
        self.loaded += read.loaded
        self.duplicate += read.duplicate
        self.rejected += read.rejected
        self.reasons.update(reasons)


def consume(
    database: Database,
    museum: KioskMuseum,
    kafka: Kafka,
    stop: Callable[[], bool],
    *,
    catch_up: bool = False,
    told: Callable[[Consumed], None] = lambda _: None,
    books: Consumed | None = None,
) -> Consumed:
    """Read the museum's topic until `stop()`, or with `catch_up` until where it ended at the start.

    A kill at any point loses and repeats nothing: offsets are stored with what was made of the messages before them.
    `told` hears after every batch; `books` are filled in as it goes, also when it ends in an error. Raises Busy when
    another consumer reads this museum, KafkaUnavailable, DatabaseUnavailable.
    """
    books = Consumed() if books is None else books
    started = time.monotonic()
    with (
        database.lock(museum.slug, SOURCE),
        database.connect() as conn,
        kafka.reader(museum.topic) as reader,
    ):
        consumer = Consumer(database, conn, museum, reader, books)
        consumer.look()
        consumer.replay_waiting()
        while not stop() and not (catch_up and consumer.caught_up):
            consumer.step()
            books.seconds = time.monotonic() - started
            told(books)
        books.lag = consumer.lag()
    books.seconds = time.monotonic() - started
    return books


class Consumer:
    """The one consumer of a museum's topic, while its lock is held."""

    def __init__(
        self, database: Database, conn: Connection, museum: KioskMuseum, reader: TopicReader, books: Consumed
    ) -> None:
        self.database = database
        self.conn = conn
        self.museum = museum
        self.reader = reader
        self.books = books
        self.sites: set[int] = set()
        self.at: dict[int, Position] = {}
        self.unverified: set[int] = set()
        """Partitions whose message before the position is read once more, to see that the topic is the same one."""
        self.ends: dict[int, int] = {}
        """Where the partitions ended when they were first looked at."""
        self.looked = 0.0
        with conn.transaction():
            ensure_types(conn, museum)

    @property
    def caught_up(self) -> bool:
        """Whether every partition was read to where it ended at the start."""
        return not self.unverified and all(self.at[p].next_offset >= end for p, end in self.ends.items())

    def look(self) -> None:
        """Notice partitions, begin reading those not read yet. Raises KafkaUnavailable, TopicMissing."""
        stored = positions(self.conn, self.museum.slug, self.museum.topic)
        for partition in self.reader.partitions():
            if partition not in self.at:
                self._find(partition, stored.get(partition))
        self.looked = time.monotonic()

    def _find(self, partition: int, position: Position | None) -> None:
        """Begin to read a partition at its position, or after what can no longer be read."""
        low, high = self.reader.watermarks(partition)
        if position is None:
            position = Position(self.museum.slug, self.museum.topic, partition, low)
            begin(self.conn, position)
        elif position.next_offset > high:
            position = self._lost(begin_anew(self.conn, position, low))
        elif position.next_offset < low:
            position = self._lost(pass_deleted(self.conn, position, low))
        again = position.anchor is not None and position.next_offset > low
        self.unverified -= {partition}
        self.unverified |= {partition} if again else set()
        self.at[partition] = position
        self.ends.setdefault(partition, high)
        self.ends[partition] = min(self.ends[partition], high)
        self.reader.start(partition, position.next_offset - again)

    def _lost(self, position: Position) -> Position:
        self.books.lost += 1
        return position

    def step(self) -> None:
        """Read one micro-batch and commit it, a transaction per partition."""
        if time.monotonic() - self.looked > LOOK_EVERY_SECONDS:
            self.look()
            self.replay_waiting()
        batch = self.reader.read(BATCH_MESSAGES, BATCH_BYTES, BATCH_SECONDS)
        if batch.messages:
            self.replay_waiting()
        for partition in {**batch.messages, **batch.ends}:
            messages = self._verified(partition, batch.messages.get(partition, []))
            if messages is not None:
                self._commit(partition, messages, batch.ends.get(partition, 0))
        for partition in batch.out_of_range:
            self._find(partition, self.at[partition])

    def _verified(self, partition: int, messages: Sequence[Message]) -> Sequence[Message] | None:
        """Return the messages from the position on; None when the topic is found to be another one."""
        position = self.at[partition]
        if partition in self.unverified:
            self.unverified -= {partition}
            first = messages[0] if messages else None
            # Compaction or a transaction's marker may stand there: then there is nothing to compare.
            if first and first.offset == position.next_offset - 1:
                if anchor(first) != position.anchor:
                    low, _ = self.reader.watermarks(partition)
                    self._find(partition, self._lost(begin_anew(self.conn, position, low)))
                    return None
                return messages[1:]
        return messages

    def _commit(self, partition: int, messages: Sequence[Message], end: int) -> None:
        before = self.at[partition]
        after = replace(before, next_offset=max(before.next_offset, end))
        if messages:
            last = messages[-1]
            after = replace(before, next_offset=max(last.offset + 1, end), anchor=anchor(last))
        if after.next_offset == before.next_offset:
            return
        found = sort(messages, self.museum, before, self.sites, datetime.now(UTC))
        with self.conn.transaction():
            loaded = load(self.conn, self.museum, found.presses)
            if found.letters:
                write_letters(self.conn, found.letters)
            read = Read(loaded.loaded, loaded.duplicate, len(found.letters))
            advance(self.conn, before, after, read)
        self.at[partition] = after
        self.books.add(read, found.reasons)

    def replay_waiting(self) -> None:
        """Learn the known sites, and load what waited for those that are new to this consumer."""
        known = known_sites(self.conn, self.museum.slug)
        for site in sorted(known - self.sites):
            waiting = Chosen(SOURCE, self.museum.slug, UNKNOWN_SITE, context={"site": site})
            self.books.replayed += replay_letters(self.database, waiting, "live_feedback").replayed
        self.sites = known

    def lag(self) -> int:
        """Ask how many offsets are left to read."""
        return sum(max(self.reader.watermarks(p)[1] - position.next_offset, 0) for p, position in self.at.items())
