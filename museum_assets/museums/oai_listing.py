"""Walking an OAI-PMH list, set by set, or all that changed, and going on after an interruption.

An incremental harvest asks for all changes, without a set: the header of a deleted record need not name its sets, and a
walk by set would then never see a withdrawal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from museum_assets.core.failures import CheckpointExpired, Malformed, RequestRefused
from museum_assets.museums import oai_pmh
from museum_assets.museums.entries import as_failure
from museum_assets.museums.museum import Api, BadEntry, Json, Page, Place, RawRecord

CHANGES = "changes"
"""The scope of an incremental harvest."""


def _all_belong(_: oai_pmh.OaiEntry) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class OaiListing:
    """How a museum's OAI-PMH endpoint is walked. A checkpoint is `{"scope", "token"}`; scope None is the end."""

    slug: str
    path: str
    prefix: str
    sets: Mapping[str, str | None]
    """The set of each scope, None for everything; in the order in which they are walked."""
    shape: Callable[[oai_pmh.OaiEntry], RawRecord]
    belongs: Callable[[oai_pmh.OaiEntry], bool] = _all_belong
    """Whether a changed record belongs to one of the sets."""

    def walk(self, api: Api, checkpoint: dict[str, Json] | None, since: datetime | None) -> Iterator[Page]:
        """Yield the pages of every scope, or with `since` of all that changed from that second on."""
        position = self._start(checkpoint, since)
        while position["scope"] is not None:
            with self._stale(position["token"]):
                page = self._list_records(api, position["scope"], position["token"], since)
            yield page
            position = page.checkpoint

    def beginnings(self) -> list[dict[str, Json]]:
        """Return the checkpoints at which the sets begin."""
        return [{"scope": scope, "token": None} for scope in self.sets]

    def page(self, scope: str, entries: Iterable[oai_pmh.OaiEntry], **accounts: Any) -> Page:
        """Return a page of these entries. Raises nothing: what cannot be shaped is a failure of the page."""
        page = Page(scope=scope, records=[], **accounts)
        # One page can name a record twice (RMA's did in 2026); the last mention counts.
        for entry in {entry.id: entry for entry in entries}.values():
            if entry.deleted:
                page.withdrawn.append(entry.id)
            elif scope != CHANGES or self.belongs(entry):
                try:
                    page.records.append(self.shape(entry))
                except Exception as error:  # noqa: BLE001 - no record stops a listing
                    failure = as_failure(error, entry.identifier)
                    page.failed[(failure.name if isinstance(failure, BadEntry) else None) or entry.id] = failure
        return page

    def _start(self, checkpoint: dict[str, Json] | None, since: datetime | None) -> dict[str, Json]:
        if checkpoint is None:
            return {"scope": CHANGES if since else next(iter(self.sets)), "token": None}
        scope, token = checkpoint.get("scope", ""), checkpoint.get("token")
        if scope not in (*self.sets, CHANGES, None) or (scope == CHANGES and token is None):
            raise CheckpointExpired(
                f"{self.slug}: {checkpoint} is no checkpoint of this museum; start the harvest over"
            )
        return {"scope": scope, "token": token}

    @contextmanager
    def _stale(self, token: str | None) -> Iterator[None]:
        """Raise CheckpointExpired when a request with a token is refused: the token is no longer accepted."""
        try:
            yield
        except RequestRefused as refusal:
            if token is None:
                raise
            raise CheckpointExpired(
                f"{self.slug}: the token {token:.80} was refused ({refusal}); start over"
            ) from refusal

    def _list_records(self, api: Api, scope: str, token: str | None, since: datetime | None) -> Page:
        """Return the next page of a set, or of the changes.

        An empty set (noRecordsMatch) is an empty page of total 0. A set that is walked is never empty: the books must
        show it, without stopping the other sets. Raises RequestRefused for a set that the API does not know.
        """
        wanted = self.sets.get(scope)
        params = {"verb": "ListRecords"}
        if token:
            params["resumptionToken"] = token  # an exclusive argument: any other beside it is badArgument
        elif since and scope == CHANGES:
            params |= {"metadataPrefix": self.prefix, "from": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        else:
            params |= {"metadataPrefix": self.prefix, **({"set": wanted} if wanted else {})}
        where = f"set {wanted} of {api.base}{self.path}?verb=ListSets" if wanted else "of all sets"
        source = f"{self.slug} ListRecords ({scope}, {where})"
        listing = oai_pmh.read_oai(api.text(self.path, params), "ListRecords", source)
        listed = len(listing.entries) + len(listing.broken)
        if not listed and token and listing.total == 0:
            # Taken for an end, it would pass a list cut off in the middle as complete.
            raise CheckpointExpired(
                f"{source}: noRecordsMatch for the token {token:.80} of a list that goes on; start over"
            )
        if not listed and not token and listing.total != 0 and scope in self.sets:
            raise RequestRefused(f"{source}: lists no record and does not say noRecordsMatch; ask the museum")
        page = self.page(
            scope,
            listing.entries,
            listed=listed,
            total=listing.total,
            checkpoint=self._after(scope, token, listing.token),
        )
        page.failed.update(
            (bad.name or Place(f"{scope}@{token}+{place}"), bad) for place, bad in enumerate(listing.broken)
        )
        return page

    def _after(self, scope: str, token: str | None, next_token: str | None) -> dict[str, Json]:
        """Return the checkpoint after a page: the list's next page, or the start of the next scope."""
        if next_token is None:
            scopes = [*self.sets, None]
            following = scopes[scopes.index(scope) + 1] if scope in self.sets else None
            return {"scope": following, "token": None}
        if next_token == token:
            raise Malformed(
                f"{self.slug}: the {scope} list continues with the token it was asked with, {next_token:.80}"
            )
        return {"scope": scope, "token": next_token}
