"""The Dagster resources: the configuration of every service as fields, and the platform that is made of them.

What belongs here: dependency injection. What does not: anything that talks to a service.

A field that is None means what `museum_assets.core.settings` says, which may be the embedded service. A variable that
is set when the code location loads is shown as that variable (`EnvVar`), so the UI never holds a secret's value; an
EnvVar of an unset variable would fail every run, also on an optional field (measured with Dagster 1.13.27).
"""

import os
from collections.abc import Mapping
from typing import Any

import dagster as dg
from pydantic import Field

from resources.platform import Platform


class ServiceResource(dg.ConfigurableResource[None]):
    """One service's fields, each named as its setting."""

    def given(self) -> dict[str, str]:
        """Return the fields that are set."""
        return {name: value for name in type(self).model_fields if isinstance(value := getattr(self, name), str)}


class Postgres(ServiceResource):
    """The platform's tables and the releases; without addresses the embedded Postgres."""

    database_url: str | None = Field(None, description="The platform's database.")
    production_database_url: str | None = Field(None, description="Where releases are published.")


class S3(ServiceResource):
    """The buckets; without an endpoint the embedded S3 (with the profile prod: AWS)."""

    s3_endpoint_url: str | None = Field(None, description="The endpoint.")
    aws_access_key_id: str | None = Field(None, description="Access key.")
    aws_secret_access_key: str | None = Field(None, description="Secret key.")
    aws_region: str | None = Field(None, description="Region.")
    thumbnails_bucket: str | None = Field(None, description="Bucket of the thumbnails.")
    production_thumbnails_bucket: str | None = Field(None, description="Bucket of the thumbnails that releases show.")
    release_archive_bucket: str | None = Field(None, description="Bucket of exported releases.")
    documents_bucket: str | None = Field(None, description="Bucket of condition reports and letters.")
    kiosk_combined_bucket: str | None = Field(None, description="Bucket of the kiosks' combined files.")


class Qdrant(ServiceResource):
    """The vector index; without an address the embedded one."""

    qdrant_url: str | None = Field(None, description="The server.")
    qdrant_grpc_port: str | None = Field(None, description="Its port for gRPC.")
    qdrant_ca: str | None = Field(None, description="File of the authority that signed its certificate.")
    qdrant_api_key: str | None = Field(None, description="Its key.")
    qdrant_collection: str | None = Field(None, description="Collection of the artworks.")
    qdrant_production_collection: str | None = Field(None, description="Collection of the releases.")


class Embedders(ServiceResource):
    """The models that make vectors."""

    clip_model: str | None = Field(None, description="open_clip architecture.")
    clip_weights: str | None = Field(None, description="Its weights: a model hub's file, or a local one.")
    siglip_model: str | None = Field(None, description="open_clip architecture of the second model.")
    siglip_weights: str | None = Field(None, description="Its weights; unset: there is no second model.")
    jina_api_key: str | None = Field(None, description="Key of the Jina embeddings API.")
    jina_api_url: str | None = Field(None, description="Its address.")


class LanguageModel(ServiceResource):
    """The model that reads documents; without an address none are read."""

    llm_base_url: str | None = Field(None, description="Base address of the OpenAI-compatible API.")
    llm_api_key: str | None = Field(None, description="Its key.")
    llm_model: str | None = Field(None, description="The model.")


class KafkaBrokers(ServiceResource):
    """The brokers of the kiosks' live stream; without an address there is none."""

    kafka_bootstrap_servers: str | None = Field(None, description="Brokers, host:port.")
    kafka_security_protocol: str | None = Field(None, description="How they are spoken to.")
    kafka_sasl_mechanism: str | None = Field(None, description="SASL mechanism.")
    kafka_sasl_username: str | None = Field(None, description="User name.")
    kafka_sasl_password: str | None = Field(None, description="Password.")


class MuseumApis(ServiceResource):
    """How the platform introduces itself to museums; MUSEUM_API_<SLUG> and its like say the rest."""

    contact_email: str | None = Field(None, description="Whom a museum can reach.")


class Reconciliation(ServiceResource):
    """The authority that makers are matched to; without an address none is asked."""

    reconciliation_url: str | None = Field(None, description="Address of its Reconciliation Service.")
    reconciliation_authority: str | None = Field(None, description="Name of its identities.")


SERVICES: Mapping[str, type[ServiceResource]] = {
    "postgres": Postgres,
    "s3": S3,
    "qdrant": Qdrant,
    "embedders": Embedders,
    "language_model": LanguageModel,
    "kafka": KafkaBrokers,
    "museum_apis": MuseumApis,
    "reconciliation": Reconciliation,
}


class PlatformResource(dg.ConfigurableResource[None]):
    """Everything the platform talks to, as assets, checks and jobs use it."""

    postgres: Postgres
    s3: S3
    qdrant: Qdrant
    embedders: Embedders
    language_model: LanguageModel
    kafka: KafkaBrokers
    museum_apis: MuseumApis
    reconciliation: Reconciliation

    def get(self) -> Platform:
        """Return the platform: the fields that are set, and for the rest the settings. Raises SettingsError."""
        given: dict[str, Any] = {}
        for name in SERVICES:
            given |= getattr(self, name).given()
        return Platform.from_settings(**given)


def configured_resources() -> dict[str, dg.ConfigurableResource[Any]]:
    """Return the code location's resources, with an EnvVar in every field whose variable is set now."""
    services: dict[str, Any] = {name: _configured(service) for name, service in SERVICES.items()}
    return {**services, "platform": PlatformResource(**services)}


def _configured(service: type[ServiceResource]) -> ServiceResource:
    variables = {name: name.upper() for name in service.model_fields}
    return service(**{name: dg.EnvVar(variable) for name, variable in variables.items() if os.environ.get(variable)})
