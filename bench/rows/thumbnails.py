"""stored_thumbnails over a loopback image server and the S3 endpoint, against making the thumbnails alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from bench.bench import Bench
from bench.collection import MUSEUM, emptied, harvested, records, transformed
from bench.image_server import picture, serving
from bench.measuring import Result, Target, alternated, per_second, rate, ratio
from museum_assets.collection.thumbnails.stage import stored_thumbnails
from museum_assets.collection.thumbnails.thumbnails import ThumbnailPart, ThumbnailStage
from museum_assets.images.decoder import ImageDecoder
from museum_assets.images.fetch import open_fetcher
from museum_assets.images.thumbnail import make_thumbnail
from museum_assets.loop.run import run_stage
from museum_assets.loop.workers import Threads
from resources.platform import Platform

PICTURES = 24


class InThreads:
    """Decodes in this process, which is what the stage did before hostile images were kept out of it."""

    def __init__(self, *, max_dimension: int, quality: int) -> None:
        self.make_thumbnail = partial(make_thumbnail, max_dimension=max_dimension, quality=quality)


def store_thumbnails(platform: Platform, image_server: str, *, in_threads: bool = False) -> int:
    """Run the stage as the asset does, at a pace that does not wait; return how many it stored."""
    os.environ[f"MUSEUM_IMAGE_HOSTS_{MUSEUM.upper()}"] = urlsplit(image_server).netloc
    os.environ[f"MUSEUM_RATE_{MUSEUM.upper()}"] = "2000"
    settings = platform.settings
    wanted: dict[str, Any] = {"max_dimension": settings.image_max_dimension, "quality": settings.image_jpeg_quality}
    with (
        open_fetcher(platform, MUSEUM) as fetcher,
        nullcontext(InThreads(**wanted)) if in_threads else ImageDecoder(**wanted) as decoder,
    ):
        store = platform.thumbnails()
        workers = Threads(ThumbnailPart(fetcher, decoder, store), settings.download_concurrency)
        bound = stored_thumbnails.bind(ThumbnailStage(workers, store), "bench")
        return run_stage(platform.database(), MUSEUM, bound).done


def measure(bench: Bench) -> Iterator[Result]:
    """Store the same thumbnails anew each round."""
    count = bench.size(240, 72)
    with bench.platform() as platform, serving(PICTURES) as image_server:
        database = platform.database()
        platform.thumbnails().ensure_bucket()
        harvested(database, records(count, pictures=PICTURES, image_server=image_server))
        transformed(database)
        bodies = [picture(number % PICTURES) for number in range(count)]

        def stored(*, in_threads: bool = False) -> float:
            with database.connect() as conn:
                conn.execute("DELETE FROM ops.ledger WHERE stage = 'stored_thumbnails'")
            emptied(database, "staging.thumbnail")
            return rate(count, lambda: store_thumbnails(platform, image_server, in_threads=in_threads))

        def alone(body: bytes) -> None:
            make_thumbnail(
                body, max_dimension=platform.settings.image_max_dimension, quality=platform.settings.image_jpeg_quality
            )

        def every_core() -> float:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                return rate(count, lambda: list(pool.map(alone, bodies)))

        sides: dict[str, Callable[[], float]] = {
            "stage": stored,
            "in threads": partial(stored, in_threads=True),
            "make_thumbnail": every_core,
        }
        rates = alternated(bench.size(5, 3), sides)
    yield Result("thumbnails", "thumbnails, of decode + resize + encode alone on all cores",
                 100 * ratio(rates, "stage", "make_thumbnail"), "%", Target("at least", 60),
                 per_second(rates, "images"))  # fmt: skip
    yield Result("thumbnails in processes", "thumbnails, of the same stage that decodes in threads",
                 100 * ratio(rates, "stage", "in threads"), "%", Target("at least", 90),
                 per_second(rates, "images"))  # fmt: skip
