"""The platform's clients, made from its settings: the one place that knows which service is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from psycopg_pool import ConnectionPool

from museum_assets.core.addresses import host_of, shown_address
from museum_assets.core.failures import MuseumError
from museum_assets.core.museum_settings import MuseumOverrides, museum_overrides, user_agent
from museum_assets.core.profiles import SettingsError
from museum_assets.core.settings import Settings, read_settings
from museum_assets.museums import kiosks, museum
from resources.migrations import at_newest
from resources.postgres import Database
from resources.rate_limit import RateLimiter
from resources.s3 import ObjectStore
from sql.migrations import PLATFORM, PRODUCTION

if TYPE_CHECKING:
    from museum_assets.core.collection_layout import CollectionLayout
    from museum_assets.museums.kiosk_museum import KioskMuseum
    from museum_assets.museums.museum import Dump
    from resources.embedders.embedder import Embedder
    from resources.embedders.weights import Weights
    from resources.kafka import Kafka
    from resources.llm import Llm
    from resources.mail import Mailer
    from resources.museum_http import MuseumClient
    from resources.vector_index.edge import EdgeVectorIndex
    from resources.vector_index.session import VectorIndex
    from resources.webhook import Webhook

API_TIMEOUT = 60.0
"""Seconds: the Rijksmuseum's OAI pages took up to 40 for others."""
IMAGES_PER_SECOND = 10.0
"""The pace at an image host that is not the API's own; CDNs serve these sizes from cache."""


class NotRunning(MuseumError):
    """No service is configured and none is running."""


