"""Trying everything that is configured, many things at a time: what is away is waited for only once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from museum_assets.core.failures import MuseumError
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS
from museum_assets.operations.doctor import databases, index, machine, models, outside, storage
from museum_assets.operations.doctor.line import Examination, Line
from resources.platform import Platform

TOGETHER = 12
"""Examinations at a time: nearly all of them wait for an answer."""


def examinations() -> Mapping[str, Examination]:
    """Return everything that is looked at by its subject, in the order in which it is told."""
    found: dict[str, Examination] = {
        "database": databases.platform,
        "production": databases.production,
        "database of Dagster": databases.dagster,
        "database of readers": databases.readers,
        "S3": storage.server,
        "buckets": storage.buckets,
        "backup S3": storage.backups,
        "vector index": index.collections,
        "CLIP": models.clip,
        "SigLIP": models.siglip,
        "Jina": models.jina,
        "language model": models.language_model,
        "Ray": models.ray,
        "authority": outside.authority,
        "mail": outside.mail,
        "webhook": outside.webhook,
        "Kafka": outside.brokers,
        **{f"bucket of {slug}": partial(storage.kiosk_bucket, slug) for slug in KIOSK_MUSEUMS},
        **{f"stream of {slug}": partial(outside.stream, slug) for slug in KIOSK_MUSEUMS},
        **{f"museum {slug}": partial(outside.museum_api, slug) for slug in MUSEUMS},
        "home": machine.home,
        "ports": machine.ports,
    }
    return found


def examine(platform: Platform) -> Iterator[Line]:
    """Yield a line or more for everything that is configured, in the same order every time."""
    with ThreadPoolExecutor(TOGETHER) as pool:
        told = [(name, pool.submit(_lines, name, each, platform)) for name, each in examinations().items()]
        for _, lines in told:
            yield from lines.result()


def _lines(name: str, examination: Examination, platform: Platform) -> list[Line]:
    try:
        return [*examination(platform)]
    except MuseumError as error:
        # Every message of the platform's ends in what to do.
        what, stop, advice = str(error).partition(". ")
        return [Line(name, "fail", what + (stop and "."), advice or "run `museum settings`, and correct what is wrong")]
