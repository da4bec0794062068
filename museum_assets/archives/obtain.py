"""Getting a declared source's files: those of the year that is asked for, and of no other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from museum_assets.archives.download import Downloader, host_of
from museum_assets.archives.schema import Source
from museum_assets.archives.transfer import Downloaded, Told, Wanted
from museum_assets.failures import Failure, Gone, MuseumError
from museum_assets.loop.progress import silent


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported. `urls` and `sha256` replace those declared; `year` is this year's unless given."""

    urls: Sequence[str] = ()
    sha256: Sequence[str] = ()
    year: int | None = None

    def year_of(self, source: Source) -> int | None:
        """Return the year to import; None for a source without years. Raises MuseumError for a year it cannot have."""
        if not source.yearly:
            if self.year is not None:
                raise MuseumError(f"{source.name} has no editions by year: leave the year out")
            return None
        return self.year or datetime.now(UTC).year

    def wanted(self, source: Source) -> list[Wanted]:
        """Return the files to fetch, each with a name of its own in the work folder. Raises MuseumError."""
        urls = [url.replace("{year}", str(self.year_of(source))) for url in self.urls or source.urls]
        sums: list[str | None] = list(self.sha256 or (() if self.urls else source.sha256)) or [None] * len(urls)
        if len(sums) != len(urls):
            raise MuseumError(
                f"{len(sums)} SHA-256 were given for {len(urls)} files of {source.name}: give one for each"
            )
        return [Wanted(url, file_name(url), sha256) for url, sha256 in zip(urls, sums, strict=True)]


def hosts_of(source: Source) -> set[str]:
    """Return the hosts of a declared source's own files."""
    return {host for url in source.urls if (host := host_of(url))}


def obtain(
    downloader: Downloader, source: Source, order: Order, told: Callable[[str], Told] = lambda _: silent
) -> list[Downloaded]:
    """Download what is not there yet, several files at once. Raises the first file's Failure.

    A year that is not published is Failure(not_published): an older one is never taken in its place.
    """
    found = downloader.fetch_all(order.wanted(source), told=told)
    for each in found:
        if isinstance(each, Gone) and source.yearly:
            raise Failure(
                f"{source.name} of {order.year_of(source)} is not published: {each} Nothing was loaded. To have an "
                "older year, ask for it by its number.",
                code="not_published",
                permanent=True,
            ) from each
        if isinstance(each, Failure):
            raise each
    return [each for each in found if isinstance(each, Downloaded)]


def file_name(url: str) -> str:
    """Return a file name that tells addresses apart and keeps the end by which people know the file."""
    last = unquote(urlsplit(url).path).rpartition("/")[2]
    kept = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in last)[-80:].lstrip(".")
    return f"{hashlib.sha256(url.encode()).hexdigest()[:12]}-{kept}"
