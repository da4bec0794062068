"""The setting of how long the platform keeps what only tells of the past."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class HistorySettings(BaseSettings):
    """What `museum prune`, and the schedule that does it every night, leave of the history."""

    history_kept_days: int = Field(
        30,
        ge=7,
        description="Days for which history is kept: Dagster's ended runs with their events, checks and output (the "
        "newest of each asset's partition stays), ended harvests, settled dead letters, notices.",
    )
