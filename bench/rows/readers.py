"""Readers of production: answers with counts at twenty requests a second, and through promotions and rollbacks."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from statistics import median, quantiles

import numpy as np
import psutil

from bench.bench import Bench
from bench.measuring import IMAGES, VECTORS, Result, Target
from bench.readers_works import MODEL, MadeUpArtists, Words, promoted
from museum_assets.museums.work_types import SEARCHABLE
from museum_assets.releases.record import live, move_pointer
from museum_assets.search.answer import Answer, QueryVector
from museum_assets.search.question import Filters, Question
from museum_assets.search.reader import Reader
from resources.platform import Platform

LARGE, SMALL = "met", "smk"
PER_SECOND, CLIENTS = 20, 50
WARM = 5.0
SMALL_WORKS = 500


def measure(bench: Bench) -> Iterator[Result]:
    """Ask in a tenth of the works, then in all of them; then promote and roll back a small museum meanwhile."""
    words, works = Words(), bench.size(200_000, 20_000)
    with bench.platform() as platform:
        promoted(platform, words, LARGE, works // 10, MadeUpArtists(words, works // 10))
        few = _asked(bench, platform, words, works // 10)
    yield few
    with bench.platform() as platform:
        promoted(platform, words, LARGE, works, MadeUpArtists(words, works))
        yield _asked(bench, platform, words, works)
        yield _moved(bench, platform, words)


def reader_of(platform: Platform, words: Words) -> Reader:
    """Return a reader with vectors for queries, which has answered some already."""
    rows = np.random.default_rng(2).standard_normal((64, VECTORS[IMAGES]), dtype=np.float32)
    vectors = [QueryVector("clip", MODEL, row / np.linalg.norm(row)) for row in rows]
    # Embedding is told apart: what it costs depends on the model alone (the row `embedding`).
    reader = Reader(platform.production(), platform.production_index(), lambda text: vectors[hash(text) % len(vectors)])
    with ThreadPoolExecutor(8) as warming:
        list(warming.map(reader.search, _questions(words, 1000, 40, seed=1)))
    return reader


def _asked(bench: Bench, platform: Platform, words: Words, works: int) -> Result:
    """Ask as a public page is asked, each question at its time whether or not those before have an answer."""
    seconds, before = bench.size(60, 15), _memory()
    reader = reader_of(platform, words)
    taken: list[float] = []
    with ThreadPoolExecutor(CLIENTS) as clients:
        begun, asked = time.perf_counter(), []
        for number, question in enumerate(_questions(words, works, PER_SECOND * seconds, seed=2)):
            due = begun + number / PER_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
            asked.append(clients.submit(_answered, reader, question, due, taken))
        for each in asked:
            each.result()  # raises why one was not answered
    memory = (_memory() - before) / 1e6
    reader.close()
    p95 = 1000 * quantiles(taken, n=20)[-1]
    note = f"p50 {1000 * median(taken):.0f} ms, longest {1000 * max(taken):.0f} ms, {memory:,.0f} MB with mapped files"
    return Result("readers", f"95 of 100 answers in {works:,} works, at {PER_SECOND} requests/s", p95, "ms",
                  Target("at most", 100), note)  # fmt: skip


def _memory() -> int:
    """Return the bytes of this process and of those with the index, mapped files among them."""
    this = psutil.Process()
    return sum(each.memory_info().rss for each in [this, *this.children()])


def _answered(reader: Reader, question: Question, due: float, taken: list[float]) -> Answer:
    answer = reader.search(question)
    taken.append(time.perf_counter() - due)
    assert not answer.words_only or not question.words
    return answer


def _questions(words: Words, works: int, count: int, seed: int) -> Iterator[Question]:
    """Yield what readers ask: mostly words, of which some are in every second work, then numbers and filters."""
    chosen = random.Random(seed)
    for _ in range(count):
        kind = chosen.random()
        filters = Filters()
        if kind > 0.6:
            filters = Filters(
                work_type=chosen.choice([None, *SEARCHABLE]), century=chosen.choice([None, 17, 18, 19]),
                has_image=chosen.choice([None, True]))  # fmt: skip
        if kind < 0.1:
            yield Question(f"{LARGE}.{chosen.randrange(works)}")
        elif kind < 0.8:
            yield Question(" ".join(words.some(chosen, chosen.randint(1, 3))), filters)
        else:
            yield Question(filters=filters, offset=24 * chosen.randrange(5))


def _moved(bench: Bench, platform: Platform, words: Words) -> Result:
    """Let clients ask without a pause to speak of, while a small museum is promoted and rolled back."""
    ready = [promoted(platform, words, SMALL, SMALL_WORKS)]
    reader, done = reader_of(platform, words), threading.Event()
    taken: list[float] = []
    wrong: list[str] = []

    def ask(seed: int) -> None:
        pauses = random.Random(seed)
        for question in _questions(words, SMALL_WORKS, 1_000_000, seed):
            if done.wait(pauses.random() * 2 * CLIENTS / PER_SECOND):
                return
            try:
                answer = _answered(reader, question, time.perf_counter(), taken)
                shown = {(each.artwork.museum, each.artwork.release) for each in answer.found}
                assert shown <= set(answer.releases.items()), f"{shown} in an answer of {answer.releases}"
            except Exception as error:  # noqa: BLE001 - it is counted and shown
                wrong.append(f"{type(error).__name__}: {error}")

    clients = [threading.Thread(target=ask, args=(seed,)) for seed in range(CLIENTS)]
    moves = bench.size(50, 10)
    # In a process of its own, as the pipeline is.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pipeline:
        pipeline.submit(_imported).result()
        for client in clients:
            client.start()
        time.sleep(WARM)
        taken.clear()  # connections were made in the first answers, as in a server's first seconds
        for number in range(moves):
            if number % 5 == 0:
                ready.append(pipeline.submit(promoted, platform, words, SMALL, SMALL_WORKS).result())
            else:
                _back_or_forth(platform, ready)
            time.sleep(0.2)
    done.set()
    for client in clients:
        client.join()
    reader.close()
    return Result("readers", f"longest of {len(taken):,} answers to {CLIENTS} clients, through {moves} moves",
                  1000 * max(taken), "ms", Target("at most", 250),
                  f"{len(wrong)} wrong: {wrong[:1] or 'none'}; p50 {1000 * median(taken):.0f} ms")  # fmt: skip


def _imported() -> None:
    """Do nothing, in a process that has imported this module for it."""


def _back_or_forth(platform: Platform, ready: list[int]) -> None:
    with platform.production().connect() as conn:
        now = live(conn, SMALL)
        to = ready[-2] if now == ready[-1] else ready[-1]
        move_pointer(conn, SMALL, "rollback", from_=now, to=to, by="bench", why="bench")
