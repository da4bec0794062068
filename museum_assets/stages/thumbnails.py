"""stored_thumbnails: download each artwork's image, make a thumbnail of it and store that in S3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol
from urllib.parse import quote

from museum_assets.failures import Failure
from museum_assets.images.thumbnail import Thumbnail, make_thumbnail, thumbnail_settings_id
from museum_assets.loop.concurrently import concurrently
from museum_assets.loop.ledger import copy_rows
from museum_assets.loop.stage import Leftover, Outcome, Stage, Work, done, failed
from resources.postgres import Connection
from resources.s3 import thumbnail_key
from sql import query

if TYPE_CHECKING:
    from museum_assets.images.fetch import Fetched


class Row(NamedTuple):
    """One row of staging.thumbnail."""

    museum: str
    record_id: str
    s3_key: str
    sha256: bytes
    width: int
    height: int
    bytes: int
    source_url: str
    etag: str | None
    last_modified: str | None


COLUMN_TYPES = ("text", "text", "text", "bytea", "int4", "int4", "int4", "text", "text", "text")


class Fetcher(Protocol):
    """Downloads an image safely and politely. Raises Failure."""

    def fetch(self, url: str) -> Fetched:
        """Return the body with its validators."""
        ...


class Store(Protocol):
    """The bucket of the thumbnails. Raises MuseumError when it cannot be used."""

    def put_jpeg(self, key: str, body: bytes, metadata: dict[str, str]) -> None:
        """Store one JPEG."""
        ...

    def delete_many(self, keys: Sequence[str]) -> None:
        """Remove objects; missing ones are no error."""
        ...


class Thumbnails(Stage):
    """Thumbnail URLs to JPEGs in S3."""

    name: ClassVar[str] = "stored_thumbnails"
    batch_size: ClassVar[int] = 50

    def __init__(
        self, fetcher: Fetcher, store: Store, *, max_dimension: int, quality: int, concurrency: int = 8
    ) -> None:
        self.fetcher = fetcher
        self.store = store
        self.max_dimension = max_dimension
        self.quality = quality
        self.concurrency = concurrency
        self.contract = thumbnail_settings_id(max_dimension, quality)

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Work on `concurrency` images at a time: Pillow and the sockets release the interpreter lock."""
        yield from concurrently(self._one, works, self.concurrency)

    def _one(self, work: Work) -> Outcome:
        url = work.data["thumbnail_url"]
        try:
            fetched = self.fetcher.fetch(url)
            thumbnail = make_thumbnail(fetched.body, max_dimension=self.max_dimension, quality=self.quality)
        except Failure as failure:
            return failed(work, failure)
        key = thumbnail_key(work.data["museum"], work.data["object_number"])
        # Outside the `try`: a store that is down is no fault of this record, and stops the stage.
        self.store.put_jpeg(key, thumbnail.jpeg, object_metadata(thumbnail, url))
        row = Row(work.data["museum"], work.record_id, key, thumbnail.sha256, thumbnail.width, thumbnail.height,
                  len(thumbnail.jpeg), url, fetched.etag, fetched.last_modified)  # fmt: skip
        return done(work, output=key, value=row)

    def write(self, conn: Connection, museum: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:  # noqa: ARG002
        """Record what was stored."""
        conn.execute(
            "CREATE TEMP TABLE IF NOT EXISTS thumbnail_batch (museum text, record_id text, s3_key text, sha256 bytea,"
            " width integer, height integer, bytes integer, source_url text, etag text, last_modified text)"
            " ON COMMIT DELETE ROWS"
        )
        copy_rows(conn, "thumbnail_batch", Row._fields, COLUMN_TYPES, (o.value for o in outcomes if o.value))
        conn.execute(query("thumbnail_upsert"))
        return outcomes

    def remove(self, conn: Connection, museum: str, leftovers: Sequence[Leftover]) -> None:
        """Forget the thumbnails of artworks that are gone."""
        conn.execute(
            "DELETE FROM staging.thumbnail WHERE museum = %s AND record_id = ANY(%s)",
            (museum, [leftover.record_id for leftover in leftovers]),
        )

    def discard(self, conn: Connection, museum: str, outputs: Sequence[str]) -> None:  # noqa: ARG002
        """Remove thumbnails from S3."""
        self.store.delete_many(outputs)


def object_metadata(thumbnail: Thumbnail, url: str) -> dict[str, str]:
    """Return the S3 user metadata of a thumbnail; S3 carries ASCII only, so the source is percent-encoded."""
    return {
        "sha256": thumbnail.sha256.hex(),
        "width": str(thumbnail.width),
        "height": str(thumbnail.height),
        "source": quote(url, safe=":/?#[]@!$&'()*+,;=%~"),
    }
