"""Harvesting a declared museum's OAI-PMH endpoint. A record is stored as its XML, with what its header says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from museum_assets.core.failures import Malformed
from museum_assets.museums.declared.schema import Source
from museum_assets.museums.edm import serialise
from museum_assets.museums.museum import Api, Json, Page, RawRecord
from museum_assets.museums.oai_listing import OaiListing
from museum_assets.museums.oai_pmh import OaiEntry


def walk(
    slug: str, source: Source, api: Api, checkpoint: dict[str, Json] | None, since: datetime | None
) -> Iterator[Page]:
    """Walk the declared sets, or everything; or all that changed since."""
    return listing_of(slug, source).walk(api, checkpoint, since)


def listing_of(slug: str, source: Source) -> OaiListing:
    """Return how a source is walked."""
    wanted = frozenset(source.sets)

    def belongs(entry: OaiEntry) -> bool:
        # A header that names no set may be of any.
        return not wanted or not entry.sets or not wanted.isdisjoint(entry.sets)

    sets: dict[str, str | None] = {each: each for each in source.sets} if source.sets else {"all": None}
    return OaiListing(slug, "", source.prefix or source.format or "", sets, _record, belongs)


def _record(entry: OaiEntry) -> RawRecord:
    if entry.metadata is None:
        raise Malformed(f"{entry.identifier}: neither deleted nor with metadata; try again, then ask the museum")
    payload = {
        "identifier": entry.identifier,
        "datestamp": entry.datestamp,
        "sets": list(entry.sets),
        "record": serialise(entry.metadata, entry.identifier),
    }
    return RawRecord(entry.id, payload)
