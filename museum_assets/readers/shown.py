"""Works, reasons and counts as pages show them: in words, with links. Escaping is the templates' business."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from museum_assets.enrichment.authority.links import page_of
from museum_assets.readers.links import LAST_PAGE, PER_PAGE, Links
from museum_assets.search.answer import (
    Answer,
    ArtistCount,
    Artwork,
    Facets,
    Found,
    PlaceOf,
    Reason,
    SubjectOf,
    Why,
    WorkNow,
)
from museum_assets.search.question import Question

RIGHTS = {
    r"publicdomain/zero/1\.0": "CC0 1.0, no rights reserved",
    r"publicdomain/mark/1\.0": "Public Domain Mark 1.0",
}
"""What an address of a licence is called."""
LITTLE = 2
SENTENCES = {
    Reason.OBJECT_NUMBER: "Its object number",
    Reason.TITLE: "Its exact title",
    Reason.ARTIST: "Its artist",
    Reason.LOOKS: "Looks like it",
    Reason.DESCRIBED: "Described like it",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter, and where choosing it leads; for one that is set, where taking it back does."""

    label: str
    count: int
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter with its choices; `chosen` is the one that is set."""

    label: str
    choices: list[Choice]
    chosen: Choice | None


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the other pages of an answer are."""

    number: int
    count: int
    previous: str | None
    next: str | None


def web_link(address: str | None) -> str | None:
    """Return an address from a record if it leads to the web: nothing else is followed."""
    return address if address and re.match(r"https?://[^\s/]", address, re.IGNORECASE) else None


def title_of(artwork: Artwork) -> str:
    """Return the title that a page shows."""
    return artwork.title or "Untitled"


def rights_of(rights: str | None) -> str:
    """Return what is stated about rights, in words where it is the address of a known licence."""
    for form, label in RIGHTS.items():
        if rights and re.search(form, rights):
            return label
    return rights or "Not stated"


def reasons(why: Sequence[Why]) -> str:
    """Return why a work was found, in one line."""
    said = [SENTENCES.get(each.reason) or f"Mentions {', '.join(telling(each.words))}" for each in why]
    return " · ".join(dict.fromkeys(said))


def telling(words: Sequence[str]) -> Sequence[str]:
    """Return the words without the little ones, such as `in` and `a`, if there are others."""
    return [word for word in words if len(word) > LITTLE] or words


def tile(links: Links, found: Found) -> dict[str, Any]:
    """Return what the wall shows of a work."""
    artwork = found.artwork
    return {
        "href": links.artwork(artwork.museum, artwork.object_number),
        "picture": links.thumbnail(artwork),
        "width": artwork.thumbnail_width,
        "height": artwork.thumbnail_height,
        "title": title_of(artwork),
        "artists": ", ".join(artwork.artists) or "Unknown artist",
        "date": artwork.production_date,
        "museum": artwork.museum,
        "why": reasons(found.why),
    }


def tiles(links: Links, found: Sequence[Found]) -> list[dict[str, Any]]:
    """Return what the wall shows."""
    return [tile(links, each) for each in found]


def century_label(century: int) -> str:
    """Return a century in words: `17th century`, `2nd century BCE`."""
    number = abs(century)
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending} century{' BCE' if century < 0 else ''}"


def life(born: int | None, died: int | None) -> str | None:
    """Return an artist's years: `1606–1669`, `born 1955`; None where neither is known."""
    if born is None and died is None:
        return None
    first, last = (None if year is None else f"{-year} BCE" if year < 0 else str(year) for year in (born, died))
    return f"{first}–{last}" if first and last else f"born {first}" if first else f"died {last}"


def filters(
    links: Links,
    question: Question,
    facets: Facets,
    museums: dict[str, str],
    artists: Sequence[ArtistCount] = (),
) -> list[Filter]:
    """Return the filters with their choices, those without any left out."""
    called = {each.identity: each.label for each in artists}
    offered: dict[str, tuple[str, Callable[[Any], str], Sequence[tuple[Any, int]]]] = {
        "museum": ("Museum", lambda value: museums.get(value, value), facets.museum),
        "work_type": ("Type", lambda value: value.capitalize(), facets.work_type),
        "century": ("Century", century_label, facets.century),
        "has_image": ("Picture", lambda value: "With a picture" if value else "Without one", facets.has_image),
        "artist": ("Artist", lambda value: called.get(value, value), [(each.identity, each.works) for each in artists]),
    }
    made = []
    for name, (label, say, counted) in offered.items():
        now, counts = getattr(question.filters, name), list(counted)
        if now is not None and now not in dict(counts):
            counts.append((now, 0))
        choices = [
            Choice(say(value), count, links.search(question, **{name: None if value == now else value}), value == now)
            for value, count in counts
        ]
        if choices:
            chosen = next((each for each in choices if each.current), None)
            made.append(Filter(label, choices, chosen))
    return made


def pages(links: Links, question: Question, answer: Answer) -> Pages:
    """Return where the pages before and after this one are."""
    number = question.offset // PER_PAGE + 1
    count = min(LAST_PAGE, -(-answer.total // PER_PAGE))
    return Pages(
        number,
        count,
        links.page(question, number - 1) if number > 1 else None,
        links.page(question, number + 1) if number < count else None,
    )


def linked_data(links: Links, now: WorkNow, museum_name: str) -> dict[str, Any]:
    """Return a work as schema.org describes works of visual art (JSON-LD)."""
    artwork = now.artwork
    picture, source = links.thumbnail(artwork), web_link(artwork.source_url)
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "VisualArtwork",
        "name": title_of(artwork),
        "identifier": artwork.object_number,
        "url": links.full(links.artwork(artwork.museum, artwork.object_number)),
        "creator": [{"@type": "Person", "name": name} for name in artwork.artists],
        "dateCreated": artwork.production_date,
        "locationCreated": [_place(each) for each in now.beside.places if each.role == "made"],
        "material": [each.term for each in now.beside.materials],
        "about": [_subject(each) for each in now.beside.subjects],
        "artform": list(artwork.work_types or artwork.searchable_work_types),
        "image": picture and links.full(picture),
        "license": web_link(artwork.rights),
        "copyrightNotice": artwork.rights,
        "sameAs": source,
        "maintainer": {"@type": "Museum", "name": museum_name},
    }
    return {name: value for name, value in said.items() if value}


def page_at(identity: str | None) -> str | None:
    """Return the address of an authority's page about an identity such as `aat:300343641`, None without one."""
    authority, _, id_ = (identity or "").partition(":")
    return page_of(authority, id_) if id_ else None


def called(subject: SubjectOf) -> str:
    """Return what a subject is called, with its name at the authority where that is another."""
    other = subject.label and subject.label.casefold() != subject.name.casefold()
    return f"{subject.name} ({subject.label})" if other else subject.name


def _subject(subject: SubjectOf) -> dict[str, Any]:
    said = {"@type": "Person" if subject.kind == "person" else "Thing", "name": subject.name}
    page = page_at(subject.identity)
    return said | {"sameAs": page} if page else said


def _place(place: PlaceOf) -> dict[str, Any]:
    said: dict[str, Any] = {"@type": "Place", "name": f"{place.name}, {place.within}" if place.within else place.name}
    if place.latitude is not None and place.longitude is not None:
        said["geo"] = {"@type": "GeoCoordinates", "latitude": place.latitude, "longitude": place.longitude}
    return said
