"""The buckets that the platform makes: its own everywhere, those of kiosk museums where nobody else does."""

from __future__ import annotations

from collections.abc import Iterator

from museum_assets.core.settings import Settings
from museum_assets.museums import KIOSK_MUSEUMS
from resources.embedded import s3
from resources.platform import Platform
from resources.s3 import ObjectStore


def own_buckets(settings: Settings) -> dict[str, str]:
    """Return {variable: bucket} of what the platform writes to."""
    found = {name.upper(): value for name, value in settings if name.endswith("_bucket")}
    return found | ({"COMPUTE_LOGS_S3": settings.compute_logs_s3} if settings.compute_logs_s3 else {})


def make_buckets(platform: Platform, *, of_kiosks: bool = False) -> Iterator[tuple[str, bool]]:
    """Make the buckets that are missing; yield each one's name and whether it was made.

    Those in which kiosk museums drop their files are the museums' own, and made where S3 is the embedded one, or with
    `of_kiosks`. Raises StorageMisconfigured or Unavailable.
    """
    settings = platform.settings
    stores = [ObjectStore.from_settings(settings, name) for name in own_buckets(settings).values()]
    if of_kiosks or settings.s3_endpoint_url == s3.own_url(settings.home):
        stores += [platform.kiosk_source(slug) for slug in KIOSK_MUSEUMS]
    for name, store in {each.bucket: each for each in stores}.items():
        yield name, store.ensure_bucket()
