"""Real records, served in the same dialects: paging and filters act on what the records say."""

from __future__ import annotations

from pathlib import Path

from museum_assets.simulator import drawing
from museum_assets.simulator.dialect import Dialect
from museum_assets.simulator.dice import mix
from museum_assets.simulator.facts import Facts, Record


class RecordedSource:
    """The records of one museum below `folder` (museum_records/<slug>), with pictures of `folder`'s images."""

    reduced = True

    def __init__(self, dialect: Dialect, folder: Path) -> None:
        """Raises FileNotFoundError when there are no records or no pictures."""
        self._dialect = dialect
        self._records = dialect.recorded(folder / "museum_records" / dialect.slug)
        if not self._records:
            raise FileNotFoundError(
                f"no records of {dialect.slug} below {folder / 'museum_records' / dialect.slug}: give --records a "
                "folder that holds museum_records/<slug> and images/"
            )
        self._read = [dialect.read(record) for record in self._records]
        self._numbers = {read.id: n for n, read in enumerate(self._read)}
        self._pictures = _pictures(folder / "images", dialect.slug)
        self.count = len(self._records)

    def facts(self, n: int) -> Facts:
        """Return what listings filter on."""
        return self._read[n].facts

    def id(self, n: int) -> str:
        """Return the internal id."""
        return self._read[n].id

    def number(self, record_id: str) -> int | None:
        """Return the record with this internal id."""
        return self._numbers.get(record_id)

    def object_number(self, n: int) -> str:
        """Return the public number."""
        return self._read[n].object_number

    def record(self, n: int, base: str) -> Record:
        """Return the record as it was recorded, but for its image addresses.

        Those alone are replaced: the museums' servers must not be called, and everything else must stay real.
        """
        return self._dialect.with_images(self._records[n], n, base)

    def text(self, n: int) -> str:
        """Return what a search looks in."""
        return self._read[n].text

    def image_size(self, n: int) -> tuple[int, int]:
        """Return the width and height in pixels of the record's picture."""
        return drawing.dimensions(self._picture(n))

    def image(self, n: int, size: tuple[int, int]) -> bytes:
        """Return the record's picture as JPEG of width x height pixels; at its own size, the file as it is."""
        picture = self._picture(n)
        return picture if size == drawing.dimensions(picture) else drawing.fitted(picture, *size)

    def _picture(self, n: int) -> bytes:
        return self._pictures[mix(n) % len(self._pictures)].read_bytes()


def _pictures(folder: Path, slug: str) -> list[Path]:
    """Return the museum's own pictures, or all there are when it has none (MET and CMA)."""
    pictures = sorted(folder.glob(f"{slug}/*.jpg")) or sorted(folder.rglob("*.jpg"))
    if not pictures:
        raise FileNotFoundError(
            f"no pictures below {folder}: recorded records need images/<slug>/*.jpg or images/*.jpg"
        )
    return pictures
