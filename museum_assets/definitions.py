"""Everything Dagster loads. What belongs here: merging. What does not: assets, checks, or any decision."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from museum_assets import catalogue
from museum_assets.archives import definitions as archives
from museum_assets.collection import definitions as collection
from museum_assets.collection import stages
from museum_assets.core.settings import read_settings
from museum_assets.documents import definitions as documents
from museum_assets.enrichment import definitions as enrichment
from museum_assets.kiosk import definitions as kiosk
from museum_assets.kit.dead_letters import dead_letter_jobs
from museum_assets.pruning import definitions as pruning
from museum_assets.releases import definitions as releases
from museum_assets.sources import definitions as sources
from resources.dagster_resources import configured_resources
from resources.embedded.services import join
from sensors import sensors


def build_definitions(resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Merge the domains' definitions; `resource_overrides` replace resources by name, for tests."""
    return dg.Definitions.merge(
        collection.definitions(stages.STAGES),
        enrichment.definitions(catalogue.enrichment()),
        documents.definitions(),
        sources.definitions(),
        kiosk.definitions(),
        archives.definitions(),
        releases.definitions(stages.STAGES),
        pruning.definitions(),
        dg.Definitions(
            jobs=dead_letter_jobs(catalogue.letter_sources()),
            sensors=sensors(),
            resources={**configured_resources(), **(resource_overrides or {})},
            executor=dg.in_process_executor,
        ),
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the code location. Each code server and each run loads it: they hold the services that they use."""
    join(read_settings().home)
    return build_definitions()
