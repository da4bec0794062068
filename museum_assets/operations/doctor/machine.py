"""This machine: the home and the room in it, and the ports."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx

from museum_assets.core.failures import MuseumError
from museum_assets.operations.doctor.line import Line, well
from museum_assets.operations.doctor.reached import SECONDS
from museum_assets.operations.ui import FIRST_PORT
from museum_assets.readers.note import running_at
from resources.embedded.s3 import is_free
from resources.http_client import http_client
from resources.platform import Platform

ENOUGH, LEAST = 5 * 2**30, 2**29
"""Bytes: below the first a line warns, below the second it fails. A run keeps a batch of images and its logs."""


def home(platform: Platform) -> Iterator[Line]:
    """Look at the home, and at the room where it lies and where temporary files go."""
    settings = platform.settings
    place = _existing(settings.home)
    if not os.access(place, os.W_OK):
        remedy = f"give this user {place}, or set MUSEUM_HOME to a folder of its own"
        yield Line("MUSEUM_HOME", "fail", f"{settings.home} cannot be written: {place} is not this user's", remedy)
    else:
        yield _room("MUSEUM_HOME", settings.home, place)
    temporary = Path(tempfile.gettempdir())
    if temporary.stat().st_dev != place.stat().st_dev:
        yield _room("TMPDIR", temporary, temporary)


def ports(platform: Platform) -> Iterator[Line]:
    """Look whether the ports of the UI and of the readers' pages are free, or ours."""
    settings = platform.settings
    mine = running_at(settings.home) or ""
    if mine:
        yield well("READERS_PORT", f"this home's readers' pages are at {mine}")
    elif settings.readers_host == "127.0.0.1":
        yield _port("READERS_PORT", settings.readers_port, "set READERS_PORT to another one")
    if _is_a_ui(FIRST_PORT):
        yield well("port of the UI", f"a Dagster UI answers at {FIRST_PORT}")
    else:
        yield _port("port of the UI", FIRST_PORT, "choose another one with `museum up --port 3100`")


def _is_a_ui(port: int) -> bool:
    try:
        with http_client(timeout=SECONDS) as client:
            return bool(client.get(f"http://127.0.0.1:{port}/server_info").json().get("dagster_version"))
    except (httpx.HTTPError, MuseumError, OSError, ValueError, AttributeError):
        return False


def _port(subject: str, port: int, remedy: str) -> Line:
    if is_free(port):
        return well(subject, f"{port} is free")
    return Line(subject, "warn", f"something listens at {port}; `museum up` takes the next one", remedy)


def _room(subject: str, path: Path, place: Path) -> Line:
    free = shutil.disk_usage(place).free
    text = f"{free / 2**30:,.1f} GB are free for {path}"
    if free >= ENOUGH:
        return well(subject, text)
    remedy = f"free some: `du -xh {place} | sort -h | tail` shows what takes it"
    return Line(subject, "fail" if free < LEAST else "warn", text, remedy)


def _existing(path: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return path if path.exists() else _existing(path.parent)
