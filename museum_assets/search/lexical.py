"""What the words of a query find in the live releases, best first, in Postgres's own full text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from museum_assets.core.memory import Memory
from museum_assets.museums import MUSEUMS
from museum_assets.search.columns import Columns
from museum_assets.search.facets import wanted
from museum_assets.search.production import Now, Production
from museum_assets.search.question import DEEPEST, Filters
from museum_assets.search.ranking import Name, name_of
from museum_assets.search.words import MOST_WORDS, Vocabulary, Words, artist_lexeme, both, filter_lexemes, read_words
from museum_assets.search.work_sets import NONE, WorkSet
from sql import query

POOL = 1000
"""Works of a museum that are ranked. They lie in the order in which they are shown when nothing else tells them apart,
so that of a word which every second work has, the first ones are as good as any."""
EXACT = 50
LONGEST_TITLE = 200
"""Letters of a title by which it is told apart, as production.fill_search has it."""
REMEMBERED = 256
"""Lists of queries: frequent words take longest, and come again."""


@dataclass(frozen=True, slots=True)
class Worded:
    """What words find: `names` are ranked, `works` are all that have them, whatever the filters.

    `tsquery` and `works` are narrowed to the artist that was asked for; `of_anybody` are works of whomever. `all_words`
    says whether each work has every required word; else each has one at least. `artists` are the works with all of them
    in one artist's name. `exact` are the works that an object number or a title finds, which may lack the words: a
    number with other separators.
    """

    words: Words
    tsquery: str = ""
    works: WorkSet = NONE
    of_anybody: WorkSet = NONE
    all_words: bool = True
    corrected: str | None = None
    numbers: list[Name] = field(default_factory=list)
    titles: list[Name] = field(default_factory=list)
    artists: list[Name] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)
    exact: WorkSet = NONE


class Lexical:
    """Search by words. Threads may share it."""

    def __init__(self, production: Production, columns: Columns) -> None:
        self._vocabulary = Vocabulary(production)
        self._columns = columns
        self._listed: Memory[tuple[Any, ...], list[Name]] = Memory(REMEMBERED)

    def find(self, now: Now, text: str, museums: Sequence[str], filters: Filters) -> Worded:
        """Return what a query finds among the works that filters admit, all of which are in `museums`.

        Works with all words; where there are none, those with the nearest words that production knows; where there are
        none either, those with one word at least.
        """
        museum, number = _named(text)
        words = read_words(now, number)
        if not words.words:
            return Worded(words)
        asked = self._asked(now, words)
        found = asked if asked.works else self._mended(now, words) or self._some(now, words)
        found = replace(found, of_anybody=found.works)
        within = filter_lexemes(wanted(filters, but="museum"))
        if filters.artist is not None:
            artist = artist_lexeme(filters.artist)
            works = found.works & self._columns.of_artist(now, filters.artist)
            found = replace(found, tsquery=both(found.tsquery, artist), works=works)
            within = both(artist, within)
        if found.works:
            artists = self._by_artist(now, found, within, museums) if found.all_words else []
            found = replace(found, artists=artists, names=self._ranked(now, found, within, museums))
        return self._exact(now, found, words.folded, within, museums, museum)

    def _asked(self, now: Now, words: Words) -> Worded:
        return Worded(words, words.all, self._columns.with_all(now, words))

    def _some(self, now: Now, words: Words) -> Worded:
        return Worded(words, words.some, self._columns.with_some(now, words), all_words=False)

    def _mended(self, now: Now, words: Words) -> Worded | None:
        better = self._vocabulary.corrected(now, words)
        if better is None:
            return None
        mended = read_words(now, better)
        found = self._asked(now, mended)
        return replace(found if found.works else self._some(now, mended), corrected=better)

    def _ranked(self, now: Now, found: Worded, within: str, museums: Sequence[str]) -> list[Name]:
        values = {
            "museums": list(museums),
            "query": both(found.tsquery, within),
            "any": found.words.any,
            "exact": found.words.exact,
            "pool": POOL,
            "limit": DEEPEST,
        }
        return self._names(now, query("readers.ranked"), values)

    def _by_artist(self, now: Now, found: Worded, within: str, museums: Sequence[str]) -> list[Name]:
        words = found.words
        values = {
            "museums": list(museums),
            "artist": both(words.artist, within),
            "whole": words.whole_artist,
            "name": words.name,
            "one_word": len(words.required) == 1,
            "pool": POOL,
            "limit": DEEPEST,
        }
        return self._names(now, query("readers.by_artist"), values)

    def _names(self, now: Now, statement: str, values: dict[str, Any]) -> list[Name]:
        """Return the works that a statement lists, remembered as long as the same releases are live."""
        given = [tuple(each) if isinstance(each, list) else each for each in values.values()]
        key = (now.key, statement, *given)
        names = self._listed.get(key)
        if names is None:
            names = now.names(statement, values)
            self._listed.put(key, names)
        return names

    def _exact(
        self, now: Now, found: Worded, folded: str, within: str, museums: Sequence[str], museum: str | None
    ) -> Worded:
        """Add the works whose object number or title is the query, without its separators and as it was typed."""
        values = {
            "museums": list(museums),
            "query": found.tsquery,
            "number": folded.replace(" ", ""),
            "title": folded[:LONGEST_TITLE],
            "parts": _parts(folded) if found.all_words else [],
            "within": within or None,
            "limit": EXACT,
        }
        rows = [
            row
            for row in now.conn.execute(query("readers.exact"), values)
            if museum is None or not row["by_number"] or row["museum"] == museum
        ]
        return replace(
            found,
            numbers=[name_of(row) for row in rows if row["by_number"]],
            titles=[name_of(row) for row in rows if not row["by_number"]],
            exact=self._columns.at(now, [(row["museum"], row["place"]) for row in rows]),
        )


def _named(text: str) -> tuple[str | None, str]:
    """Return (museum, object number) of a name such as `smk:KMS1`, else (None, text)."""
    slug, colon, number = text.strip().partition(":")
    return (slug, number) if colon and slug in MUSEUMS else (None, text)


def _parts(folded: str) -> list[str]:
    """Return what a query may begin or end with that is a title: whoever asks often names the artist too."""
    words = folded.split()[:MOST_WORDS]
    cuts = [(words[:cut], words[cut:]) for cut in range(1, len(words))]
    return [" ".join(part)[:LONGEST_TITLE] for parts in cuts for part in parts]
