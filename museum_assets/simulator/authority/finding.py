"""Finding people, places and subjects by name, and saying of each how well it fits: what stands behind the protocol."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from rapidfuzz.fuzz import token_sort_ratio

from museum_assets.simulator.authority.concepts import Concept
from museum_assets.simulator.authority.people import COUNTRIES, Person
from museum_assets.simulator.authority.settlements import Settlement

Entry = Person | Settlement | Concept
BORN, DIED, COUNTRY = "P569", "P570", "P27"
COORDINATES, STATE = "P625", "P17"
"""The properties' names are Wikidata's, and so are those of the labels: `L` and a language."""
LANGUAGES = ("Len", "Lda", "Lnl")
MOST_LOOKED_AT = 400
"""Entries compared for one query; those of a common forename are more."""
LEAST = 45
"""The score below which nobody is a candidate."""


class Index:
    """Everybody, every place and every subject, by the words of their names."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.by_id: dict[str, Entry] = {}
        self._by_word: dict[str, list[str]] = {}
        for entry in entries:
            self.by_id[entry.id] = entry
            for word in {word for name in (entry.name, *entry.other_names) for word in words(name)}:
                self._by_word.setdefault(word, []).append(entry.id)

    def candidates(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the candidates for one query of the protocol, the best first. Raises ValueError without a name."""
        name, limit = query.get("query"), query.get("limit") or 5
        if not isinstance(name, str) or not name.strip():
            raise ValueError("a query needs a name")
        wanted = query.get("type")
        asked = {each["pid"]: str(each["v"]) for each in query.get("properties") or ()}
        scored = sorted(
            ((_score(entry, name, asked), entry) for entry in self._near(name)
             if not wanted or wanted == entry.kind[0]),
            key=lambda pair: (-pair[0], pair[1].id),
        )  # fmt: skip
        found = [(score, entry) for score, entry in scored if score >= LEAST][:limit]
        sure = bool(found) and found[0][0] >= 95 and (len(found) == 1 or found[0][0] - found[1][0] >= 10)
        return [_candidate(entry, score, match=sure and place == 0) for place, (score, entry) in enumerate(found)]

    def beginning(self, prefix: str, cursor: int, limit: int = 10) -> list[dict[str, Any]]:
        """Return the entries whose name begins so, from the `cursor`-th on."""
        folded = fold(prefix)
        found = [entry for entry in self.by_id.values() if fold(entry.name).startswith(folded)]
        return [{"id": entry.id, "name": entry.name, "description": entry.description}
                for entry in found[cursor : cursor + limit]]  # fmt: skip

    def _near(self, name: str) -> list[Entry]:
        lists = sorted((self._by_word[word] for word in words(name) if word in self._by_word), key=len)
        ids: dict[str, None] = {}
        for found in lists:
            ids.update(dict.fromkeys(found[: MOST_LOOKED_AT - len(ids)]))
        return [self.by_id[each] for each in ids]


def fold(text: str) -> str:
    """Return a text without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def words(name: str) -> list[str]:
    """Return the words of a name."""
    return re.findall(r"\w+", fold(name))


def values(entry: Entry, property_id: str) -> list[dict[str, Any]]:
    """Return what data extension says of an entry's property; an unknown property has no values."""
    if property_id in LANGUAGES:
        return [{"str": entry.name if isinstance(entry, Person) else entry.names[LANGUAGES.index(property_id)]}]
    if isinstance(entry, Settlement):
        return _of_a_place(entry, property_id)
    if isinstance(entry, Concept):
        return []
    if property_id in (BORN, DIED):
        year = entry.born if property_id == BORN else entry.died
        return [] if year is None else [{"date": f"{year:04d}-01-01T00:00:00Z"}]
    if property_id == COUNTRY:
        return [{"id": f"Q{list(COUNTRIES).index(entry.nationality) + 1}", "name": entry.country}]
    return []


def _of_a_place(entry: Settlement, property_id: str) -> list[dict[str, Any]]:
    town = entry.town
    if property_id == COORDINATES:
        return [{"str": f"{town.latitude},{town.longitude}"}]
    return [{"name": town.country}] if property_id == STATE else []


def _score(entry: Entry, name: str, asked: Mapping[str, str]) -> float:
    likeness = max(
        token_sort_ratio(" ".join(words(name)), " ".join(words(each))) for each in (entry.name, *entry.other_names)
    )
    own: dict[str, Any] = {}
    if isinstance(entry, Settlement):
        own = {STATE: entry.town.country}
    elif isinstance(entry, Person):
        own = {BORN: entry.born, DIED: entry.died, COUNTRY: entry.country}
    agree = [str(own[each]) == value for each, value in asked.items() if own.get(each) is not None]
    return round(likeness if not agree else likeness * 0.7 + 30 * sum(agree) / len(agree), 1)


def _candidate(entry: Entry, score: float, *, match: bool) -> dict[str, Any]:
    type_id, type_name = entry.kind
    return {"id": entry.id, "name": entry.name, "description": entry.description, "score": score, "match": match,
            "type": [{"id": type_id, "name": type_name}]}  # fmt: skip
