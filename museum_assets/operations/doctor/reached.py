"""Whether a server that is only looked at, and asked for nothing, can be reached from here."""

from __future__ import annotations

import socket
from collections.abc import Mapping

import httpx

from museum_assets.core.addresses import host_of
from museum_assets.core.failures import MuseumError
from museum_assets.operations.doctor.line import Line, well
from resources.http_client import http_client

SECONDS = 8.0
"""For one answer; museums' servers may take some."""


def answer(subject: str, url: str, remedy: str, headers: Mapping[str, str] | None = None) -> Line:
    """Ask once for an address. Any answer but a server's own failure, or a refused key, is as it should be."""
    host = host_of(url)
    try:
        # The answer's body is not read: some museums answer with a page of a megabyte.
        with (
            http_client(timeout=SECONDS, deadline=2 * SECONDS) as client,
            client.stream("GET", url, headers=headers) as got,
        ):
            status = got.status_code
    except (httpx.HTTPError, MuseumError, OSError) as error:
        return Line(subject, "fail", f"{host} does not answer: {error or type(error).__name__}", remedy)
    if status in {401, 403}:
        return Line(subject, "fail", f"{host} refuses ({status})", remedy)
    if status >= 500:
        return Line(subject, "warn", f"{host} answers {status}", "try again later; runs do so by themselves")
    return well(subject, f"{host} answers")


def connection(subject: str, host: str, port: int, remedy: str) -> Line:
    """Open a connection and close it."""
    try:
        with socket.create_connection((host, port), SECONDS):
            return well(subject, f"{host}:{port} takes connections")
    except OSError as error:
        return Line(subject, "fail", f"{host}:{port} cannot be reached: {error}", remedy)
