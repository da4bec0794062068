"""Downloading a declared source's files, of the wanted year and of no other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from museum_assets.archive_files.declared import DeclaredSource
from museum_assets.archive_files.download.download import Downloader
from museum_assets.archive_files.download.transfer import Downloaded, RemoteFile
from museum_assets.core.addresses import host_of
from museum_assets.core.failures import Failure, Gone, MuseumError
from museum_assets.core.progress import OnProgress, silent


@dataclass(frozen=True, slots=True)
class Order:
    """Which files to import. `urls` and `sha256` replace the declared ones; `year` defaults to the current year."""

    urls: Sequence[str] = ()
    sha256: Sequence[str] = ()
    year: int | None = None

    def year_of(self, source: DeclaredSource) -> int | None:
        """Return the year to import; None for a source without years. Raises MuseumError for a year it cannot have."""
        if not source.yearly:
            if self.year is not None:
                raise MuseumError(f"{source.name} has no editions by year: leave the year out")
            return None
        return self.year or datetime.now(UTC).year

    def files(self, source: DeclaredSource) -> list[RemoteFile]:
        """Return the files to download, each under its own name in the work folder. Raises MuseumError."""
        urls = [url.replace("{year}", str(self.year_of(source))) for url in self.urls or source.urls]
        sums: list[str | None] = list(self.sha256 or (() if self.urls else source.sha256)) or [None] * len(urls)
        if len(sums) != len(urls):
            raise MuseumError(
                f"{len(sums)} SHA-256 were given for {len(urls)} files of {source.name}: give one for each file"
            )
        return [RemoteFile(url, file_name(url), sha256) for url, sha256 in zip(urls, sums, strict=True)]


def hosts_of(source: DeclaredSource) -> set[str]:
    """Return the hosts of the files that a source declares."""
    return {host for url in source.urls if (host := host_of(url))}


def obtain(
    downloader: Downloader,
    source: DeclaredSource,
    order: Order,
    on_progress: Callable[[str], OnProgress] = lambda _: silent,
) -> list[Downloaded]:
    """Return the ordered files, downloaded where they are missing or out of date. Raises the first file's Failure.

    A year that is not published yet is Failure(not_published): an older year never takes its place.
    """
    found = downloader.fetch_all(order.files(source), on_progress=on_progress)
    for each in found:
        if isinstance(each, Gone) and source.yearly:
            edition = order.year_of(source) or 0
            year = edition - 1
            raise Failure(
                f"{source.name} of {edition} is not published: {each} Nothing was loaded. An older year is imported "
                f"only when it is asked for: `museum archive import {source.name} --year {year}`.",
                code="not_published",
                permanent=True,
            ) from each
        if isinstance(each, Failure):
            raise each
    return [each for each in found if isinstance(each, Downloaded)]


def file_name(url: str) -> str:
    """Return the file's name for an address: a hash, so that names differ as addresses do, and the address's end."""
    last = unquote(urlsplit(url).path).rpartition("/")[2]
    kept = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in last)[-80:].lstrip(".")
    return f"{hashlib.sha256(url.encode()).hexdigest()[:12]}-{kept}"
