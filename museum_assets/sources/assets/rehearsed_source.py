"""rehearsed_source: a simulated source whose marked records fail, to see that failures are told."""

from typing import Literal

import dagster as dg
from pydantic import Field

from museum_assets.core.findings import Finding
from museum_assets.kit.assets import OWNERS
from museum_assets.kit.checks import check_result
from museum_assets.sources.rehearsal import RehearsalBooks, rehearse
from museum_assets.sources.simulated import SIMULATED
from resources.dagster_resources import PlatformResource

CHECK = dg.AssetCheckSpec(
    "refused_share", asset="rehearsed_source", description="The refused share is within FAILURE_RATIO_LIMIT."
)


class RehearsalConfig(dg.Config):
    """Which records are made up, and how many of them fail."""

    source: Literal["simulated_blobs", "simulated_logs", "simulated_events"] = Field(
        default="simulated_logs", description="The kind of records."
    )
    batch_size: int = Field(default=100, ge=0, le=1_000_000, description="The number of records.")
    seed: int = Field(default=1, description="The same seed makes the same records, and so the same dead letters.")
    fail_percentage: float = Field(default=20.0, ge=0, le=100, description="Share of records that fail, rounded up.")
    fail_run: bool = Field(default=False, description="Fail the run itself at the end, to see its notice as well.")


@dg.asset(
    group_name="rehearsal",
    kinds={"python", "postgres"},
    owners=OWNERS,
    check_specs=[CHECK],
    description="Rehearses failures: marked records become dead letters, and too many of them make a notice.",
)
def rehearsed_source(config: RehearsalConfig, platform: PlatformResource) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster takes no parameter beside check_specs
    """Read a simulated source once."""
    source = SIMULATED[config.source](config.batch_size, config.seed, config.fail_percentage)
    services = platform.get()
    with services.database().connect() as conn:
        books = rehearse(conn, source)
    if config.fail_run:
        raise dg.Failure("this failure is rehearsed: nothing is wrong", allow_retries=False)
    check = check_result(refused_share(books, services.settings.failure_ratio_limit))._replace(check_name=CHECK.name)
    metadata = {"source": config.source, "seed": config.seed, **vars(books)}
    return dg.MaterializeResult(metadata=metadata, check_results=[check])


def refused_share(books: RehearsalBooks, limit: float) -> Finding:
    """Return whether the refused share of a rehearsal is within the limit."""
    if not books.extracted:
        return Finding.nothing("no record was made up, so none was refused")
    share = books.refused / books.extracted
    text = f"{books.refused} of {books.extracted} were refused ({share:.1%}, limit {limit:.1%}); this is a rehearsal"
    return Finding(share <= limit, text, {"share": share, "limit": limit})
