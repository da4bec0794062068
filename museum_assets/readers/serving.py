"""The process of the readers' pages: what it opens, and how it listens."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from museum_assets.collection.vectors.embedders import search_model, searched
from museum_assets.core.settings import Settings
from museum_assets.images.decoder import ImageDecoder
from museum_assets.readers.login import production
from museum_assets.readers.model import Model
from museum_assets.readers.note import noted
from museum_assets.readers.site import Site
from museum_assets.search.reader import Reader
from resources.platform import Platform

if TYPE_CHECKING:
    from fastapi import FastAPI
    from uvicorn import Config

DECODERS = 2
"""Processes for uploaded images."""
GOODBYE_SECONDS = 3
KEEP_ALIVE_SECONDS = 15


@contextmanager
def open_site(platform: Platform, *, patient: bool = False) -> Iterator[Site]:
    """Open what the pages need. With `patient` the model is loaded when the first reader comes."""
    settings = platform.settings
    with ExitStack() as opened:
        model = opened.enter_context(Model(partial(search_model, platform)))
        reader = Reader(production(platform), platform.production_index(), model.of_words, searched(settings).name)
        opened.callback(reader.close)
        decoder = opened.enter_context(
            ImageDecoder(
                max_dimension=settings.image_max_dimension, quality=settings.image_jpeg_quality, processes=DECODERS
            )
        )
        yield Site(reader, model, platform.production_thumbnails(), decoder, settings, patient=patient)


def serve(listening: socket.socket, platform: Platform, *, patient: bool = False) -> None:
    """Serve the pages at a bound socket until SIGINT or SIGTERM. Raises as the platform's clients do."""
    import uvicorn

    from museum_assets.readers.app import build

    home = platform.settings.home
    with open_site(platform, patient=patient) as site, noted(home, address_of(listening)):
        uvicorn.Server(configuration(build(site), platform.settings)).run(sockets=[listening])


def configuration(app: FastAPI, settings: Settings) -> Config:
    """Return how the pages are served: behind which proxies, below which path, and without a log of who asked."""
    from uvicorn import Config

    return Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=[each.strip() for each in settings.readers_proxies.split(",") if each.strip()],
        root_path=settings.readers_path,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GOODBYE_SECONDS,
    )


def address_of(listening: socket.socket) -> str:
    """Return the address at which this machine reaches a socket that listens."""
    host, port = listening.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared with
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
