"""work_type_terms: the Art & Architecture Thesaurus's terms of a work's types, from a table that a curator edits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from museum_assets.core.failures import Rejected
from museum_assets.enrichment.facts.enriching import EnrichingStage
from museum_assets.loop.stage import Outcome, Work, done, rejected
from museum_assets.museums.tables import Table, anything


def aat_number(cell: str) -> str | None:
    """Accept a number of the thesaurus."""
    good = len(cell) == 9 and cell.isdigit() and cell.startswith("300")
    return None if good else "is no number of the AAT such as 300033618"


TABLE = Table(
    Path(__file__).with_name("aat_terms.csv"), {"type": anything, "aat": aat_number, "term": anything}, "type"
)


@cache
def terms() -> dict[str, dict[str, str]]:
    """Return {work type: its row}."""
    return {row["type"]: row for row in TABLE.rows()}


def contract() -> str:
    """Return the contract: another table is another one."""
    return f"aat:{digest(terms())}"


def digest(rows: Any) -> str:
    """Return a digest of a table's rows, for a contract."""
    return hashlib.sha256(orjson.dumps(rows, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


class WorkTypeTerms(EnrichingStage):
    """Looks up the types of each artwork; nobody is asked."""

    batch_size = 1000

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Look them up."""
        for work in works:
            types = work.data["searchable_work_types"]
            found = terms_of(types)
            if found:
                yield done(work, value=self.row(work, {"work_types": found}))
            else:
                none = f"{', '.join(types) or 'a work without types'}: {TABLE.path.name} has no term of it"
                yield rejected(work, Rejected("no_term", none))


def terms_of(types: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of these types, in their order."""
    return [dict(terms()[each]) for each in types if each in terms()]
