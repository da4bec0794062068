"""200 readers through 50 promotions and rollbacks: no error, no wait, and never two releases at once."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg

from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import PromotionRequest
from museum_assets.releases.promotion.rollback import roll_back
from museum_assets.releases.record import live
from museum_assets.releases.snapshot import snapshot
from museum_assets.releases.staging.candidate import stage_candidate
from resources.platform import Platform
from resources.vector_index.index import Hit
from tests.support.release_tables import stage

READERS, MOVES, WORKS = 200, 50, 12
ARTWORKS = """
    SELECT release_id, count(*) AS works, array_agg(DISTINCT split_part(title, ' v', 2)) AS said
    FROM production.artwork WHERE museum = 'smk' GROUP BY release_id
"""
JOINED = """
    SELECT a.release_id, count(*) AS works, array_agg(DISTINCT split_part(a.title, ' v', 2)) AS said,
           array_agg(DISTINCT r.release_id) AS others
    FROM production.artwork AS a
    JOIN production.artwork_artist AS l USING (museum, object_number)
    JOIN production.artist AS r USING (museum, artist_id)
    WHERE a.museum = 'smk' GROUP BY a.release_id
"""
Connection = psycopg.AsyncConnection[Any]


class Readers:
    """Connections that read in a loop, and what they saw: `releases` by number, `wrong` what should not be.

    `late` counts the locks that were not there within a millisecond.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.done = threading.Event()
        self.releases: Counter[int] = Counter()
        self.wrong: list[str] = []
        self.reads = 0
        self.late = 0

    def judge(self, rows: list[tuple[Any, ...]], works: int) -> int | None:
        """Check that an answer is one whole release, and return which."""
        self.reads += 1
        if len(rows) != 1 or rows[0][1] != works or len(rows[0][2]) != 1 or rows[0][2] != [str(rows[0][0])]:
            self.wrong.append(f"not one whole release: {rows}")
            return None
        if len(rows[0]) > 3 and rows[0][3] != [rows[0][0]]:
            self.wrong.append(f"tables of two releases joined: {rows}")
        self.releases[rows[0][0]] += 1
        return int(rows[0][0])

    async def ask(self, conn: Connection, statement: str, works: int) -> int | None:
        """Ask one question."""
        return self.judge(await (await conn.execute(statement)).fetchall(), works)

    async def single(self, conn: Connection) -> None:
        """Ask in statements of their own."""
        await self.ask(conn, ARTWORKS, WORKS)
        await self.ask(conn, JOINED, 2 * WORKS)

    async def committed(self, conn: Connection) -> None:
        """Ask several times in one READ COMMITTED transaction, with plans that are kept."""
        async with conn.transaction():
            for _ in range(3):
                await self.ask(conn, ARTWORKS, WORKS)
                await asyncio.sleep(random.random() * 0.5)

    async def repeatable(self, conn: Connection) -> None:
        """Ask twice in one REPEATABLE READ transaction: both answers are of one release."""
        await conn.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        async with conn.transaction():
            first = await self.ask(conn, ARTWORKS, WORKS)
            await asyncio.sleep(random.random())
            second = await self.ask(conn, JOINED, 2 * WORKS)
        if first != second:
            self.wrong.append(f"release {first}, then {second} in one transaction")

    async def read(self, how: Callable[[Connection], Awaitable[None]]) -> None:
        """Read until told to stop. A lock that is waited for longer than a millisecond, twice in a row, is an error.

        Once is none yet: a process that does not get its turn, of 200 on few cores, reports a wait where nobody held
        anything for long. It asks again at once, and what holds a lock is still there then.
        """
        try:
            async with await psycopg.AsyncConnection.connect(
                self.url, autocommit=True, options="-c lock_timeout=1ms", prepare_threshold=2
            ) as conn:
                again = False
                while not self.done.is_set():
                    try:
                        await how(conn)
                    except psycopg.errors.LockNotAvailable:
                        self.late += 1
                        if again:
                            raise
                        again = True
                        continue
                    again = False
                    await asyncio.sleep(random.random())
        except psycopg.Error as error:
            self.wrong.append(f"{how.__name__}: {type(error).__name__}: {error}")

    async def all(self) -> None:
        """Let all of them read."""
        ways = [self.single, self.committed, self.repeatable]
        await asyncio.gather(*(self.read(ways[number % 3]) for number in range(READERS)))

    def run(self) -> None:
        """Run them in this thread."""
        asyncio.run(self.all())


def search(desk: ReleaseDesk, platform: Platform, readers: Readers) -> None:
    """Search and join with the rows, over and over: what the index shows is what the tables hold."""
    while not readers.done.is_set():
        try:
            with snapshot(desk.production, platform.production_index(), "smk") as now:
                found = list(now.session.scroll(now.where("smk")))
                hits = now.joined([Hit(record.id, 1.0, record.payload) for record in found])
            seen = {(hit.payload["release"], hit.payload["title"].split(" v")[1]) for hit in hits}
            if len(hits) != WORKS or seen != {(now.releases["smk"], str(now.releases["smk"]))}:
                readers.wrong.append(f"a search found {len(hits)} works of {seen}")
            readers.reads += 1
        except Exception as error:  # noqa: BLE001 - it is reported below
            readers.wrong.append(f"search: {type(error).__name__}: {error}")
        readers.done.wait(0.2)  # the embedded index is one process's and one session's at a time: publishing waits


def test_readers_notice_nothing(desk: ReleaseDesk, platform: Platform) -> None:
    bucket, choose, number = platform.thumbnails(), random.Random(7), 0

    def publish() -> None:
        nonlocal number
        number += 1
        stage(desk.platform, "smk", WORKS, say=f" v{number}", bucket=bucket)
        stage_candidate(desk.platform, desk.production, "smk")
        assert promote(desk, PromotionRequest("smk", "Ida", "test")).release.id == number

    publish()
    publish()
    readers = Readers(desk.production.url)
    threads = [threading.Thread(target=readers.run), threading.Thread(target=search, args=(desk, platform, readers))]
    for thread in threads:
        thread.start()
    try:
        moved = Counter[str]()
        for _ in range(MOVES):
            if choose.random() < 0.4:
                publish()
                moved["promoted"] += 1
                continue
            with desk.production.connect() as conn:
                current = live(conn, "smk")
                ready = [row["release_id"] for row in conn.execute(
                    "SELECT release_id FROM production.release WHERE museum = 'smk' AND state = 'ready'")]  # fmt: skip
            others = [release for release in ready if release != current]
            roll_back(desk.production, "smk", to=choose.choice(others), by="Ida", why="test")
            moved["rolled back"] += 1
    finally:
        readers.done.set()
        for thread in threads:
            thread.join()
    assert readers.wrong == []
    assert readers.late <= 3
    assert moved["promoted"] >= 15
    assert moved["rolled back"] >= 20
    assert readers.reads > 2_000
    assert len(readers.releases) > 10
    print(f"{readers.reads} reads of {len(readers.releases)} releases through {dict(moved)}")  # noqa: T201
