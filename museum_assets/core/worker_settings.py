"""The settings of the workers that do the costly part of a stage."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings


class WorkerSettings(BaseSettings):
    """Where thumbnails and vectors are made."""

    workers: Literal["threads", "ray"] = Field(
        "threads",
        description="Where thumbnails and vectors are made: threads, in the run itself, or ray, on the nodes of a Ray "
        "cluster.",
    )
    ray_address: str | None = Field(
        None,
        description="Ray cluster for WORKERS=ray: `host:6379` from one of its nodes, `ray://host:10001` from "
        "elsewhere.",
    )

    @model_validator(mode="after")
    def cluster_named(self) -> Self:
        """Refuse Ray without an address: Ray would start a cluster of its own on this machine, and call it done."""
        if self.workers == "ray" and not self.ray_address:
            raise ValueError("WORKERS=ray needs RAY_ADDRESS, the address of a running Ray cluster")
        return self
