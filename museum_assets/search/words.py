"""The words of a query as production knows them: without accents, with all words of the same stem, and corrected."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from museum_assets.core.failures import MuseumError
from museum_assets.search.production import Now, Production
from sql import query

MOST_WORDS = 16
MOST_VARIANTS = 20
"""The most frequent words of a stem: more would make a query slower and find hardly more."""
LONGEST_ARTIST = 500
"""Characters of an identity in its lexeme, as production.artist_lexemes has it."""
CHUNK = 5_000
"""Words read at once: answering threads wait for no more than that many to be read."""


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word of a query. `common` ones, such as "the", need not be in a work.

    `doubtful` ones are common if the query is in one language, and matter if it is in another.
    """

    text: str
    stems: tuple[str, ...]
    common: bool
    doubtful: bool
    variants: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Say whether any live work has the word, in whatever form."""
        return bool(self.variants)

    @property
    def tsquery(self) -> str:
        """The word or any of its forms, as Postgres reads a query."""
        return " | ".join(_quoted(each) for each in dict.fromkeys((self.text, *self.variants)))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a query, each once, and its whole text folded."""

    folded: str
    words: tuple[Word, ...]

    @property
    def required(self) -> tuple[Word, ...]:
        """The words that a work must have: those that are not common, all when all are."""
        return tuple(word for word in self.words if not word.common) or self.words

    @property
    def telling(self) -> tuple[Word, ...]:
        """The words of which a work must have one where none has all; doubtful ones where there is no other."""
        return tuple(word for word in self.required if not word.doubtful) or self.required

    @property
    def all(self) -> str:
        """The query for works with every required word."""
        return " & ".join(f"({word.tsquery})" for word in self.required)

    @property
    def some(self) -> str:
        """The query for works with one of the telling words at least."""
        return " | ".join(word.tsquery for word in self.telling)

    @property
    def artist(self) -> str:
        """The query for works whose artists' names hold every required word as it was typed, maybe several names."""
        return _by_artists(self.required)

    @property
    def whole_artist(self) -> str:
        """The same with the common words as well: "Man Ray" is not every Ray, though "man" is common in Danish."""
        return _by_artists(self.words)

    @property
    def name(self) -> str:
        """The query for one name that holds every required word."""
        return " & ".join(_quoted(word.text) for word in self.required)

    @property
    def any(self) -> str:
        """The query for works with one of the words at least; it is also what ranks."""
        return " | ".join(word.tsquery for word in self.words)

    @property
    def exact(self) -> str:
        """The query for works with one of the words at least, as it was typed."""
        return " | ".join(_quoted(word.text) for word in self.words)


def artist_lexeme(identity: str) -> str:
    """Return the query for the works of an artist, whom production.fill_search adds to a work's words."""
    return _quoted("=" + identity[:LONGEST_ARTIST])


def filter_lexemes(asked: Mapping[str, Any]) -> str:
    """Return the query for works that have what filters ask, which production.fill_search adds to a work's words."""
    texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in asked.items()}
    return " & ".join(_quoted(f"=={name} {text}") for name, text in texts.items())


def both(*queries: str | None) -> str:
    """Return the query for works that each of these finds; nothing asks nothing."""
    return " & ".join(f"({each})" for each in queries if each)


def _by_artists(words: Sequence[Word]) -> str:
    """Return the query for words among artists, which production.fill_search marks with B."""
    return " & ".join(f"{_quoted(word.text)}:B" for word in words)


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def read_words(now: Now, text: str) -> Words:
    """Return the words of a query with the forms that works of the live releases have."""
    row = now.conn.execute(query("readers.query"), {"words": text}).fetchone()
    assert row is not None
    asked = row["words"][:MOST_WORDS]
    if not asked:
        return Words(row["folded"], ())
    common = _common([stops for _, _, stops in asked])
    words = [Word(text, tuple(stems), *each) for (text, stems, _), each in zip(asked, common, strict=True)]
    stems = sorted({stem for word in words for stem in word.stems})
    found = now.conn.execute(query("readers.variants"), {"stems": stems}).fetchall()
    variants = [
        tuple(each["word"] for each in found if not set(each["stems"]).isdisjoint(word.stems))[:MOST_VARIANTS]
        for word in words
    ]
    return Words(row["folded"], tuple(replace(word, variants=each) for word, each in zip(words, variants, strict=True)))


def _common(stops: Sequence[Sequence[bool]]) -> list[tuple[bool, bool]]:
    """Return of each word whether it is a stop word in the language of the query, and whether that is in doubt.

    The language is that in which most of its words are stop words: "man" is one in Danish, and matters in "portrait of
    a man". Where several languages have as many, most of them have to agree: "dog" is one in Danish too, and of "dog in
    autumn" English and Dutch say that "in" is. One word alone does not make a query Danish or Dutch: "black dog".
    """
    english, *others = (sum(language) for language in zip(*stops, strict=True))
    counts = [max(english, 1), *others]
    spoken = [count == max(counts) for count in counts]
    agreed = [sum(stop and speaks for stop, speaks in zip(word, spoken, strict=True)) for word in stops]
    return [(2 * languages > sum(spoken), 0 < 2 * languages <= sum(spoken)) for languages in agreed]


class Vocabulary:
    """Every word of the live releases, to correct typing errors with. Threads may share it.

    The first one is read when it is asked for, later ones in the background: until one is there, what was live before
    corrects. That is safe, since only a query that finds nothing is corrected.
    """

    def __init__(self, production: Production) -> None:
        self._production = production
        self._lock = threading.Lock()
        self._releases: Mapping[str, int] = {}
        self._words: dict[str, int] = {}
        self._reading: threading.Thread | None = None

    def corrected(self, now: Now, words: Words) -> str | None:
        """Return the query with each word that no work has replaced by the nearest one; None when there is none."""
        known = self._of(now)
        mended = [_nearest(word.text, known) if not word.known else None for word in words.words]
        if not any(mended):
            return None
        return " ".join(better or word.text for better, word in zip(mended, words.words, strict=True))

    def _of(self, now: Now) -> dict[str, int]:
        with self._lock:
            if not self._releases:
                self._words, self._releases = _read(now), now.releases
            elif self._releases != now.releases and (self._reading is None or not self._reading.is_alive()):
                self._reading = threading.Thread(target=self._renew, name="vocabulary", daemon=True)
                self._reading.start()
            return self._words

    def _renew(self) -> None:
        with suppress(MuseumError), self._production.now() as now:
            words = _read(now)
            with self._lock:
                self._words, self._releases = words, now.releases


def _read(now: Now) -> dict[str, int]:
    words: dict[str, int] = {}
    with now.conn.cursor(name="vocabulary") as cursor:
        cursor.itersize = CHUNK
        cursor.execute(query("readers.vocabulary"))
        for row in cursor:
            words[row["word"]] = row["works"]
    return words


def _nearest(word: str, known: Mapping[str, int]) -> str | None:
    """Return the known word with the fewest typing errors between; of several the most frequent one."""
    if len(word) < 4 or any(letter.isdigit() for letter in word):
        return None
    most = 1 if len(word) < 8 else 2
    found = _within(word, list(known), most)
    return min(found, key=lambda each: (each[1], -known[each[0]]))[0] if found else None


def _within(word: str, known: Sequence[str], most: int) -> list[tuple[str, int]]:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    distance: Callable[..., int] = OSA.distance
    found = process.extract(word, known, scorer=distance, score_cutoff=most, limit=50)
    return [(each, int(errors)) for each, errors, _ in found]
