"""Walking a listing that is paged by offset, one scope (a work type) after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from museum_assets.core.failures import CheckpointExpired, Malformed
from museum_assets.museums.entries import record_with_id, sort_out
from museum_assets.museums.museum import Json, Page

FetchPage = Callable[[str, int], tuple[list[Any], int]]
"""(scope, offset) -> the entries of one page and the scope's total, both as the API states them."""


def walk_scopes(scopes: Sequence[str], fetch: FetchPage, checkpoint: dict[str, Json] | None) -> Iterator[Page]:
    """Yield every page of every scope; the offset moves by what was really returned.

    A checkpoint {"scope", "offset"} says where the next request starts, so finished scopes are never asked
    again; scope None says that there is none left. A scope ends when its total is reached or a page is empty:
    less listed than the total then shows it as short. Raises CheckpointExpired for a scope it does not know.
    """
    scope, offset = _position(scopes, checkpoint)
    while scope is not None:
        entries, total = fetch(scope, offset)
        records, failed = sort_out(entries, f"{scope}@{offset}", record_with_id)
        here = scope
        offset += len(entries)
        if not entries or offset >= total:
            scope, offset = _after(scopes, scope), 0
        yield Page(
            scope=here,
            records=records,
            checkpoint={"scope": scope, "offset": offset},
            listed=len(entries),
            total=total,
            failed=failed,
        )


def beginnings(scopes: Sequence[str]) -> list[dict[str, Json]]:
    """Return the checkpoints at which the scopes begin."""
    return [{"scope": scope, "offset": 0} for scope in scopes]


def entries_and_total(envelope: Json, *, entries: object, total: object) -> tuple[list[Any], int]:
    """Return both when they are a list and a count. Raises Malformed: any other answer is no page."""
    if not isinstance(entries, list) or not isinstance(total, int):
        raise Malformed(f"the listing holds no list of records with a total: {envelope!r:.200}")
    return entries, total


def _position(scopes: Sequence[str], checkpoint: dict[str, Json] | None) -> tuple[str | None, int]:
    if checkpoint is None:
        return scopes[0], 0
    scope, offset = checkpoint.get("scope"), checkpoint.get("offset")
    if not isinstance(offset, int) or (scope is not None and scope not in scopes):
        raise CheckpointExpired(
            f"the checkpoint {checkpoint!r} fits none of the scopes {', '.join(scopes)}: start over"
        )
    return scope, offset


def _after(scopes: Sequence[str], scope: str) -> str | None:
    following = scopes.index(scope) + 1
    return scopes[following] if following < len(scopes) else None
