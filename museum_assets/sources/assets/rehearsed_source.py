"""rehearsed_source: a simulated source whose marked records fail, to see alerting work from end to end."""

from typing import Literal

import dagster as dg
from pydantic import Field

from museum_assets.audit.finding import Finding
from museum_assets.collection.kit import OWNERS, result
from museum_assets.settings import settings
from museum_assets.sources.rehearsal import Rehearsed, rehearse
from museum_assets.sources.simulated import SIMULATED
from resources.configured import Postgres

CHECK = dg.AssetCheckSpec(
    "refused_share", asset="rehearsed_source", description="No more was refused than FAILURE_RATIO_LIMIT allows."
)


class RehearsalConfig(dg.Config):
    """What is made up, and how much of it fails."""

    source: Literal["simulated_blobs", "simulated_logs", "simulated_events"] = Field(
        default="simulated_logs", description="Kind of the records."
    )
    batch_size: int = Field(default=100, ge=0, le=1_000_000, description="Records.")
    seed: int = Field(default=1, description="The same seed makes the same records, and so the same dead letters.")
    fail_percentage: float = Field(default=20.0, ge=0, le=100, description="Share of records that fail, rounded up.")
    fail_run: bool = Field(default=False, description="Fail the run itself at the end, to see that notice too.")


@dg.asset(
    group_name="rehearsal",
    kinds={"python", "postgres"},
    owners=OWNERS,
    check_specs=[CHECK],
    description="A rehearsal of failing: marked records become dead letters, and too many of them a notice.",
)
def rehearsed_source(config: RehearsalConfig, postgres: Postgres) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster takes no parameter beside check_specs
    """Read a simulated source once."""
    source = SIMULATED[config.source](config.batch_size, config.seed, config.fail_percentage)
    with postgres.database().connect() as conn:
        books = rehearse(conn, source)
    if config.fail_run:
        raise dg.Failure("this failure is rehearsed: nothing is wrong", allow_retries=False)
    check = result(refused_share(books))._replace(check_name=CHECK.name)
    metadata = {"source": config.source, "seed": config.seed, **vars(books)}
    return dg.MaterializeResult(metadata=metadata, check_results=[check])


def refused_share(books: Rehearsed) -> Finding:
    """Judge the books of a rehearsal as a stage's are judged."""
    share, limit = (books.refused / books.extracted if books.extracted else 0.0), settings().failure_ratio_limit
    text = f"{books.refused} of {books.extracted} were refused ({share:.1%}, limit {limit:.1%}); this is a rehearsal"
    return Finding(share <= limit, text, {"share": share, "limit": limit})


rehearsal = dg.define_asset_job(
    "rehearsal",
    selection=dg.AssetSelection.groups("rehearsal"),
    description="Rehearse alerting: failures on purpose, as dead letters and notices.",
)
