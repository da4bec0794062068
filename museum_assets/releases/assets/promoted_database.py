"""promoted_database: a museum's candidate as its next release, which readers see from one moment to the next."""

import dagster as dg
from pydantic import Field

from museum_assets.core.failures import MuseumError
from museum_assets.kit.assets import OWNERS
from museum_assets.loop.spec import INDEX_POOL
from museum_assets.releases.assets.metadata import promoted_metadata
from museum_assets.releases.desk import release_desk
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import PromotionRequest
from partitions import release_partitions
from resources.dagster_resources import PlatformResource


class PromotionConfig(dg.Config):
    """Who promotes, why, and over what; forcing needs both."""

    by: str = Field(default="", description="Who promotes; the run when left out.")
    why: str = Field(default="", description="Why; kept with the release.")
    force: bool = Field(default=False, description="Promote over drift against what is live.")
    force_invalid: bool = Field(default=False, description="Promote over orphans, duplicates and inconsistent data.")

    def request(self, museum: str, run_id: str) -> PromotionRequest:
        """Return the request. Raises MuseumError when something is forced and nobody says who and why."""
        if (self.force or self.force_invalid) and not (self.by.strip() and self.why.strip()):
            raise MuseumError("force and force_invalid need `by` and `why`: they are kept with the release")
        by, why = self.by or f"run {run_id}", self.why or "promoted_database was materialized"
        return PromotionRequest(museum, by, why, self.force, self.force_invalid)


@dg.asset(
    deps=["staging_database"],
    partitions_def=release_partitions,
    group_name="releases",
    kinds={"python", "postgres", "qdrant", "s3"},
    owners=OWNERS,
    pool=INDEX_POOL,
    description="The live release: rows, points and thumbnails of a museum, committed together by one pointer row.",
)
def promoted_database(
    context: dg.AssetExecutionContext, config: PromotionConfig, platform: PlatformResource
) -> dg.MaterializeResult[None]:
    """Promote the partition's candidate."""
    request = config.request(context.partition_key, context.run.run_id)
    done = promote(release_desk(platform.get()), request, context.log.info)
    return dg.MaterializeResult(metadata=promoted_metadata(done, request))
