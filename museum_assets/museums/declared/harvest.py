"""Harvesting a declared source: a dump of one of four kinds, a JSON API, OAI-PMH, or a IIIF Collection."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any

from museum_assets.core.failures import Failure, Malformed
from museum_assets.museums.declared.getters import raw
from museum_assets.museums.declared.schema import Source
from museum_assets.museums.dumps import chunks, dump_checkpoint, dump_start, file_pages, page_size
from museum_assets.museums.entries import record_with_id, sort_out
from museum_assets.museums.museum import Api, BadEntry, Dump, Json, Page, RawRecord
from museum_assets.museums.paging import beginnings as scope_beginnings
from museum_assets.museums.paging import entries_and_total, walk_scopes


def harvest(
    slug: str,
    source: Source,
    api: Api,
    *,
    checkpoint: dict[str, Json] | None,
    since: datetime | None,
    limit: int | None,
) -> Iterator[Page]:
    """Walk a source as its kind is walked. Raises Malformed for an address that is none of a dump."""
    if source.kind == "json-api":
        yield from _json_api(source, api, checkpoint, since, limit)
        return
    if source.kind == "oai-pmh":
        # By name: how a listing is walked decides nothing of how its records are read.
        walk = import_module("museum_assets.museums.declared.oai").walk
        yield from walk(slug, source, api, checkpoint, since)
        return
    if source.kind == "iiif":
        walk = import_module("museum_assets.museums.declared.iiif").walk
        yield from walk(slug, source, api, checkpoint)
        return
    if api.dump is None:
        raise Malformed(
            f"{slug} has no API: MUSEUM_API_{slug.upper()} must be the address of its archive, not {api.base}"
        )
    shape = partial(_record, key=source.id)
    if source.kind == "json-files":
        yield from file_pages(api.dump, source.files, shape, checkpoint, limit)
    else:
        yield from _entry_pages(api.dump, source, shape, checkpoint, limit)


def scopes_of(source: Source) -> list[str]:
    """Return the scopes of a JSON API's listing."""
    return (source.listing and source.listing.scopes) or ["all"]


def beginnings(slug: str, source: Source) -> list[dict[str, Json]]:
    """Return the checkpoints at which the scopes begin, where an API counts their entries."""
    if source.kind == "json-api":
        return scope_beginnings(scopes_of(source))
    if source.kind == "oai-pmh":
        found: list[dict[str, Json]] = (
            import_module("museum_assets.museums.declared.oai").listing_of(slug, source).beginnings()
        )
        return found
    return []


def _record(entry: Json, key: str) -> RawRecord:
    """Return an entry under its own id, which may lie deeper. Raises BadEntry."""
    if isinstance(entry, Failure):
        raise BadEntry(str(entry), code=entry.code, evidence=entry.evidence)
    if "." not in key or not isinstance(entry, dict):
        return record_with_id(entry, key)
    found = record_with_id({"id": raw(key)(entry)})
    return RawRecord(found.id, entry)


def _entry_pages(
    dump: Dump, source: Source, shape: Any, checkpoint: dict[str, Json] | None, limit: int | None
) -> Iterator[Page]:
    """Yield the entries of a dump that is one document, or one of lines, in pages."""
    start = dump_start(dump, checkpoint)
    entries: Iterator[tuple[int, Json]]
    if source.kind == "csv":
        entries = dump.rows(start)
    elif source.kind == "json-lines":
        entries = dump.lines(start)
    else:
        entries = dump.entries(source.records, start)
    listed = False
    for chunk in chunks(entries, page_size(limit)):
        listed = True
        records, failed = sort_out([entry for _, entry in chunk], f"{source.kind}-{chunk[0][0]}", shape)
        yield Page(source.kind, records, dump_checkpoint(dump, chunk[-1][0]), len(chunk), None, failed=failed)
    if not listed and start == 0:
        yield Page(source.kind, [], dump_checkpoint(dump, 0), 0, 0)


def _json_api(
    source: Source, api: Api, checkpoint: dict[str, Json] | None, since: datetime | None, limit: int | None
) -> Iterator[Page]:
    """Walk a listing scope by scope.

    Were the parameter `since` ignored by the API, the harvest would be a full one: slower, not wrong.
    """
    listing = source.listing
    assert listing
    size = min(listing.page, limit or listing.page)
    fixed: dict[str, Any] = {**listing.parameters, listing.limit: size}
    if since is not None and listing.since:
        fixed[listing.since] = since.date().isoformat()
    entries, total = raw(listing.entries), raw(listing.total)

    def fetch(scope: str, offset: int) -> tuple[list[Any], int]:
        scoped = {listing.scope: scope} if listing.scope else {}
        envelope = api.json(listing.path, {**fixed, **scoped, listing.offset: offset})
        answer = envelope if isinstance(envelope, dict) else {}
        try:
            found = entries(answer), total(answer)
        except Failure:
            found = None, None
        return entries_and_total(envelope, entries=found[0], total=found[1])

    yield from walk_scopes(scopes_of(source), fetch, checkpoint)
