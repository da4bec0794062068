"""S3: that it answers, which buckets there are, and what the key may do with them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from itertools import islice
from secrets import token_hex

import httpx

from museum_assets.core.addresses import shown_address
from museum_assets.core.failures import Failure, MuseumError
from museum_assets.core.settings import Settings
from museum_assets.operations.buckets import own_buckets
from museum_assets.operations.doctor.line import RUN_UP, Line, well
from resources.embedded import s3
from resources.http_client import http_client
from resources.platform import Platform
from resources.s3 import ObjectStore

PATIENCE = 5.0
"""Seconds of silence."""
MOST_SECONDS = 300
"""S3 refuses a signature that is 15 minutes off."""
PROBE = ".museum-doctor-"
"""The object that is written and deleted again; no pattern of documents or kiosk files matches it."""


def server(platform: Platform) -> Iterator[Line]:
    """Look at the server itself: that something answers there, and at its clock."""
    settings = platform.settings
    if _rests(settings):
        yield well("S3", f"embedded in {settings.home}, not running now; {RUN_UP}")
        return
    yield _answer("S3_ENDPOINT_URL", settings.s3_endpoint_url or f"https://s3.{settings.aws_region}.amazonaws.com")


def backups(platform: Platform) -> Iterator[Line]:
    """Look at the S3 of backups, where it is another one."""
    if url := platform.settings.backup_s3_endpoint_url:
        yield _answer("BACKUP_S3_ENDPOINT_URL", url)


def buckets(platform: Platform) -> Iterator[Line]:
    """Look at every bucket of the platform's own: write an object, read it, and delete it."""
    settings = platform.settings
    if _rests(settings):
        return
    told: dict[str, str] = {}
    for variable, name in own_buckets(settings).items():
        store = platform.bucket(name).within(PATIENCE)
        try:
            yield _own(variable, store)
        except MuseumError as error:
            # Where S3 itself is the cause, every bucket fails alike: said once, it is read.
            first = told.setdefault(str(error).replace(name, ""), variable)
            if first == variable:
                yield Line(variable, "fail", str(error), "run `museum settings`, and correct the bucket or the key")
            else:
                yield Line(variable, "fail", f"the bucket {name} fails in the same way", f"mend {first} first")


def kiosk_bucket(slug: str, platform: Platform) -> Iterator[Line]:
    """Look at the bucket in which a museum drops its kiosks' files. It is the museum's, and read only."""
    if _rests(platform.settings):
        return
    store = platform.kiosk_source(slug).within(PATIENCE)
    variable = f"MUSEUM_KIOSK_BUCKET_{slug.upper()}"
    try:
        there = store.exists()
        if there:
            list(islice(store.list(), 1))
    except MuseumError as error:
        yield Line(variable, "fail", str(error), f"let the key read the bucket {store.bucket}, or correct {variable}")
        return
    if there:
        yield well(variable, f"the bucket {store.bucket} can be listed")
    else:
        remedy = f"name the museum's bucket in {variable}, or make one with `museum init --kiosk-buckets`"
        yield Line(variable, "warn", f"there is no bucket {store.bucket}: no kiosk file of {slug} is loaded", remedy)


def _own(variable: str, store: ObjectStore) -> Line:
    if not store.exists():
        return Line(variable, "fail", f"there is no bucket {store.bucket}", "run `museum init`, which makes it")
    key = f"{PROBE}{token_hex(8)}"
    try:
        store.put(key, b"?", content_type="text/plain")
        store.get(key)
        store.delete_many([key])
    except MuseumError as error:
        remedy = f"let the key read, write, list and delete in the bucket {store.bucket}"
        return Line(variable, "fail", str(error), remedy)
    return well(variable, f"the bucket {store.bucket} can be read and written")


def _answer(variable: str, url: str) -> Line:
    began = time.time()
    try:
        with http_client(timeout=PATIENCE) as client:
            date = client.get(url).headers.get("Date")
    except (httpx.HTTPError, Failure, OSError) as error:
        text = f"{shown_address(url)} does not answer: {error or type(error).__name__}"
        return Line(variable, "fail", text, f"check that it runs and that {variable} is right")
    ahead = parsedate_to_datetime(date).timestamp() - (began + time.time()) / 2 if date else 0
    if abs(ahead) > MOST_SECONDS:
        text = f"its clock and this machine's are {abs(ahead):.0f} s apart, and S3 refuses what is signed so"
        return Line(variable, "fail", text, "let both keep time by NTP: `timedatectl` shows whether a machine does")
    return well(variable, f"{shown_address(url)} answers")


def _rests(settings: Settings) -> bool:
    """Say whether S3 is the embedded one, and nobody has started it."""
    embedded = settings.s3_endpoint_url in {None, s3.own_url(settings.home)}
    return embedded and settings.profile != "prod" and not s3.processes(settings.home)
