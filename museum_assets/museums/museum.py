"""What a museum is to the platform: how it is harvested and how one of its records is read.

Adding a museum means adding a declaration (docs/museums.md), or where one does not suffice a module with one subclass
of `Museum` and its name in `MODULES` of `museum_assets.museums`. Nothing here imports dagster, a database or an HTTP
library.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from museum_assets.core.failures import Failure, Malformed, Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.keys import LONGEST_KEY, is_too_long, shortened

Json = Any


class BadEntry(Malformed):
    """An entry of a listing that is no record to keep; `name` stands for its id where one is known."""

    code, permanent = "malformed_record", True

    def __init__(
        self, message: str, *, code: str | None = None, name: str | None = None, evidence: bytes = b""
    ) -> None:
        super().__init__(message, code=code, evidence=evidence)
        self.name = name


class Place(str):
    """Where an entry without a known id stands in its listing; the name of its failure."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as the museum sent it. `id` is the museum's internal, unique id, always as text.

    Raises BadEntry(id_too_long).
    """

    id: str
    payload: dict[str, Json]

    def __post_init__(self) -> None:
        """Bound the id, which stands in indexes."""
        if is_too_long(self.id):
            message = f"the id has {len(self.id):,} characters, beyond {LONGEST_KEY:,} bytes: {self.id:.80}…"
            raise BadEntry(message, code="id_too_long", name=shortened(self.id))


@dataclass(frozen=True, slots=True)
class Page:
    """One step of a harvest; what it holds is stored together with `checkpoint` in one transaction.

    `scope` names the part of the collection being walked; `listed` is how many entries of the API's own listing this
    page accounts for (records, gone and failed ones alike) and `total` is the API's own count of that scope, None
    when it gives none. `failed` is by id, and by Place where no id is known. `checkpoint` is JSON;
    `Museum.harvest(checkpoint=...)` goes on after this page.
    """

    scope: str
    records: list[RawRecord]
    checkpoint: dict[str, Json]
    listed: int
    total: int | None
    withdrawn: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    failed: dict[str, Failure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of a harvest that is planned, after as much of it was asked for as its plan takes.

    `requests` is None when these were all of it. `share` is how much of its answers has come so far, above 0 and up to
    1; `entries` is None when the API does not count them.
    """

    scope: str
    requests: int | None
    entries: int | None
    share: float

    @classmethod
    def of(cls, page: Page) -> Leg:
        """Return the leg that begins with this page; the others will be as long."""
        if page.total is None and page.checkpoint.get("scope") != page.scope:
            return cls(page.scope, 1, page.listed, 1.0)  # OAI-PMH gives no total where a list is one page
        if page.total is None or not page.listed:
            return cls(page.scope, None if page.total is None else 1, page.total, 1.0)
        pages = -(-page.total // page.listed)
        return cls(page.scope, pages, page.total, min(1.0, page.listed / page.total))


class Api(Protocol):
    """The museum's API as `harvest` sees it: polite, retrying, and raising only `museum_assets.core.failures`.

    `path` is appended to `base` (a full URL is taken as it is).
    """

    base: str

    @property
    def dump(self) -> Dump | None:
        """Return the museum's dump when it is to be harvested from that instead of its API."""
        ...

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Json:
        """Return the decoded JSON body. Raises Gone, SlowDown, Unavailable, Malformed or Refused."""
        ...

    def text(self, path: str, params: Mapping[str, Any] | None = None) -> str:
        """Return the body as text (XML). Raises as `json` does."""
        ...

    def json_each(self, paths: Iterable[str]) -> Iterator[tuple[str, Json | Failure]]:
        """Fetch many single objects with bounded concurrency, in order; a failure is yielded, not raised."""
        ...

    def text_each(self, paths: Iterable[str]) -> Iterator[tuple[str, str | Failure]]:
        """As `json_each`, for text bodies."""
        ...


@dataclass(frozen=True, slots=True)
class DumpFile:
    """One file of a dump. `index` counts all files of the dump from 0, whether wanted or not."""

    index: int
    name: str
    body: bytes
    fault: tuple[str, str] | None = None
    """The code and the reason for which the body was not read whole."""


class Dump(Protocol):
    """A museum's published file as `harvest` sees it: downloaded whole and checked before anything is read.

    Raises only `museum_assets.core.failures`.
    """

    @property
    def version(self) -> str:
        """Return what tells one edition of the dump from another: its SHA-256."""
        ...

    @property
    def fetched(self) -> int:
        """Return how many bytes were downloaded for it: none when the museum still has the edition on this machine."""
        ...

    def announced(self) -> int | None:
        """Return how many bytes a download would bring now, without it; None where the server does not say."""
        ...

    def count(self, pattern: str) -> int | None:
        """Return how many files match a wildcard of `museum_assets/core/wildcards.py`; None where nobody counts."""
        ...

    def files(self, pattern: str, start: int = 0) -> Iterator[DumpFile]:
        """Yield the archive's matching files from an index on, in the archive's order."""
        ...

    def lines(self, start: int = 0) -> Iterator[tuple[int, Json | Failure]]:
        """Yield (number, value) of a file with a JSON value a line from a number on; one unreadable is a failure."""
        ...

    def entries(self, key: str | None, start: int = 0) -> Iterator[tuple[int, Json]]:
        """Yield (number, entry) of the list that a JSON document is, or has under a key. Raises Malformed."""
        ...

    def rows(self, start: int = 0) -> Iterator[tuple[int, dict[str, str] | Failure]]:
        """Yield (number, row) of a CSV file from a number on; a row that cannot be read is a failure."""
        ...


class Museum(ABC):
    """One museum. Subclasses hold class attributes and two methods, and no state."""

    slug: ClassVar[str]
    name: ClassVar[str]
    api_base: ClassVar[str]
    """Without a trailing slash; `MUSEUM_API_<SLUG>` replaces it."""
    image_hosts: ClassVar[tuple[str, ...]]
    """Hosts that thumbnails may be downloaded from; `MUSEUM_IMAGE_HOSTS_<SLUG>` adds to them."""
    requests_per_second: ClassVar[float]
    """The fastest pace that is polite to this museum's API; the limiter slows down from here by itself."""
    headers: ClassVar[dict[str, str]] = {}
    volatile_keys: ClassVar[frozenset[str]] = frozenset()
    """Top-level payload keys that change without the record changing; they are kept but not hashed."""
    incremental: ClassVar[bool] = False
    """Whether `harvest(since=...)` is supported."""
    dump: ClassVar[str | None] = None
    """Where the museum publishes its collection as a file, for museums whose `harvest` can read it."""
    dump_only: ClassVar[bool] = False
    """Whether there is no API, and `api_base` is the address of that file."""
    dump_hosts: ClassVar[tuple[str, ...]] = ()
    """Hosts that the dump's address redirects to."""

    yearly: ClassVar[bool] = False
    """Whether `read` depends on the year, as a term of copyright does. All records are then due again every January."""

    refetches: ClassVar[bool] = False
    """Whether `refetch` can ask for single records again."""

    @abstractmethod
    def harvest(
        self,
        api: Api,
        *,
        checkpoint: dict[str, Json] | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Page]:
        """Walk the museum's listing page by page.

        `limit` only sizes the requests (the caller stops). An exception ends the harvest as incomplete: it is
        resumed later from the last checkpoint. Raises CheckpointExpired when the checkpoint is not accepted.
        """

    def beginnings(self) -> Sequence[dict[str, Json]]:
        """Return the checkpoints at which the scopes of a full harvest begin; none where no API counts entries."""
        return ()

    def legs(self, api: Api) -> Iterator[Leg]:
        """Yield the parts of a full harvest: each after its first page, which `harvest` itself asks for."""
        for beginning in self.beginnings():
            yield Leg.of(next(self.harvest(api, checkpoint=beginning)))

    def refetch(self, api: Api, ids: Sequence[str]) -> Iterator[Page]:
        """Ask again for records that could not be fetched. The pages have `listed` 0; their checkpoints are not used.

        Only for museums with `refetches`; the others send whole pages, so that a record fails with its page.
        """
        raise NotImplementedError

    @abstractmethod
    def read(self, payload: dict[str, Json]) -> Artwork:
        """Map one raw payload to the common artwork. Raises Rejected(code, message)."""

    def judge(self, payload: dict[str, Json]) -> Artwork | list[Rejected]:
        """Return the artwork, or every reason for which there is none, as far as they are known."""
        try:
            return self.read(payload)
        except Rejected as rejection:
            return [rejection]

    def terms(self, payload: dict[str, Json]) -> Sequence[str]:  # noqa: ARG002 - a declared museum knows them
        """Return the words of a record that its work type is told by, where they are known apart from others."""
        return ()

    @property
    def place(self) -> str:
        """Return the file that a person mends when reading goes wrong."""
        return f"museums/{self.slug}.py"

    def definition(self) -> bytes:
        """Return what decides how records are read beside `reads_with`; a declaration says it."""
        return b""

    def reads_with(self) -> Sequence[str]:
        """Return the modules that records are read with; what they import counts too."""
        return (type(self).__module__,)

    def payload(self, text: str) -> dict[str, Json]:
        """Return the payload of one record in a file: JSON, unless the museum's API answers in another format.

        Raises Malformed when the text is not one record.
        """
        try:
            found = json.loads(text)
        except ValueError as error:
            raise Malformed(f"this is not a record of {self.slug}: it should be JSON ({error})") from error
        if not isinstance(found, dict):
            raise Malformed(f"this is not a record of {self.slug}: it should be one JSON object")
        return found
