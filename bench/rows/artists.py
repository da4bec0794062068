"""Searches among works of artists who are one in two museums: narrowed to an artist, and artists counted."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from statistics import median, quantiles

from bench.bench import Bench
from bench.measuring import Result
from bench.readers_works import MadeUpArtists, Words, promoted
from bench.rows.readers import LARGE, SMALL, reader_of
from museum_assets.search.artists import Artists
from museum_assets.search.columns import Columns
from museum_assets.search.production import Production
from museum_assets.search.question import Filters, Question
from museum_assets.search.reader import Reader
from museum_assets.search.words import read_words
from resources.platform import Platform

Ask = Callable[[random.Random], object]


def measure(bench: Bench) -> Iterator[Result]:
    """Ask each kind of question in turns, none of them twice, so that nothing is answered from memory."""
    words, works = Words(), bench.size(200_000, 5_000)
    artists = MadeUpArtists(words, works)
    with bench.platform() as platform:
        promoted(platform, words, LARGE, works * 3 // 4, artists)
        promoted(platform, words, SMALL, works // 4, artists)
        taken: dict[str, list[float]] = {}
        reader = reader_of(platform, words)
        kinds = _kinds(reader, words, artists) | {"artists of a search counted": _counting(platform, words)}
        chosen = random.Random(3)
        for _ in range(bench.size(300, 60)):
            for kind, ask in kinds.items():
                begun = time.perf_counter()
                ask(chosen)
                taken.setdefault(kind, []).append(1000 * (time.perf_counter() - begun))
        largest = _largest(reader, words, artists)
        reader.close()
    plain = taken.pop("plain search")
    baseline = f"plain search p50 {median(plain):.1f}, p95 {_p95(plain):.1f} ms"
    for kind, each in taken.items():
        note = f"p50 {median(each):.1f} ms; {baseline}"
        yield Result("artists", f"{kind}, 95 of 100 in {works:,} works", _p95(each), "ms", None, note)
    yield Result("artists", f"words within the largest artist, 95 of 100 in {works:,} works", _p95(largest), "ms", None,
                 f"p50 {median(largest):.1f} ms; {baseline}")  # fmt: skip


def _kinds(reader: Reader, words: Words, artists: MadeUpArtists) -> dict[str, Ask]:
    def text(chosen: random.Random) -> str:
        return " ".join(words.some(chosen, chosen.randint(1, 3)))

    def of_one(chosen: random.Random) -> Filters:
        return Filters(artist=artists.identity(artists.one(chosen)))

    return {
        "plain search": lambda chosen: reader.search(Question(text(chosen))),
        "search narrowed by artist": lambda chosen: reader.search(Question(text(chosen), of_one(chosen))),
        "artist's page": lambda chosen: reader.artist(artists.identity(artists.one(chosen))),
        "name as another museum spells it": lambda chosen: reader.search(
            Question(artists.spelt(artists.one(chosen), SMALL), Filters(museum=LARGE))
        ),
    }


def _counting(platform: Platform, words: Words) -> Ask:
    """Return the counting of artists alone, which every search does for its filter."""
    production, columns = Production(platform.production()), Columns()

    def count(chosen: random.Random) -> object:
        text = " ".join(words.some(chosen, chosen.randint(1, 3)))
        with production.now() as now:
            return Artists(columns).counted(now, columns.with_all(now, read_words(now, text)), None)

    return count


def _largest(reader: Reader, words: Words, artists: MadeUpArtists) -> list[float]:
    taken, chosen = [], random.Random(4)
    for _ in range(40):
        begun = time.perf_counter()
        reader.search(Question(" ".join(words.some(chosen, 2)), Filters(artist=artists.identity(0))))
        taken.append(1000 * (time.perf_counter() - begun))
    return taken


def _p95(taken: list[float]) -> float:
    return quantiles(taken, n=20)[-1]
