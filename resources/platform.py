"""Making the platform's clients from its settings: the one place that knows which service is used."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from psycopg_pool import ConnectionPool

from museum_assets.failures import MuseumError
from museum_assets.loop.progress import Progress
from museum_assets.loop.stage import STAGES
from museum_assets.museum_settings import museum_overrides, user_agent
from museum_assets.museums import kiosks, museum
from museum_assets.settings import Settings
from resources.postgres import Database
from resources.rate_limit import RateLimiter
from resources.s3 import ObjectStore
from resources.vector_index.index import VectorIndex

if TYPE_CHECKING:
    from museum_assets.archives.download import Downloader
    from museum_assets.images.fetch import ImageFetcher
    from museum_assets.museums.museum import Dump, Museum
    from resources.embedders.embedder import Embedder
    from resources.embedders.weights import Weights
    from resources.llm import Llm
    from resources.museum_http import MuseumClient
    from resources.vector_index.edge import EdgeVectorIndex
    from resources.webhook import Webhook

log = logging.getLogger(__name__)

API_TIMEOUT = 60.0
"""Seconds: the Rijksmuseum's OAI pages took up to 40 for others."""
IMAGE_TIMEOUT = 30.0
IMAGES_PER_SECOND = 10.0
"""The pace at an image host that is not the API's own; CDNs serve these sizes from cache."""


class NotRunning(MuseumError):
    """No service is configured and none is running."""


def database(settings: Settings) -> Database:
    """Return the platform's database. Raises NotRunning when there is none."""
    if not settings.database_url:
        raise NotRunning(
            "DATABASE_URL is not set and the embedded Postgres is not running: start everything with `museum up`, "
            "or set DATABASE_URL"
        )
    return Database(settings.database_url)


def production(settings: Settings) -> Database:
    """Return the database that releases are published in. Raises NotRunning when there is none."""
    url = settings.production_database_url
    return Database(url, "PRODUCTION_DATABASE_URL") if url else database(settings)


def thumbnails(settings: Settings) -> ObjectStore:
    """Return the bucket of the thumbnails. Raises NotRunning when there is none."""
    return bucket(settings, settings.thumbnails_bucket)


def production_thumbnails(settings: Settings) -> ObjectStore:
    """Return the bucket of the thumbnails that releases show. Raises NotRunning when there is none."""
    return bucket(settings, settings.production_thumbnails_bucket)


def release_archive(settings: Settings) -> ObjectStore:
    """Return the bucket of exported releases. Raises NotRunning when there is none."""
    return bucket(settings, settings.release_archive_bucket)


def bucket(settings: Settings, name: str) -> ObjectStore:
    """Return the bucket of this name. Raises NotRunning when there is no S3."""
    if not settings.s3_endpoint_url and settings.profile != "prod":
        raise NotRunning(
            "S3_ENDPOINT_URL is not set and the embedded S3 is not running: start everything with `museum up`, set "
            "S3_ENDPOINT_URL, or use MUSEUM_PROFILE=prod for AWS itself"
        )
    return ObjectStore.from_settings(settings, name)


def kiosk_source(settings: Settings, slug: str) -> ObjectStore:
    """Return the bucket in which a museum drops its kiosks' files. Raises NotRunning when there is no S3."""
    return bucket(settings, museum_overrides(slug).kiosk_bucket or kiosks(slug).bucket)


def llm(settings: Settings) -> Llm:
    """Return the language model that reads documents. Raises MuseumError saying what to set when there is none."""
    from resources.llm import Llm

    return Llm.from_settings(settings)


def vector_index(settings: Settings) -> VectorIndex:
    """Return the Qdrant server's collection when QDRANT_URL is set, else the embedded index."""
    return _index(settings, settings.qdrant_collection)


def production_index(settings: Settings) -> VectorIndex:
    """Return the collection of the releases, beside the working one."""
    return _index(settings, settings.qdrant_production_collection)


def _index(settings: Settings, collection: str) -> VectorIndex:
    if settings.qdrant_url:
        from resources.vector_index.remote import RemoteVectorIndex

        key = settings.qdrant_api_key.get_secret_value() if settings.qdrant_api_key else None
        return RemoteVectorIndex(settings.qdrant_url, api_key=key, collection=collection)
    return _embedded_index(settings, collection)


def vector_place(settings: Settings) -> str:
    """Name the index that `vector_index` returns: what was written to one is not in another.

    The name is part of every ledger row, so it holds no credentials. Makes the embedded index when it is missing.
    """
    if settings.qdrant_url:
        parts = urlsplit(settings.qdrant_url)
        server = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    else:
        server = f"embedded:{_embedded_index(settings, settings.qdrant_collection).identity()}"
    return f"{server}/{settings.qdrant_collection}"


def _embedded_index(settings: Settings, collection: str) -> EdgeVectorIndex:
    from resources.vector_index.edge import EdgeVectorIndex

    return EdgeVectorIndex(settings.home / "vectors" / collection)


def embedder(settings: Settings, name: str) -> Embedder:
    """Return the embedder `clip` or `jina`. Raises MuseumError when it cannot be used as configured."""
    if name == "jina":
        from resources.embedders.jina import JinaEmbedder

        if settings.jina_api_key is None:
            raise MuseumError("JINA_API_KEY is not set, so image_jina and text_jina are not active")
        return JinaEmbedder(settings.jina_api_key.get_secret_value(), url=settings.jina_api_url)
    from resources.embedders.clip import ClipEmbedder

    weights = _clip_weights(settings.clip_weights, settings.profile)
    configs, batch = settings.clip_model_configs, settings.clip_batch
    return ClipEmbedder(settings.clip_model, weights, batch=batch, model_configs=configs)


