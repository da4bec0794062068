"""material_terms: the Art & Architecture Thesaurus's terms of what works are made of.

By the museum's own link, else by a table that a curator edits. A text of several materials is taken apart first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from museum_assets.core.failures import Rejected
from museum_assets.enrichment.authority.links import AAT, identity_of
from museum_assets.enrichment.facts.enriching import EnrichingStage
from museum_assets.enrichment.facts.terms import aat_number, digest
from museum_assets.loop.stage import Outcome, Work, done, rejected
from museum_assets.museums.tables import Table, anything

VERSION = "materials:1"
TABLE = Table(
    Path(__file__).with_name("aat_materials.csv"), {"word": anything, "aat": aat_number, "term": anything}, "word"
)
JOINTS = re.compile(
    # English, Danish, Dutch, German and French, as museums join materials.
    r"[,;:.+&/]|\b(?:on|and|with|over|in|verso|recto|på|og|med|i|op|en|met|auf|und|mit|sur|et|avec)\b",
    re.IGNORECASE,
)
LOOKS = """
    black brown white grey gray red blue green yellow cream dark light heavy thin laid wove prepared
    sort brun hvid hvidt grå gråt rød blå gult zwart zwarte bruin bruine wit witte grijs grijze blauw blauwe
    schwarz schwarze braun braune weiß weißes grau graues blau blaues noir noire brune blanc gris bleu
"""
NO_MATTER = frozenset(LOOKS.split())
"""Words before a material that say how it looks: brown ink is ink. Others, such as imitation, would make it another."""
_BRACKETS = re.compile(r"\([^)]{0,200}\)")


@cache
def terms() -> dict[str, dict[str, str]]:
    """Return {word: its row}."""
    return {row["word"].casefold(): row for row in TABLE.rows()}


def contract() -> str:
    """Return the contract: another table is another one."""
    return f"{VERSION}:{digest(terms())}"


class MaterialTerms(EnrichingStage):
    """Looks up each material once, whichever works are made of it; nobody is asked."""

    batch_size = 1000

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Look them up."""
        for work in works:
            found, without = terms_of(work.data["term"], work.data["links"])
            if found:
                rest = {"without_term": without} if without else {}
                yield done(work, value=self.row(work, {"materials": found, **rest}))
            else:
                none = f"{TABLE.path.name} has no term of {work.data['term']:.200}"
                yield rejected(work, Rejected("no_term", none))


def terms_of(said: str, links: Sequence[str] = ()) -> tuple[list[dict[str, Any]], list[str]]:
    """Return (the terms of a museum's text, its parts without a term)."""
    given = [linked.id for link in links if (linked := identity_of(link, AAT))]
    if given:
        return [{"aat": number, "term": said, "method": "given"} for number in given], []
    found: dict[str, dict[str, Any]] = {}
    without = []
    for part in _parts(said):
        if row := _row(part):
            found.setdefault(row["aat"], {"aat": row["aat"], "term": row["term"], "method": "table"})
        else:
            without.append(part)
    return list(found.values()), without


def _parts(said: str) -> Iterator[str]:
    bare = " ".join(_BRACKETS.sub(" ", said).split())
    if bare.casefold() in terms():
        yield bare
        return
    yield from (part.strip() for part in JOINTS.split(bare) if part.strip())


def _row(part: str) -> dict[str, str] | None:
    """Return the row of a part, or of what is left without the words for its looks."""
    named = part.casefold().split()
    while named:
        if row := terms().get(" ".join(named)):
            return row
        if named[0] not in NO_MATTER:
            return None
        named = named[1:]
    return None
