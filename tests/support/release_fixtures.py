"""A release desk on the real services, and a museum staged there as the pipeline leaves it."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest
from psycopg import sql

from museum_assets.collection.stages import STAGES
from museum_assets.collection.vectors.embedding import keep_vectors
from museum_assets.releases.desk import ReleaseDesk, release_desk
from museum_assets.releases.promotion.promote import Promotion, promote
from museum_assets.releases.promotion.request import PromotionRequest
from museum_assets.releases.rows import hashed
from museum_assets.releases.staging.candidate import stage_candidate
from resources.platform import Platform
from tests.support.little_production import axis
from tests.support.release_tables import stage

Publish = Callable[..., Promotion]
VECTORS = {spec.name: spec.vector.dimension for spec in STAGES if spec.vector}
"""The vectors of the working collection when every embedder is in use."""


@pytest.fixture
def desk(platform: Platform) -> ReleaseDesk:
    """Where releases are made, with the buckets and the working collection there."""
    platform.production_thumbnails().ensure_bucket()
    made = release_desk(platform)
    with made.index.open() as session:
        session.ensure_collection(VECTORS)
    return made


@pytest.fixture
def publish(desk: ReleaseDesk, platform: Platform) -> Publish:
    """Stage so many works of a museum, make the candidate and promote it."""

    def publish(museum: str = "smk", works: int = 10, **kwargs: object) -> Promotion:
        say = str(kwargs.pop("say", ""))
        stage(desk.platform, museum, works, say=say, bucket=platform.thumbnails())
        stage_candidate(desk.platform, desk.production, museum)
        return promote(desk, PromotionRequest(museum, "Ida", "test", **kwargs))  # type: ignore[arg-type]

    return publish


def add_demo_vector(desk: ReleaseDesk) -> None:
    """Give N2 of SMK's candidate a vector of the demo's model, for a desk that is not the demo's."""
    contract = "demo:0123456789abcdef:clip-v1"
    with desk.candidate("smk") as candidate:
        keep_vectors(candidate.platform, contract, {sha256(b"x").digest(): axis(0)})
        candidate.platform.execute(
            "UPDATE candidate.index_status SET vectors = '{text_clip}', contracts = ARRAY[%s],"
            " contents = ARRAY[sha256('x')] WHERE object_number = 'N2'",
            (contract,),
        )
        index_status = next(table for table in candidate.tables if table.name == "index_status")
        candidate.platform.execute(
            sql.SQL("UPDATE {} SET row_hash = {}").format(index_status.candidate, hashed(index_status))
        )
