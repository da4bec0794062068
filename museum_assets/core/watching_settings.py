"""The settings of what watches the platform."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings

from museum_assets.core.addresses import WebAddress


class WatchingSettings(BaseSettings):
    """Where `museum metrics` listens and how often it asks; how log lines are written."""

    metrics_host: str = Field(
        "127.0.0.1", pattern=r"^[A-Za-z0-9.:-]+$", description="Address at which `museum metrics` listens."
    )
    metrics_port: int = Field(9464, ge=1, le=65535, description="Port of `museum metrics`.")
    metrics_seconds: float = Field(
        60.0, gt=0, description="Seconds between two looks at the ledger; what is scraped meanwhile is the last one's."
    )
    traces_url: WebAddress | None = Field(
        None,
        description="OTLP server for traces of runs' stages and batches, such as http://collector:4318/v1/traces; "
        "unset: none. Needs the extra `traces` of the package.",
    )
    log_format: Literal["text", "json"] = Field(
        "text",
        description="How log lines are written: text for people, or json with run, museum, stage and record.",
    )
