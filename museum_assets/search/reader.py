"""Answers to readers of production: always through the pointer, and each of one release per museum."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from museum_assets.core.failures import Unavailable
from museum_assets.search.answer import (
    Answer,
    ArtistNow,
    Artwork,
    Beside,
    Found,
    LiveRelease,
    MuseumNow,
    News,
    QueryVector,
    Reason,
    Why,
    WorkNow,
)
from museum_assets.search.artists import Artists
from museum_assets.search.beside import beside
from museum_assets.search.browsing import Browsing
from museum_assets.search.columns import Columns
from museum_assets.search.facets import Combination, Combinations, Kept, Key, admitted, facets, total
from museum_assets.search.lexical import Lexical, Worded
from museum_assets.search.nearest import Near, by_point, by_query, joined, of_works, shown
from museum_assets.search.production import CONNECTIONS, Now, Production
from museum_assets.search.question import DEEPEST, Filters, Question
from museum_assets.search.ranking import Name, Rankings, name_of
from museum_assets.search.words import Words
from resources.postgres import Database
from resources.vector_index.index import Hit, SearchFilter
from resources.vector_index.readers import readers_of
from resources.vector_index.session import VectorIndex
from sql import query

NEAR = 100
"""How many works each vector adds to those with the words."""
NAMED = {Reason.OBJECT_NUMBER, Reason.TITLE, Reason.ARTIST}
"""Reasons that say more than that the words are there."""


class Reader:
    """Production as readers see it; threads may share one. `close` gives its connections back.

    `vectors_for` returns the vector of a query in words, None while no model is ready. `model` names the embedder by
    whose vectors works are alike.
    """

    def __init__(
        self,
        database: Database,
        index: VectorIndex,
        vectors_for: Callable[[str], QueryVector | None],
        model: str = "clip",
    ) -> None:
        self.vectors_for = vectors_for
        self._model = model
        self._production = Production(database)
        self._index = readers_of(index)
        self._combinations = Combinations()
        self._browsing = Browsing()
        self._columns = Columns()
        self._artists = Artists(self._columns)
        self._lexical = Lexical(self._production, self._columns)
        self._threads = ThreadPoolExecutor(CONNECTIONS, "index search")

    def begin(self) -> None:
        """Begin to open the index, so that a first search waits less."""
        self._index.begin()

    def close(self) -> None:
        """Close the connections and the index."""
        self._threads.shutdown(cancel_futures=True)
        self._production.close()
        self._index.close()

    def search(self, question: Question) -> Answer:
        """Return one page of what a question finds, best first."""
        if not question.words.strip():
            with self._production.now() as now:
                return self._browsed(now, question)
        vector = self.vectors_for(question.words)  # before the snapshot, which should not grow old meanwhile
        with self._production.now() as now:
            combinations = self._combinations.of(now)
            kept = admitted(combinations, question.filters)
            searching = None
            # What has a digit may be an object number, for which nothing that is merely near is shown.
            if vector is not None and not any(map(str.isdigit, question.words)):
                searching = self._searching(now, vector, question.filters)
            worded = self._lexical.find(now, question.words, list(kept), question.filters)
            near = None
            if vector is not None and not worded.numbers:
                searching = searching or self._searching(now, vector, question.filters)
                near = self._near(now, searching, kept)
            return self._answer(now, question, worded, near, combinations, kept, words_only=vector is None)

    def _browsed(self, now: Now, question: Question) -> Answer:
        combinations, filters = self._combinations.of(now), question.filters
        kept = admitted(combinations, filters)
        if filters.artist is None:
            names = self._browsing.names(now, combinations, filters, question.offset + question.limit)
            counts = {key: each.works for key, each in combinations.items()}
        else:
            works = self._artists.works(now, filters.artist, kept)
            names, counts = works.names, works.counts
        page = names[question.offset : question.offset + question.limit]
        return Answer(
            [Found(artwork) for artwork, _ in self._artworks(now, page)],
            total(counts, combinations, filters),
            facets(counts, combinations, filters),
            now.releases,
            artists=self._artists.counted(now, self._columns.admitted(now, kept), filters.artist),
        )

    def artist(self, identity: str, limit: int = 24) -> ArtistNow | None:
        """Return an artist with the first works of all museums, None where no live work is theirs."""
        with self._production.now() as now:
            who = self._artists.who(now, identity)
            question = Question(filters=Filters(artist=identity), limit=limit)
            return ArtistNow(who, self._browsed(now, question)) if who else None

    def _searching(self, now: Now, vector: QueryVector, filters: Filters) -> Future[dict[Reason, list[Hit]]]:
        """Begin to search the index: Postgres finds words meanwhile."""
        releases, where = now.releases, self._shown(now, filters)

        def found() -> dict[Reason, list[Hit]]:
            with self._index.open(releases) as session:
                return by_query(session, vector, where, NEAR)

        return self._threads.submit(found)

    def _near(
        self, now: Now, searching: Future[dict[Reason, list[Hit]]], kept: Kept
    ) -> dict[Reason, list[Near]] | None:
        """Return the works near a query's vector; None when the index cannot say now."""
        try:
            found = searching.result()
        except Unavailable:
            return None
        return joined(now, found, self._columns.admitted(now, kept))

    def _shown(self, now: Now, filters: Filters) -> list[SearchFilter]:
        """Return filters of the points that may be found: what matches one of them may."""
        where = shown(now, filters)
        if filters.artist is None:
            return [where]
        kept = admitted(self._combinations.of(now), filters)
        return of_works(where, self._artists.numbers(now, filters.artist, kept), now)

    def _answer(
        self,
        now: Now,
        question: Question,
        worded: Worded,
        near: Mapping[Reason, Sequence[Near]] | None,
        combinations: dict[Key, Combination],
        kept: Kept,
        *,
        words_only: bool,
    ) -> Answer:
        vectors = {reason: [each.name for each in found] for reason, found in (near or {}).items()}
        rankings = Rankings(
            worded.numbers,
            worded.titles,
            worded.artists,
            worded.names,
            all_words=worded.all_words,
            corrected=worded.corrected is not None,
            vectors=vectors,
        )
        fused = rankings.fused()[:DEEPEST]
        names = fused[question.offset : question.offset + question.limit]
        # Each work counts once, whichever sides find it.
        others = [(each.name[0], each.place) for found in (near or {}).values() for each in found]
        also = worded.exact | self._columns.at(now, others)
        counts = self._columns.counts(now, worded.works | also)
        filters = question.filters
        of_anybody = (worded.of_anybody & self._columns.admitted(now, kept)) | also
        reasons, queries = rankings.reasons(names), [word.tsquery for word in worded.words.words]
        works = self._artworks(now, names, queries)
        return Answer(
            [Found(each, _why(reasons[each.museum, each.object_number], worded.words, by)) for each, by in works],
            total(counts, combinations, filters),
            facets(counts, combinations, filters),
            now.releases,
            worded.corrected,
            words_only or (near is None and not worded.numbers),
            self._artists.counted(now, of_anybody, filters.artist),
        )

    def artwork(self, museum: str, number: str) -> Artwork | None:
        """Return a work of a museum's live release by its object number."""
        with self._production.now() as now:
            return next((artwork for artwork, _ in self._artworks(now, [(museum, number)])), None)

    def described(self, museum: str, number: str) -> tuple[Artwork, Beside] | None:
        """Return a work of a museum's live release with what is said beside it."""
        with self._production.now() as now:
            found = next((artwork for artwork, _ in self._artworks(now, [(museum, number)])), None)
            return (found, beside(now, museum, number)) if found else None

    def similar(self, museum: str, number: str, limit: int = 24) -> WorkNow | None:
        """Return a work of a museum's live release with what is like it: nothing when it has no vector."""
        with self._production.now() as now:
            for artwork, _ in self._artworks(now, [(museum, number)]):
                with self._index.open(now.releases) as session:
                    reason, hits = by_point(session, shown(now, Filters()), (museum, number), self._model, limit)
                similar = self._found(now, hits, reason, Filters())
                makers = self._artists.of_work(now, museum, number)
                return WorkNow(artwork, now.live[museum], similar, makers, beside(now, museum, number))
        return None

    def by_vector(self, vector: QueryVector, filters: Filters, limit: int = 24) -> list[Found]:
        """Return works whose images are nearest to the vector of an image, best first."""
        with self._production.now() as now:
            with self._index.open(now.releases) as session:
                hits = by_query(session, vector, self._shown(now, filters), limit).get(Reason.LOOKS, [])
            return self._found(now, hits, Reason.LOOKS, filters)

    def _found(self, now: Now, hits: Sequence[Hit], reason: Reason, filters: Filters) -> list[Found]:
        kept = admitted(self._combinations.of(now), filters)
        near = joined(now, {reason: hits}, self._columns.admitted(now, kept))[reason]
        return [Found(artwork, (Why(reason),)) for artwork, _ in self._artworks(now, [each.name for each in near])]

    def museum(self, slug: str, works: int = 8) -> MuseumNow | None:
        """Return a museum's live release with its counts and some works; None when it has none."""
        with self._production.now() as now:
            if slug not in now.live:
                return None
            everywhere = self._combinations.of(now)
            names = self._browsing.names(now, everywhere, Filters(museum=slug), works)[:works]
            combinations = {key: each for key, each in everywhere.items() if key[0] == slug}
            counted = facets({key: each.works for key, each in combinations.items()}, combinations, Filters())
            rights = now.conn.execute(query("readers.rights"), {"museum": slug}).fetchall()
            first = [Found(artwork) for artwork, _ in self._artworks(now, names)]
            return MuseumNow(now.live[slug], counted, [(row["value"], row["works"]) for row in rights], first)

    def news(self, limit: int = 24) -> list[News]:
        """Return what the live release of each museum changed, the newest release first, with up to `limit` works."""
        with self._production.now() as now:
            changes = {row["museum"]: row for row in now.conn.execute(query("readers.changes"))}
            newest = sorted(now.live.values(), key=lambda live: live.promoted_at, reverse=True)
            return [self._news(now, live, changes[live.museum], limit) for live in newest]

    def _news(self, now: Now, live: LiveRelease, changes: Mapping[str, Any], limit: int) -> News:
        values = {"museum": live.museum, "first": changes["before"] is None, "limit": limit}
        how = {row["object_number"]: row["how"] for row in now.conn.execute(query("readers.news"), values)}
        found = self._artworks(now, [(live.museum, number) for number in how])
        works = [(how[artwork.object_number], artwork) for artwork, _ in found]
        return News(live, changes["before"], changes["added"], changes["changed"], changes["removed"], works)

    def releases(self) -> dict[str, LiveRelease]:
        """Return the live release of each museum that has one."""
        with self._production.now() as now:
            return now.live

    @staticmethod
    def _artworks(now: Now, names: Sequence[Name], queries: Sequence[str] = ()) -> list[tuple[Artwork, list[int]]]:
        """Return works in the order of their names, each with the numbers, from 1, of the queries that find it."""
        found: dict[Name, tuple[Artwork, list[int]]] = {}
        museums, numbers = [museum for museum, _ in names], [number for _, number in names]
        values = {"museums": museums, "numbers": numbers, "queries": list(queries)}
        for row in now.conn.execute(query("readers.artworks"), values):
            artwork = Artwork.of({**row, "candidate_made_at": now.live[row["museum"]].harvested_when})
            found[name_of(row)] = (artwork, row["found_by"])
        return [found[name] for name in names if name in found]


def _why(besides: Sequence[Reason], words: Words, found_by: Sequence[int]) -> tuple[Why, ...]:
    """Return the reasons for which a work was found; `found_by` are the numbers of the words that it has."""
    reasons = [Why(reason) for reason in besides]
    if found_by:
        exact = sum(why.reason in NAMED for why in reasons)
        reasons.insert(exact, Why(Reason.WORDS, tuple(words.words[number - 1].text for number in found_by)))
    return tuple(reasons)
