"""stored_thumbnails: download each artwork's image, make a thumbnail of it and store that in S3."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import quote

from museum_assets.core.failures import Failure, Gone
from museum_assets.core.findings import Markdown
from museum_assets.images.thumbnail import Thumbnail
from museum_assets.loop.stage import Leftover, Outcome, Stage, Work, done, failed
from museum_assets.loop.workers import Workers
from resources.copying import copy_rows
from resources.postgres import Connection
from resources.s3 import thumbnail_key
from sql import query

if TYPE_CHECKING:
    from museum_assets.images.fetch import FetchedImage


class ThumbnailRow(NamedTuple):
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


LONGEST_SOURCE = 1_500
"""Characters of an image's address in the metadata of its thumbnail."""
THUMBNAILS_PER_SHEET = 24
"""Thumbnails on a contact sheet."""
COLUMN_TYPES = ("text", "text", "text", "bytea", "int4", "int4", "int4", "text", "text", "text")


class Fetcher(Protocol):
    """Downloads an image safely and politely. Raises Failure."""

    def fetch(self, url: str) -> FetchedImage:
        """Return the body with its validators."""
        ...


class Decoder(Protocol):
    """Makes a thumbnail of an image, safely. Raises Failure."""

    def make_thumbnail(self, body: bytes) -> Thumbnail:
        """Return the thumbnail."""
        ...


class ThumbnailStore(Protocol):
    """The bucket of the thumbnails. Raises MuseumError when it cannot be used."""

    def put_jpeg(self, key: str, body: bytes, metadata: dict[str, str]) -> None:
        """Store one JPEG."""
        ...

    def get(self, key: str) -> bytes:
        """Return an object. Raises Gone."""
        ...

    def delete_many(self, keys: Sequence[str]) -> None:
        """Remove objects; missing ones are no error."""
        ...


class ThumbnailPart:
    """Downloads an artwork's image, makes its thumbnail and stores that."""

    def __init__(self, fetcher: Fetcher, decoder: Decoder, store: ThumbnailStore) -> None:
        self.fetcher = fetcher
        self.decoder = decoder
        self.store = store

    def __call__(self, work: Work) -> Outcome:
        """Return the outcome of one artwork."""
        url = work.data["thumbnail_url"]
        try:
            fetched = self.fetcher.fetch(url)
            thumbnail = self.decoder.make_thumbnail(fetched.body)
        except Failure as failure:
            return failed(work, failure)
        key = key_of(work)
        # Outside the `try`: a store that is down is no fault of this record, and stops the stage.
        self.store.put_jpeg(key, thumbnail.jpeg, object_metadata(thumbnail, url))
        row = ThumbnailRow(
            museum=work.data["museum"],
            record_id=work.record_id,
            s3_key=key,
            sha256=thumbnail.sha256,
            width=thumbnail.width,
            height=thumbnail.height,
            bytes=len(thumbnail.jpeg),
            source_url=url,
            etag=fetched.etag,
            last_modified=fetched.last_modified,
        )
        return done(work, output=key, value=row)


class ThumbnailStage(Stage):
    """The stage that makes JPEGs in S3 of thumbnail URLs."""

    batch_size = 50

    def __init__(self, workers: Workers, store: ThumbnailStore) -> None:
        self.workers = workers
        self.store = store

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Have the workers download and store images; the decoder's processes make the thumbnails."""
        yield from self.workers.map(works)

    def output_of(self, work: Work) -> str:
        """Return the key of an artwork's thumbnail."""
        return key_of(work)

    def write(self, conn: Connection, slug: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:  # noqa: ARG002
        """Record what was stored."""
        conn.execute(query("thumbnails.batch"))
        copy_rows(conn, "thumbnail_batch", ThumbnailRow._fields, COLUMN_TYPES, (o.value for o in outcomes if o.value))
        conn.execute(query("thumbnails.record"))
        return outcomes

    def remove(self, conn: Connection, slug: str, leftovers: Sequence[Leftover]) -> None:
        """Forget the thumbnails of artworks that are gone."""
        conn.execute(
            "DELETE FROM staging.thumbnail WHERE museum = %s AND record_id = ANY(%s)",
            (slug, [leftover.record_id for leftover in leftovers]),
        )

    def discard(self, conn: Connection, slug: str, outputs: Sequence[str]) -> None:  # noqa: ARG002
        """Remove thumbnails from S3."""
        self.store.delete_many(outputs)

    def facts(self, conn: Connection, slug: str) -> Mapping[str, Any]:
        """Return a contact sheet, also when nothing was due: the UI shows the latest run, where a curator looks."""
        from museum_assets.images.contact_sheet import as_markdown, contact_sheet

        jpegs = recent_thumbnails(conn, self.store, slug)
        return {"contact sheet": Markdown(as_markdown(contact_sheet(jpegs), slug))} if jpegs else {}


def key_of(work: Work) -> str:
    """Return the key of an artwork's thumbnail in S3."""
    return thumbnail_key(work.data["museum"], work.data["object_number"])


def object_metadata(thumbnail: Thumbnail, url: str) -> dict[str, str]:
    """Return the S3 user metadata of a thumbnail; S3 carries ASCII only, so the source is percent-encoded.

    S3 refuses more than 2 kB of it: of a longer source the beginning is kept here, and all of it in the table.
    """
    return {
        "sha256": thumbnail.sha256.hex(),
        "width": str(thumbnail.width),
        "height": str(thumbnail.height),
        "source": quote(url[:LONGEST_SOURCE], safe=":/?#[]@!$&'()*+,;=%~", errors="replace")[:LONGEST_SOURCE],
    }


def recent_thumbnails(conn: Connection, store: ThumbnailStore, slug: str) -> list[bytes]:
    """Return the newest thumbnails, for a contact sheet.

    Those that are missing, or are not what the stage stored, are left out: they are the check's to report.
    """
    rows = conn.execute(
        "SELECT s3_key, sha256 FROM staging.thumbnail WHERE museum = %s ORDER BY stored_at DESC, record_id LIMIT %s",
        (slug, THUMBNAILS_PER_SHEET),
    )
    images = []
    for row in rows:
        with suppress(Gone):
            image = store.get(row["s3_key"])
            if hashlib.sha256(image).digest() == row["sha256"]:  # else it is a stranger's, and is not decoded here
                images.append(image)
    return images