@cache
def _clip_weights(setting: str, profile: str) -> Weights:
    """Find the weights once a process: asking the hub takes seconds, and its warning is loud enough once."""
    from resources.embedders.weights import resolve

    # The demo has to run without the model hub; anywhere else untrained vectors would be passed off as real ones.
    return resolve(setting, allow_untrained=profile == "demo")


EMBEDDERS = ("clip", "jina")


def active_embedders(settings: Settings) -> tuple[str, ...]:
    """Return the embedders in use: clip always, jina with a key."""
    return EMBEDDERS if settings.jina_api_key else ("clip",)


def active_stages(settings: Settings) -> tuple[str, ...]:
    """Return the stages of the loop that are in use; those of an embedder without a key are not."""
    return tuple(
        s for s in STAGES if s.split("_")[-1] not in EMBEDDERS or s.split("_")[-1] in active_embedders(settings)
    )


@contextmanager
def museum_client(settings: Settings, slug: str) -> Iterator[MuseumClient]:
    """Open the polite client of a museum's API."""
    from resources.museum_http import MuseumClient

    chosen, overrides = museum(slug), museum_overrides(slug)
    base = overrides.api_base or chosen.api_base
    pace = overrides.requests_per_second or chosen.requests_per_second
    with _pool(settings) as pool, _museum_dump(settings, chosen, base if chosen.dump_only else overrides.dump) as dump:
        limiter = RateLimiter(pool, _host(base), pace)
        with MuseumClient(slug, base, limiter=limiter, user_agent=user_agent(), headers=chosen.headers,
                          timeout=API_TIMEOUT, dump=dump) as client:  # fmt: skip
            yield client


@contextmanager
def _museum_dump(settings: Settings, chosen: Museum, url: str | None) -> Iterator[Dump | None]:
    """Open the museum's dump at this address, which is fetched when it is first read; None for no address."""
    from museum_assets.archives.download import host_of
    from museum_assets.archives.dump import ArchiveDump
    from museum_assets.archives.obtain import file_name
    from museum_assets.archives.transfer import Wanted

    if url is None:
        yield None
        return
    if not (chosen.dump or chosen.dump_only):
        raise MuseumError(f"{chosen.slug} has no dump that could be harvested: unset MUSEUM_DUMP_{chosen.slug.upper()}")
    # The operator wrote the address down, so its host is allowed; a redirect leads only to those known.
    hosts = {host_of(url), *chosen.dump_hosts} - {""}
    told = Progress(f"download of {chosen.slug}'s dump, in bytes", log.info)
    with archive_downloader(settings, hosts, chosen.slug) as downloader:
        yield ArchiveDump(lambda: downloader.fetch(Wanted(url, file_name(url)), told))


@contextmanager
def archive_downloader(settings: Settings, hosts: Iterable[str], folder: str) -> Iterator[Downloader]:
    """Open a downloader of archives into a folder of the home, from these hosts and those of ARCHIVE_HOSTS."""
    from museum_assets.archives.download import Downloader

    more = {host.strip().lower() for host in settings.archive_hosts.split(",") if host.strip()}
    with Downloader(settings.home / "archives" / folder, {*hosts, *more}, user_agent=user_agent(),
                    bytes_per_second=settings.archive_bytes_per_second) as downloader:  # fmt: skip
        yield downloader


@contextmanager
def image_fetcher(settings: Settings, slug: str) -> Iterator[ImageFetcher]:
    """Open the downloader of a museum's images, which asks no other hosts than the museum's."""
    from museum_assets.images.fetch import ImageFetcher

    chosen, overrides = museum(slug), museum_overrides(slug)
    api_host = _host(overrides.api_base or chosen.api_base)
    api_pace = overrides.requests_per_second or chosen.requests_per_second

    with _pool(settings) as pool:

        def limiter_for(host: str) -> RateLimiter:
            pace = overrides.requests_per_second or IMAGES_PER_SECOND
            return RateLimiter(pool, host, api_pace if host == api_host else pace)

        hosts = (*chosen.image_hosts, *overrides.image_hosts)
        with ImageFetcher(hosts, limiter_for=limiter_for, user_agent=user_agent(), timeout=IMAGE_TIMEOUT) as fetcher:
            yield fetcher


@contextmanager
def notice_webhook(settings: Settings) -> Iterator[Webhook]:
    """Open the webhook of notices, at the pace that its server wants. Raises MuseumError when none is configured."""
    from resources.webhook import PATIENCE, PER_SECOND, Webhook, webhook_url

    url = webhook_url(settings)
    with _pool(settings) as pool:
        limiter = RateLimiter(pool, _host(url), PER_SECOND, patience=PATIENCE)
        with Webhook(url, limiter) as webhook:
            yield webhook


def _host(url: str) -> str:
    return url.split("://", 1)[1].split("/", 1)[0].rpartition("@")[2]


@contextmanager
def _pool(settings: Settings) -> Iterator[ConnectionPool]:
    with ConnectionPool(database(settings).url, min_size=1, max_size=4, open=True, kwargs={"autocommit": True}) as pool:
        yield pool
