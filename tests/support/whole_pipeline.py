"""The collection's stages called one after the other, without Dagster: what the tests of whole runs share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from museum_assets.archive_files.opening import open_client
from museum_assets.collection.harvest.books import HarvestReport
from museum_assets.collection.harvest.harvest import harvest
from museum_assets.collection.stages import STAGES
from museum_assets.loop.run import run_stage
from museum_assets.loop.spec import StageSpec
from museum_assets.loop.stage import Counts, Options
from museum_assets.museums import MUSEUMS, museum
from resources.embedders import clip
from resources.embedders.embedder import Embedder
from resources.platform import Platform

SPECS = {spec.name: spec for spec in STAGES}


def active(platform: Platform) -> list[StageSpec]:
    """Return the stages of the loop that are in use."""
    return [spec for spec in STAGES if spec.open and not spec.inactive(platform.settings)]


def run(
    platform: Platform, slug: str, name: str, options: Options | None = None, embedder: Embedder | None = None
) -> Counts:
    """Run one stage of the loop over one museum, with another embedder where one is given."""
    with SPECS[name].opened(platform, slug) as stage:
        if embedder is not None and SPECS[name].vector:
            stage.workers.part.embedder = embedder  # type: ignore[attr-defined]
            stage.embedder_contract = embedder.contract  # type: ignore[attr-defined]
            stage.contract = f"{embedder.contract} in {platform.vector_place()}"
        return run_stage(platform.database(), slug, stage, options)


def gather(platform: Platform, slug: str, **kwargs: Any) -> HarvestReport:
    """Harvest one museum."""
    with open_client(platform, slug) as api:
        return harvest(platform.database(), museum(slug), api, **kwargs)


def run_all(
    platform: Platform,
    museums: Sequence[str] = MUSEUMS,
    on_stage: Callable[[str], None] = lambda _: None,
    embedder: Embedder | None = None,
) -> dict[tuple[str, str], Counts]:
    """Run everything and return the books by museum and stage."""
    books = {}
    for slug in museums:
        gather(platform, slug)
        for spec in active(platform):
            books[slug, spec.name] = run(platform, slug, spec.name, embedder=embedder)
            on_stage(f"{slug} {spec.name}")
    return books


def single_precision(device: str) -> Any:
    """Choose as `fastest_precision` does, but always the same."""
    import torch

    return torch.float32


def print_run() -> None:
    """Run everything over the environment's services, and print each stage that has ended: tests kill it."""
    clip.fastest_precision = single_precision
    run_all(Platform.from_settings(), MUSEUMS, lambda line: print(line, flush=True))  # noqa: T201
