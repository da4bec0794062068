"""Which files of a museum's bucket are to be loaded: a bounded look at the bucket, and a plan made from it.

Files are told apart by key and ETag, never by the time at which they were modified: that has a resolution of a second,
and of two files of one second the later one would be missed.
"""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import islice

from museum_assets.kiosk.bucket import KINDS, SourceFile, kind_of, pattern_of, source_file
from museum_assets.kiosk.museum import KioskMuseum
from resources.postgres import Connection
from resources.s3 import ObjectStore
from sql import query

LISTED = 5_000
"""Objects looked at per tick and museum: five requests. A larger bucket is gone through in several ticks."""
BATCH = 200
"""Files that may wait for a run at a time. A run loads everything that is new; this bounds what is remembered."""
PATIENCE = 60.0
"""Seconds until files that a run did not load are tried again: doubled each time, up to LONGEST."""
LONGEST = 6 * 3600.0

Version = tuple[str, str]
"""Key and ETag."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A version of a file for which a run was requested: how often, and when (seconds) that run was last seen."""

    etag: str
    attempts: int
    at: float

    @property
    def due(self) -> float:
        """When it is tried again, in seconds."""
        return self.at + min(PATIENCE * 2.0 ** min(self.attempts - 1, 30), LONGEST)


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered of a museum: the key after which its listing goes on, what waits, by key, and the requests."""

    after: str = ""
    tried: Mapping[str, Tried] = field(default_factory=dict)
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """A museum's files among the objects after `after`; `end` is the last object looked at, "" at the bucket's end."""

    after: str
    files: tuple[SourceFile, ...]
    end: str = ""

    def covers(self, key: str) -> bool:
        """Say whether the key would have been seen."""
        return key > self.after and (not self.end or key <= self.end)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do: the versions to load (none: no run), a key that names this request, and what to remember."""

    load: tuple[Version, ...]
    run_key: str
    state: State
    told: str


def look(store: ObjectStore, museum: KioskMuseum, after: str, limit: int = LISTED) -> Listing:
    """List at most `limit` objects under what all of the museum's keys begin with. Raises as S3 does."""
    heads = [museum.prefix + pattern_of(museum, kind).partition("*")[0] for kind in KINDS]
    head = os.path.commonprefix(heads)  # noqa: RUF071  keys are texts
    found = list(islice(store.list(head, start_after=after), limit))
    files = tuple(source_file(each) for each in found if kind_of(museum, each.key))
    return Listing(after, files, found[-1].key if len(found) == limit else "")


def known_versions(conn: Connection, slug: str, listing: Listing, state: State) -> set[Version]:
    """Return which of the listed and the waiting versions have their outcome in `kiosk.file`."""
    keys = sorted({file.key for file in listing.files} | set(state.tried))
    rows = conn.execute(query("kiosk_known_files"), {"museum": slug, "keys": keys})
    return {(row["key"], row["etag"]) for row in rows}


def wait_for_run(state: State, now: float) -> State:
    """Return the state while a run loads the museum's files: what waits is being tried, so its wait begins anew."""
    return replace(state, tried={key: replace(tried, at=now) for key, tried in state.tried.items()})


def plan(slug: str, listing: Listing, known: AbstractSet[Version], state: State, now: float) -> Plan:
    """Decide what to load. No run of the museum's files may be in flight, so what is not known is not loaded.

    What was never tried is loaded at once. What a run was requested for and is still not known has failed, and waits
    longer each time: a file that cannot be loaded makes at most four runs a day. It is never given up, since
    what fails for days is a broken service rather than a file.
    """
    unknown = {file.key: file.etag for file in listing.files if (file.key, file.etag) not in known}
    waiting = {
        key: tried
        for key, tried in state.tried.items()
        # Loaded, overwritten or deleted meanwhile.
        if (key, tried.etag) not in known and (not listing.covers(key) or unknown.get(key) == tried.etag)
    }
    again = {
        key: replace(tried, attempts=tried.attempts + 1, at=now) for key, tried in waiting.items() if tried.due <= now
    }
    # More than fit are seen again when the listing comes round, and most of them this run loads as well.
    room = islice((key for key in unknown if key not in waiting), max(0, BATCH - len(waiting)))
    chosen = again | {key: Tried(unknown[key], 1, now) for key in room}
    return Plan(
        load=tuple(sorted((key, tried.etag) for key, tried in chosen.items())),
        run_key=f"{slug}:{_digest(chosen, state.requests)}",
        state=State(listing.end, waiting | chosen, state.requests + bool(chosen)),
        told=_told(len(chosen), waiting.keys() - chosen.keys(), listing),
    )


def _digest(chosen: Mapping[str, Tried], requests: int) -> str:
    """Name a request, the same when the tick that made it is lost.

    Dagster never launches a key twice, so the number of requests is part of it: a file may fail, go and come back.
    """
    named = "\n".join(
        [str(requests), *(f"{key}\0{tried.etag}\0{tried.attempts}" for key, tried in sorted(chosen.items()))]
    )
    return sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _told(count: int, left: AbstractSet[str], listing: Listing) -> str:
    text = f"{count} files to load" if count else "nothing new"
    if left:
        text += f"; {len(left)} that no run has loaded wait to be tried again, such as {min(left)}"
    return text + (f"; the listing goes on after {listing.end}" if listing.end else "")
