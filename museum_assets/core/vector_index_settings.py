"""The settings of the vector index."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from museum_assets.core.addresses import WebAddress
from museum_assets.core.collection_layout import LayoutSetting


class VectorIndexSettings(BaseSettings):
    """The Qdrant server and its collections."""

    qdrant_url: WebAddress | None = Field(
        None, description="Qdrant server, its address for REST; unset: the embedded vector index."
    )
    qdrant_grpc_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port at which the same server answers gRPC, which is faster; 0: REST alone; unset: 6334 where the "
        "address ends in :6333 and something listens there, else REST alone.",
    )
    qdrant_ca: Path | None = Field(
        None, description="File (PEM) of the authority that signed Qdrant's certificate; unset: the public ones."
    )
    qdrant_api_key: SecretStr | None = Field(None, description="Key of the Qdrant server.")
    qdrant_collection: str = Field("artworks_etl_v1", description="Qdrant collection of the artworks.")
    qdrant_production_collection: str = Field(
        "artworks_production_v1", description="Qdrant collection of the releases; never the same as the other one."
    )
    qdrant_layout: LayoutSetting = Field(
        None,
        description="How the working collection lies on the Qdrant server, JSON (`docs/scale.md`); unset: as Qdrant "
        "has it. The embedded index has no layout.",
    )
    qdrant_production_layout: LayoutSetting = Field(
        None, description="The same for the collection of the releases; unset: QDRANT_LAYOUT."
    )

    @model_validator(mode="after")
    def collections_apart(self) -> Self:
        """Refuse one collection for work and for production: publishing would rewrite what the stages keep there."""
        if self.qdrant_production_collection == self.qdrant_collection:
            raise ValueError("QDRANT_PRODUCTION_COLLECTION must not be QDRANT_COLLECTION")
        return self
