"""joined_identities: reading the makers of all museums, and recording what was joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from museum_assets.enrichment.authority.decided import Decisions
from museum_assets.enrichment.authority.links import Identity, identity_of
from museum_assets.enrichment.authority.nationalities import country
from museum_assets.enrichment.joining.groups import Joined, joined
from museum_assets.enrichment.joining.person import Person
from resources.copying import copy_rows
from resources.postgres import Connection, Database
from sql import query

NAME = "joined_identities"
EVERY_MUSEUM = "every museum"
"""Stands for a museum in the name of the lock."""
COLUMNS = {"museum": "text", "maker_key": "text", "identity": "text", "label": "text", "method": "text",
           "score": "float4", "birth_year": "int4", "death_year": "int4", "candidates": "jsonb"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Joining:
    """What joining came to."""

    makers: int
    identities: int
    shared: int
    """Identities of makers of several museums."""
    methods: Mapping[str, int]
    questions: int
    changed: int
    """Makers whose row is another one now, or gone."""
    largest: list[dict[str, Any]]


def join(database: Database) -> Joining:
    """Join the makers of all museums anew, in one transaction. Raises Busy while another run does."""
    with database.lock(EVERY_MUSEUM, NAME) as conn, conn.transaction():
        people = [_person(row) for row in conn.execute(query("joined_identities.people"))]
        pairs: dict[str, list[tuple[str, str]]] = {"merge": [], "split": []}
        for row in conn.execute(query("joined_identities.decisions")):
            pairs[row["kind"]].append((row["one"], row["other"]))
        found = joined(people, pairs["merge"], pairs["split"])
        changed = _record(conn, found)
    return _told(found, people, changed)


def _person(row: Mapping[str, Any]) -> Person:
    known, method = _known(row)
    return Person(
        row["museum"], row["maker_key"], tuple(row["names"]), row["birth_year"], row["death_year"],
        row["nationality"] and country(row["nationality"]), row["qualifier"], row["own_id"],
        known, method, row["label"] if method == "reconciled" else None, row["works"],
    )  # fmt: skip


def _known(row: Mapping[str, Any]) -> tuple[frozenset[Identity], str | None]:
    """Return (identities, how they are known). What people decided counts at once, whatever was matched since."""
    decisions = Decisions.read(row["decisions"] or (), row["links"], "")
    links = {identity for link in row["links"] if (identity := identity_of(link))} - decisions.refused
    if accepted := decisions.accepted:
        others = {each for each in links if each.authority != accepted.authority}
        return frozenset({accepted} | (set() if row["qualifier"] else others)), "curated"
    # A link of "after Rembrandt" is Rembrandt's.
    if decisions.refusal or row["qualifier"]:
        return frozenset(), None
    matched = Identity(row["authority"], row["identity"]) if row["identity"] else None
    found = frozenset(links | ({matched} - decisions.refused if matched else set()))
    return found, (row["method"] if matched in found else "given") if found else None


def _record(conn: Connection, found: Iterable[Joined]) -> int:
    conn.execute(query("joined_identities.batch"))
    rows = (
        (j.museum, j.key, j.identity, j.label, j.method, j.score, j.birth, j.death, list(j.candidates)) for j in found
    )
    copy_rows(conn, "joined_batch", list(COLUMNS), list(COLUMNS.values()), rows)
    gone = conn.execute(query("joined_identities.forget")).rowcount
    return gone + conn.execute(query("joined_identities.record")).rowcount


def _told(found: list[Joined], people: list[Person], changed: int) -> Joining:
    works = {each.key: each.works for each in people}
    museums: dict[str, set[str]] = {}
    total: Counter[str] = Counter()
    for each in found:
        museums.setdefault(each.identity, set()).add(each.museum)
        total[each.identity] += works[each.key]
    labels = {each.identity: each.label for each in found}
    shared = [name for name, of in museums.items() if len(of) > 1]
    largest = sorted(shared, key=lambda name: (-total[name], name))[:20]
    return Joining(
        len(found), len(museums), len(shared), Counter(each.method for each in found),
        sum(bool(each.candidates) for each in found), changed,
        [{"artist": labels[name], "identity": name, "museums": ", ".join(sorted(museums[name])), "works": total[name]}
         for name in largest],
    )  # fmt: skip
