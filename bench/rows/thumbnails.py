"""stored_thumbnails over a loopback image server and the S3 endpoint, against making the thumbnails alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from bench.bench import Bench
from bench.collection import MUSEUM, emptied, harvested, records, transformed
from bench.image_server import picture, serving
from bench.measuring import Result, Target, alternated, per_second, rate, ratio
from museum_assets.images.thumbnail import make_thumbnail
from museum_assets.loop.run import run_stage
from museum_assets.settings import Settings
from museum_assets.stages.thumbnails import Thumbnails
from resources import platform
from resources.postgres import Database
from resources.s3 import ObjectStore

PICTURES = 24


def store_thumbnails(settings: Settings, image_server: str) -> int:
    """Run the stage as the asset does, at a pace that does not wait; return how many it stored."""
    os.environ[f"MUSEUM_IMAGE_HOSTS_{MUSEUM.upper()}"] = urlsplit(image_server).netloc
    os.environ[f"MUSEUM_RATE_{MUSEUM.upper()}"] = "2000"
    with platform.image_fetcher(settings, MUSEUM) as fetcher:
        stage = Thumbnails(
            fetcher,
            platform.thumbnails(settings),
            max_dimension=settings.image_max_dimension,
            quality=settings.image_jpeg_quality,
            concurrency=settings.download_concurrency,
        )
        return run_stage(platform.database(settings), MUSEUM, stage).done


def measure(bench: Bench) -> Iterator[Result]:
    """Store the same thumbnails anew each round."""
    count = bench.size(240, 72)
    with bench.platform() as settings, serving(PICTURES) as image_server:
        database = Database(settings.database_url or "")
        ObjectStore.from_settings(settings).ensure_bucket()
        harvested(database, records(count, pictures=PICTURES, image_server=image_server))
        transformed(database)
        bodies = [picture(number % PICTURES) for number in range(count)]

        def stage() -> None:
            assert store_thumbnails(settings, image_server) == count

        def ours() -> float:
            with database.connect() as conn:
                conn.execute("DELETE FROM ops.ledger WHERE stage = 'stored_thumbnails'")
            emptied(database, "staging.thumbnail")
            return rate(count, stage)

        def alone(body: bytes) -> None:
            make_thumbnail(body, max_dimension=settings.image_max_dimension, quality=settings.image_jpeg_quality)

        def every_core() -> float:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                return rate(count, lambda: list(pool.map(alone, bodies)))

        rates = alternated(bench.size(5, 3), {"stage": ours, "make_thumbnail": every_core})
    yield Result("thumbnails", "thumbnails, of decode + resize + encode alone on all cores",
                 100 * ratio(rates, "stage", "make_thumbnail"), "%", Target("at least", 60),
                 per_second(rates, "images"))  # fmt: skip
