"""The Dagster resources: thin wrappers that hand out the plain clients of `resources.platform`.

What belongs here: dependency injection. What does not: anything that talks to a service.
Everything is configured by environment variables (see `museum_assets.settings`), read when a run asks for a client.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg

from museum_assets.settings import settings
from resources import platform
from resources.kafka import Kafka
from resources.postgres import Database
from resources.s3 import ObjectStore
from resources.vector_index.index import VectorIndex

if TYPE_CHECKING:
    from museum_assets.images.fetch import ImageFetcher
    from museum_assets.releases.workplace import Workplace
    from resources.embedders.embedder import Embedder
    from resources.llm import Llm
    from resources.museum_http import MuseumClient


class Postgres(dg.ConfigurableResource[None]):
    """The platform's tables (DATABASE_URL, or the embedded Postgres)."""

    def database(self) -> Database:
        """Return the database."""
        return platform.database(settings())


class S3(dg.ConfigurableResource[None]):
    """The buckets (S3_ENDPOINT_URL and the AWS variables, or the embedded S3)."""

    def thumbnails(self) -> ObjectStore:
        """Return the bucket."""
        return platform.thumbnails(settings())

    def documents(self) -> ObjectStore:
        """Return the bucket of the documents."""
        return platform.bucket(settings(), settings().documents_bucket)

    def kiosk_source(self, slug: str) -> ObjectStore:
        """Return the bucket in which a museum drops its kiosks' files."""
        return platform.kiosk_source(settings(), slug)

    def kiosk_combined(self) -> ObjectStore:
        """Return the bucket of the kiosks' combined files."""
        return platform.bucket(settings(), settings().kiosk_combined_bucket)


class Qdrant(dg.ConfigurableResource[None]):
    """The vector index (QDRANT_URL, or the embedded one)."""

    def index(self) -> VectorIndex:
        """Return the index."""
        return platform.vector_index(settings())

    def place(self) -> str:
        """Return the index's name for contracts."""
        return platform.vector_place(settings())


class MuseumApis(dg.ConfigurableResource[None]):
    """The museums' APIs and image hosts (MUSEUM_API_*, MUSEUM_IMAGE_HOSTS_*, MUSEUM_RATE_*)."""

    @contextmanager
    def client(self, slug: str) -> Iterator["MuseumClient"]:
        """Open the client of a museum's API."""
        with platform.museum_client(settings(), slug) as client:
            yield client

    @contextmanager
    def images(self, slug: str) -> Iterator["ImageFetcher"]:
        """Open the downloader of a museum's images."""
        with platform.image_fetcher(settings(), slug) as fetcher:
            yield fetcher


class Embedders(dg.ConfigurableResource[None]):
    """The embedding models (CLIP_MODEL, CLIP_WEIGHTS, JINA_API_KEY)."""

    def active(self) -> tuple[str, ...]:
        """Return the names of the embedders in use."""
        return platform.active_embedders(settings())

    def get(self, name: str) -> "Embedder":
        """Return an embedder by name."""
        return platform.embedder(settings(), name)


class Releases(dg.ConfigurableResource[None]):
    """Where releases are made and published (DATABASE_URL, PRODUCTION_DATABASE_URL, S3, the vector index)."""

    def workplace(self) -> "Workplace":
        """Return both databases, and what belongs to a release outside of them."""
        from museum_assets.releases.workplace import workplace

        return workplace(settings())

    def thumbnails(self) -> ObjectStore:
        """Return production's bucket of thumbnails."""
        return platform.production_thumbnails(settings())

    def archive(self) -> ObjectStore:
        """Return the bucket of exported releases."""
        return platform.release_archive(settings())


class LanguageModel(dg.ConfigurableResource[None]):
    """The language model that reads documents (LLM_BASE_URL, LLM_API_KEY, LLM_MODEL)."""

    def get(self) -> "Llm":
        """Return the model."""
        return platform.llm(settings())


class KafkaBrokers(dg.ConfigurableResource[None]):
    """The brokers of the kiosks' live stream (KAFKA_*)."""

    def active(self) -> bool:
        """Say whether there are any."""
        return settings().kafka_bootstrap_servers is not None

    def brokers(self) -> Kafka:
        """Return the brokers."""
        return Kafka.from_settings(settings())
