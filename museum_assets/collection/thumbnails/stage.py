"""The stage stored_thumbnails: one JPEG per artwork in S3."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.thumbnails.checks import every_thumbnail_present
from museum_assets.loop.spec import CheckSpec, StageSpec
from museum_assets.loop.stage import Stage
from museum_assets.loop.workers import Part, PartSpec, open_workers
from resources.platform import Platform


def _contract(platform: Platform, _: str) -> str:
    from museum_assets.images.thumbnail import thumbnail_settings_id

    return thumbnail_settings_id(platform.settings.image_max_dimension, platform.settings.image_jpeg_quality)


@contextmanager
def _open_part(platform: Platform, slug: str) -> Iterator[Part]:
    from museum_assets.collection.thumbnails.thumbnails import ThumbnailPart
    from museum_assets.images.decoder import ImageDecoder
    from museum_assets.images.fetch import open_fetcher

    s = platform.settings
    with (
        open_fetcher(platform, slug) as fetcher,
        ImageDecoder(max_dimension=s.image_max_dimension, quality=s.image_jpeg_quality) as decoder,
    ):
        yield ThumbnailPart(fetcher, decoder, platform.thumbnails())


PART = PartSpec(_open_part, _contract, lambda platform: platform.settings.download_concurrency)


@contextmanager
def _open(platform: Platform, slug: str) -> Iterator[Stage]:
    from museum_assets.collection.thumbnails.thumbnails import ThumbnailStage

    with open_workers(PART, platform, slug) as workers:
        yield ThumbnailStage(workers, platform.thumbnails())


stored_thumbnails: StageSpec = StageSpec(
    name="stored_thumbnails",
    domain="collection",
    description="Thumbnails as {museum}_{object_number}.jpg in S3, with their sha256, size and source.",
    kinds=frozenset({"python", "s3"}),
    contract=_contract,
    open=_open,
    table="staging.thumbnail",
    rows_hashed=True,
    deps=(transformed_artworks,),
    released=True,
    checks=(
        CheckSpec.of("every_thumbnail_present", every_thumbnail_present, lambda platform, conn, slug:
                     every_thumbnail_present(conn, platform.thumbnails(), slug, stored_thumbnails)),
    ),
)  # fmt: skip
