"""The terms that people mapped for a museum: which searchable work types one of its own words means."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from resources.platform import Platform
from resources.postgres import Connection
from sql import query


def standing_terms(conn: Connection, slug: str) -> list[dict[str, Any]]:
    """Return the museum's mapped terms {id, field, value, until, over}, those included whose last day has passed."""
    return conn.execute(query("corrections.terms"), {"museum": slug}).fetchall()


def mapped_terms(conn: Connection, slug: str) -> dict[str, str]:
    """Return {term: standard words} of those that hold today, as `map_terms` takes them."""
    return {row["field"]: ";".join(row["value"] or ()) for row in standing_terms(conn, slug) if not row["over"]}


def terms_of(platform: Platform, slug: str) -> dict[str, str]:
    """Return what `mapped_terms` does, nothing where there is no database in which people could have mapped any."""
    if platform.settings.database_url is None:
        return {}
    with platform.database().connect() as conn:
        return mapped_terms(conn, slug)


def with_terms(contract: str, terms: Mapping[str, str]) -> str:
    """Return a mapping's contract under which these terms are read: without any, the contract itself."""
    if not terms:
        return contract
    digest = hashlib.sha256(orjson.dumps(dict(terms), option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"{contract} terms:{digest[:16]}"
