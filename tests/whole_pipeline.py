"""The collection's stages called one after the other, without Dagster: what the tests of whole runs share.

`python tests/whole_pipeline.py [museum …]` runs them over the environment's services: tests kill it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Counts, Options, Stage
from museum_assets.museums import MUSEUMS, museum
from museum_assets.settings import Settings, settings
from museum_assets.stages.embedding import Embedding
from museum_assets.stages.harvest import harvest
from museum_assets.stages.harvest_books import HarvestReport
from museum_assets.stages.index import Index
from museum_assets.stages.thumbnails import Thumbnails
from museum_assets.stages.transform import Transform
from resources import platform
from resources.embedders import clip
from resources.embedders.embedder import Embedder

STAGES = ("transformed_artworks", "indexed_artworks", "stored_thumbnails", "image_clip", "text_clip")


@contextmanager
def opened(chosen: Settings, slug: str, name: str, embedder: Embedder | None = None) -> Iterator[Stage]:
    """Make a stage over the configured services."""
    index, place = platform.vector_index(chosen), platform.vector_place(chosen)
    if name == "transformed_artworks":
        yield Transform(museum(slug))
    elif name == "indexed_artworks":
        with index.open() as session:
            session.ensure_collection()
        yield Index(index, place=place)
    elif name == "stored_thumbnails":
        with platform.image_fetcher(chosen, slug) as fetcher:
            yield Thumbnails(fetcher, platform.thumbnails(chosen), max_dimension=chosen.image_max_dimension,
                             quality=chosen.image_jpeg_quality, concurrency=4)  # fmt: skip
    else:
        model = embedder or platform.embedder(chosen, name.split("_")[1])
        yield Embedding(name, model, index, platform.database(chosen), platform.thumbnails(chosen), place=place)


def run(chosen: Settings, slug: str, name: str, options: Options | None = None, **kwargs: Any) -> Counts:
    """Run one stage of the loop over one museum."""
    with opened(chosen, slug, name, **kwargs) as stage:
        return run_stage(platform.database(chosen), slug, stage, options)


def gather(chosen: Settings, slug: str, **kwargs: Any) -> HarvestReport:
    """Harvest one museum."""
    with platform.museum_client(chosen, slug) as api:
        return harvest(platform.database(chosen), museum(slug), api, **kwargs)


def run_all(
    chosen: Settings,
    museums: Sequence[str] = MUSEUMS,
    tell: Callable[[str], None] = lambda _: None,
    **kwargs: Any,
) -> dict[tuple[str, str], Counts]:
    """Run everything and return the books by museum and stage."""
    books = {}
    for slug in museums:
        gather(chosen, slug)
        for name in STAGES:
            books[slug, name] = run(chosen, slug, name, **(kwargs if "_clip" in name else {}))
            tell(f"{slug} {name}")
    return books


def single_precision(device: str) -> Any:
    """Choose as `fastest_precision` does, but always the same."""
    import torch

    return torch.float32


if __name__ == "__main__":
    clip.fastest_precision = single_precision
    run_all(settings(), sys.argv[1:] or MUSEUMS, lambda line: print(line, flush=True))  # noqa: T201