@dataclass(frozen=True)
class Platform:
    """The services of one configuration. Cheap to make: every method makes its client anew, and connects when used.

    Assets, sensors, commands, tests and benchmarks hold the same object.
    """

    settings: Settings

    @classmethod
    def from_settings(cls, **given: Any) -> Self:
        """Return the platform that the environment and the profile's file configure; `given` fields win over both.

        Raises SettingsError.
        """
        return cls(read_settings(**given))

    def with_settings(self, **changed: Any) -> Self:
        """Return the platform with some settings changed."""
        return type(self)(self.settings.model_copy(update=changed))

    def overrides(self, slug: str) -> MuseumOverrides:
        """Return what the environment or the profile's file changes about one museum. Raises SettingsError."""
        found = museum_overrides(slug)
        if (found.api_base or "").startswith("file://") and not museum(slug).dump_only:
            name = slug.upper()
            raise SettingsError(f"MUSEUM_API_{name}: {slug} has an API, which is no file; a dump is MUSEUM_DUMP_{name}")
        return found

    def documents_pattern(self, slug: str) -> str:
        """Return the wildcard of a museum's documents: MUSEUM_DOCUMENTS_<SLUG>, or DOCUMENTS_PATTERN for it."""
        return self.overrides(slug).documents or self.settings.documents_pattern.replace("{slug}", slug)

    @property
    def user_agent(self) -> str:
        """The User-Agent of every request to a museum."""
        return user_agent(self.settings)

    # Postgres

    def database(self) -> Database:
        """Return the platform's database, whose version is compared before it is used. Raises NotRunning."""
        if not self.settings.database_url:
            raise NotRunning(
                "DATABASE_URL is not set and the embedded Postgres is not running: start everything with `museum up`, "
                "or set DATABASE_URL"
            )
        return at_newest(Database(self.settings.database_url), PLATFORM)

    def production(self) -> Database:
        """Return the database that releases are published in, as `database` does. Raises NotRunning."""
        url = self.settings.production_database_url
        found = Database(url, "PRODUCTION_DATABASE_URL") if url else self.database()
        return at_newest(found, PRODUCTION)

    @contextmanager
    def pool(self) -> Iterator[ConnectionPool]:
        """Open a small pool of connections to the platform's database, for rate limits."""
        with ConnectionPool(
            self.database().url, min_size=1, max_size=4, open=True, kwargs={"autocommit": True}
        ) as pool:
            yield pool

    # S3

    def bucket(self, name: str) -> ObjectStore:
        """Return the bucket of this name. Raises NotRunning when there is no S3."""
        if not self.settings.s3_endpoint_url and self.settings.profile != "prod":
            raise NotRunning(
                "S3_ENDPOINT_URL is not set and the embedded S3 is not running: start everything with `museum up`, set "
                "S3_ENDPOINT_URL, or use MUSEUM_PROFILE=prod for AWS itself"
            )
        return ObjectStore.from_settings(self.settings, name)

    def thumbnails(self) -> ObjectStore:
        """Return the bucket of the thumbnails."""
        return self.bucket(self.settings.thumbnails_bucket)

    def production_thumbnails(self) -> ObjectStore:
        """Return the bucket of the thumbnails that releases show."""
        return self.bucket(self.settings.production_thumbnails_bucket)

    def release_archive(self) -> ObjectStore:
        """Return the bucket of exported releases."""
        return self.bucket(self.settings.release_archive_bucket)

    def documents(self) -> ObjectStore:
        """Return the bucket of the documents."""
        return self.bucket(self.settings.documents_bucket)

    def kiosk_source(self, slug: str) -> ObjectStore:
        """Return the bucket in which a museum drops its kiosks' files."""
        return self.bucket(self.overrides(slug).kiosk_bucket or kiosks(slug).bucket)

    def kiosks(self, slug: str) -> KioskMuseum:
        """Return the kiosks of a museum, with the topic that the settings give them. Raises MuseumError."""
        return replace(kiosks(slug), topic_prefix=self.settings.kafka_topic_prefix)

    def kiosk_combined(self) -> ObjectStore:
        """Return the bucket of the kiosks' combined files."""
        return self.bucket(self.settings.kiosk_combined_bucket)

    # The vector index

    def vector_index(self) -> VectorIndex:
        """Return the Qdrant server's collection when QDRANT_URL is set, else the embedded index."""
        return self._index(self.settings.qdrant_collection, self.settings.qdrant_layout)

    def production_index(self) -> VectorIndex:
        """Return the collection of the releases, beside the working one."""
        s = self.settings
        return self._index(s.qdrant_production_collection, s.qdrant_production_layout or s.qdrant_layout)

    def _index(self, collection: str, layout: CollectionLayout | None) -> VectorIndex:
        s = self.settings
        if s.qdrant_url:
            from resources.vector_index.qdrant_server import QdrantServer
            from resources.vector_index.remote import RemoteVectorIndex

            secret = s.qdrant_api_key.get_secret_value() if s.qdrant_api_key else None
            server = QdrantServer(s.qdrant_url, secret, s.qdrant_grpc_port, s.qdrant_ca)
            return RemoteVectorIndex(server, collection=collection, layout=layout)
        return self._embedded_index(collection)

    def _embedded_index(self, collection: str) -> EdgeVectorIndex:
        from resources.vector_index.edge import EdgeVectorIndex

        return EdgeVectorIndex(self.settings.home / "vectors" / collection)

    def vector_place(self) -> str:
        """Name the index that `vector_index` returns: what was written to one is not in another.

        The name is part of every ledger row, so it holds no credentials. Makes the embedded index when it is missing.
        """
        if self.settings.qdrant_url:
            server = shown_address(self.settings.qdrant_url.partition("?")[0])
        else:
            server = f"embedded:{self._embedded_index(self.settings.qdrant_collection).identity()}"
        return f"{server}/{self.settings.qdrant_collection}"

    # Models

    def clip(self) -> Embedder:
        """Return the CLIP model. Raises MuseumError when its weights cannot be had."""
        from resources.embedders.clip import CLIP, ClipEmbedder
        from resources.embedders.weights import DEMO, DEMO_FOLDER

        s = self.settings
        weights = _weights(CLIP.setting("weights"), s.clip_weights, s.profile)
        if s.clip_weights == DEMO:  # they fit one architecture
            return ClipEmbedder(DEMO, weights, batch=s.clip_batch, model_configs=DEMO_FOLDER)
        return ClipEmbedder(s.clip_model, weights, batch=s.clip_batch, model_configs=s.clip_model_configs)

    def clip_of_queries(self) -> Embedder:
        """Return the CLIP model for a few texts: the demo's without its library. Raises MuseumError as `clip` does."""
        from resources.embedders.weights import DEMO, DEMO_FOLDER

        if self.settings.clip_weights != DEMO:
            return self.clip()
        from resources.embedders.text_tower import LightTexts

        weights = _weights("CLIP_WEIGHTS", DEMO, self.settings.profile)
        return LightTexts(DEMO, weights, model_configs=DEMO_FOLDER)

    def siglip(self) -> Embedder:
        """Return the SigLIP model. Raises MuseumError when it has no weights, or they cannot be had."""
        from resources.embedders.clip import SIGLIP, ClipEmbedder

        s = self.settings
        weights = _weights(SIGLIP.setting("weights"), s.siglip_weights or "", s.profile)
        configs = s.siglip_model_configs
        return ClipEmbedder(s.siglip_model, weights, family=SIGLIP, batch=s.siglip_batch, model_configs=configs)

    def jina(self) -> Embedder:
        """Return Jina's embeddings API. Raises MuseumError without a key."""
        from resources.embedders.jina import JinaEmbedder

        if self.settings.jina_api_key is None:
            raise MuseumError("Jina's model is not active: set JINA_API_KEY")
        return JinaEmbedder(self.settings.jina_api_key.get_secret_value(), url=self.settings.jina_api_url)

    def language_model(self) -> Llm:
        """Return the language model that reads documents. Raises MuseumError saying what to set when there is none."""
        from resources.llm import Llm

        return Llm.from_settings(self.settings)

    # Museums

    @contextmanager
    def museum_client(self, slug: str, dump: Callable[[], Dump] | None = None) -> Iterator[MuseumClient]:
        """Open the polite client of a museum's API; `dump` makes the museum's dump when it is asked for."""
        from resources.museum_http import MuseumClient

        chosen, overrides = museum(slug), self.overrides(slug)
        base = overrides.api_base or chosen.api_base
        pace = overrides.requests_per_second or chosen.requests_per_second
        with self.pool() as pool:
            limiter = RateLimiter(pool, host_of(base), pace)
            with MuseumClient(slug, base, limiter=limiter, user_agent=self.user_agent, headers=chosen.headers,
                              timeout=API_TIMEOUT, dump=dump() if dump else None) as client:  # fmt: skip
                yield client

    @contextmanager
    def image_limiters(self, slug: str) -> Iterator[Callable[[str], RateLimiter]]:
        """Open what gives each image host of a museum its pace: the API's own host has that of the API."""
        chosen, overrides = museum(slug), self.overrides(slug)
        api_host = host_of(overrides.api_base or chosen.api_base)
        api_pace = overrides.requests_per_second or chosen.requests_per_second
        pace = overrides.requests_per_second or IMAGES_PER_SECOND
        with self.pool() as pool:
            yield lambda host: RateLimiter(pool, host, api_pace if host == api_host else pace)

    # Kafka, mail and webhooks

    def kafka(self) -> Kafka:
        """Return the brokers of the kiosks' live stream. Raises MuseumError when none are configured."""
        from resources.kafka import Kafka

        return Kafka.from_settings(self.settings)

    @contextmanager
    def mailer(self) -> Iterator[Mailer]:
        """Open the mail server of notices. Raises MuseumError when none is configured."""
        from resources.mail import Mailer

        with Mailer.from_settings(self.settings) as mailer:
            yield mailer

    @contextmanager
    def notice_webhook(self) -> Iterator[Webhook]:
        """Open the webhook of notices, at the pace its server wants. Raises MuseumError when none is configured."""
        from resources.webhook import PATIENCE, PER_SECOND, Webhook, webhook_url

        url = webhook_url(self.settings)
        with self.pool() as pool:
            limiter = RateLimiter(pool, host_of(url), PER_SECOND, patience=PATIENCE)
            with Webhook(url, limiter) as webhook:
                yield webhook


@cache
def _weights(variable: str, setting: str, profile: str) -> Weights:
    """Find the weights once a process: asking the hub takes seconds."""
    from resources.embedders.weights import resolve

    return resolve(setting, demo=profile == "demo", variable=variable)
