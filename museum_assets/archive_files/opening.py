"""Opening a downloader of archives, and the client of a museum's API together with its dump."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from museum_assets.archive_files.download.download import ANYWHERE, Downloader
from museum_assets.archive_files.download.obtain import file_name
from museum_assets.archive_files.download.transfer import RemoteFile
from museum_assets.archive_files.read.dump import ArchiveDump
from museum_assets.core.addresses import host_of
from museum_assets.core.failures import MuseumError
from museum_assets.core.progress import Progress
from museum_assets.core.settings import Settings
from museum_assets.museums import museum
from museum_assets.museums.museum import Dump
from resources.museum_http import MuseumClient
from resources.platform import Platform

log = logging.getLogger(__name__)


@contextmanager
def open_downloader(
    platform: Platform, hosts: Iterable[str], folder: str, *, local: Path | None = None
) -> Iterator[Downloader]:
    """Yield a downloader from these hosts and those of ARCHIVE_HOSTS; it keeps its files in `folder` of the home.

    Addresses with file:// are read below `local` alone, by default ARCHIVE_FOLDER: whoever reaches Dagster's UI
    chooses the addresses of a run.
    """
    settings = platform.settings
    more = {host.strip().lower() for host in settings.archive_hosts.split(",") if host.strip()}
    with Downloader(settings.home / "archives" / folder, {*hosts, *more}, user_agent=platform.user_agent,
                    bytes_per_second=settings.archive_bytes_per_second,
                    local=local or imports_folder(settings)) as downloader:  # fmt: skip
        yield downloader


@contextmanager
def open_client(platform: Platform, slug: str) -> Iterator[MuseumClient]:
    """Yield the client of a museum's API, with the museum's dump when it is harvested from one."""
    with ExitStack() as stack:
        dump = _dump(platform, slug, stack)
        yield stack.enter_context(platform.museum_client(slug, dump))


def imports_folder(settings: Settings) -> Path:
    """Return the folder below which runs read local archives."""
    return settings.archive_folder or settings.home / "imports"


def _dump(platform: Platform, slug: str, stack: ExitStack) -> Callable[[], Dump] | None:
    """Return a function that makes the dump, which is downloaded when first read; None when the API is harvested."""
    harvested, overrides = museum(slug), platform.overrides(slug)
    url = (overrides.api_base or harvested.api_base) if harvested.dump_only else overrides.dump
    if url is None:
        return None
    if not (harvested.dump or harvested.dump_only):
        raise MuseumError(f"{slug} has no dump that could be harvested: unset MUSEUM_DUMP_{slug.upper()}")
    # The operator wrote the address down, so its host or its path is allowed; a redirect leads only to those known.
    hosts = {host_of(url), *harvested.dump_hosts} - {""}
    downloader = stack.enter_context(open_downloader(platform, hosts, slug, local=ANYWHERE))
    on_progress = Progress(f"download of {slug}'s dump, in bytes", log.info)
    file = RemoteFile(url, file_name(url))
    return lambda: ArchiveDump(lambda: downloader.fetch(file, on_progress), lambda: downloader.announced(file))
