"""Plans which files of a museum's bucket a run should load, from a bounded listing of the bucket.

A version is a key with an ETag. The time of modification is not used: it tells whole seconds, so the later of two
files of one second would be missed.
"""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import islice

from museum_assets.kiosk.files.bucket import SourceFile, source_file
from museum_assets.museums.kiosk_files import FILE_KINDS, kind_of, pattern_of
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.postgres import Connection
from resources.s3 import ObjectStore
from sql import query

LISTED_PER_TICK = 5_000
"""Objects listed for a museum in one tick: five requests. A larger bucket takes several ticks."""
MOST_WAITING = 200
"""Files remembered as waiting for a run. A run loads everything that is new, so this limits only the cursor."""
FIRST_RETRY_WAIT = 60.0
"""Seconds until a file that a run did not load is tried again: doubled each time, up to LONGEST_RETRY_WAIT."""
LONGEST_RETRY_WAIT = 6 * 3600.0

FileVersion = tuple[str, str]
"""Key and ETag."""


@dataclass(frozen=True, slots=True)
class TriedVersion:
    """A file version for which runs were requested: how many, and when (seconds) the last one was seen."""

    etag: str
    attempts: int
    at: float

    @property
    def due(self) -> float:
        """When it is tried again, in seconds."""
        return self.at + min(FIRST_RETRY_WAIT * 2.0 ** min(self.attempts - 1, 30), LONGEST_RETRY_WAIT)


@dataclass(frozen=True, slots=True)
class WatchState:
    """What the sensor remembers of a museum: the key its listing continues after, versions tried, runs requested."""

    after: str = ""
    tried: Mapping[str, TriedVersion] = field(default_factory=dict)
    requests: int = 0


@dataclass(frozen=True, slots=True)
class BucketListing:
    """A museum's files among the objects after `after`. `end` is the last key listed, "" at the bucket's end."""

    after: str
    files: tuple[SourceFile, ...]
    end: str = ""

    def covers(self, key: str) -> bool:
        """Return whether an object with this key would be in the listing."""
        return key > self.after and (not self.end or key <= self.end)


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """The versions to load (none means no run), the run key, what to remember, and a summary in words."""

    load: tuple[FileVersion, ...]
    run_key: str
    state: WatchState
    summary: str


def list_bucket(store: ObjectStore, museum: KioskMuseum, after: str, limit: int = LISTED_PER_TICK) -> BucketListing:
    """List at most `limit` objects that begin like the museum's files. Raises as S3 does."""
    heads = [museum.prefix + pattern_of(museum, kind).partition("*")[0] for kind in FILE_KINDS]
    head = os.path.commonprefix(heads)  # noqa: RUF071  keys are not paths
    listed = list(islice(store.list(head, start_after=after), limit))
    files = tuple(source_file(each) for each in listed if kind_of(museum, each.key))
    return BucketListing(after, files, listed[-1].key if len(listed) == limit else "")


def known_versions(conn: Connection, slug: str, listing: BucketListing, state: WatchState) -> set[FileVersion]:
    """Return which of the listed and tried versions have an outcome in `kiosk.file`."""
    keys = sorted({file.key for file in listing.files} | set(state.tried))
    rows = conn.execute(query("kiosk_files.known"), {"museum": slug, "keys": keys})
    return {(row["key"], row["etag"]) for row in rows}


def wait_for_run(state: WatchState, now: float) -> WatchState:
    """Return the state while a run loads the museum's files: the wait of every tried version begins anew."""
    return replace(state, tried={key: replace(tried, at=now) for key, tried in state.tried.items()})


def plan_load(
    slug: str, listing: BucketListing, known: AbstractSet[FileVersion], state: WatchState, now: float
) -> LoadPlan:
    """Decide which versions to load, while no run loads the museum's files; `known` ones have an outcome.

    A new version is loaded at once. One that a requested run did not load waits longer each time, so that it causes
    at most four runs a day. It is never given up: after days the fault is in a service rather than in the file.
    """
    unknown = {file.key: file.etag for file in listing.files if (file.key, file.etag) not in known}
    waiting = {
        key: tried
        for key, tried in state.tried.items()
        # Leaves out those that were loaded, overwritten or deleted since.
        if (key, tried.etag) not in known and (not listing.covers(key) or unknown.get(key) == tried.etag)
    }
    again = {
        key: replace(tried, attempts=tried.attempts + 1, at=now) for key, tried in waiting.items() if tried.due <= now
    }
    # The run loads the others too. Any that it does not load are met again in the next pass over the bucket.
    room = islice((key for key in unknown if key not in waiting), max(0, MOST_WAITING - len(waiting)))
    requested = again | {key: TriedVersion(unknown[key], 1, now) for key in room}
    return LoadPlan(
        load=tuple(sorted((key, tried.etag) for key, tried in requested.items())),
        run_key=f"{slug}:{_digest(requested, state.requests)}",
        state=WatchState(listing.end, waiting | requested, state.requests + bool(requested)),
        summary=_summary(len(requested), waiting.keys() - requested.keys(), listing),
    )


def _digest(requested: Mapping[str, TriedVersion], requests: int) -> str:
    """Return a request's name: the same again when a tick is lost before its cursor is kept.

    Dagster never launches a run key twice, and a file may fail, go and come back: so it includes the request's number.
    """
    named = "\n".join(
        [str(requests), *(f"{key}\0{tried.etag}\0{tried.attempts}" for key, tried in sorted(requested.items()))]
    )
    return sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _summary(count: int, left: AbstractSet[str], listing: BucketListing) -> str:
    text = f"{count} files to load" if count else "nothing new"
    if left:
        text += f"; {len(left)} that no run has loaded wait to be tried again, such as {min(left)}"
    return text + (f"; the listing goes on after {listing.end}" if listing.end else "")
