"""Terms of copyright by country. They are in copyright_terms.csv.

Years after the last maker's death until a work is out of copyright, by ISO country; the term ends with its year. Works
that older law freed earlier are not looked at. Where the dead of older days are protected longer, that counts: Spain
has 80 years for who died before 7 December 1987 (fourth transitory provision of its Intellectual Property Law). The US
is not there: its term of older works is counted from publication. France adds 30 years for who died for it in war;
such makers have to be excluded by name.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from museum_assets.museums.tables import Table, country, years

TABLE = Table(Path(__file__).with_name("copyright_terms.csv"), {"country": country, "years": years}, "country")


@cache
def copyright_terms() -> dict[str, int]:
    """Return {ISO country: years}."""
    return {row["country"]: int(row["years"]) for row in TABLE.rows()}
