"""An app at a real address, for browsers and programs that are no test client."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from museum_assets.core.settings import Settings
from museum_assets.readers.serving import address_of, configuration
from tests.support.clock import wait_until


@contextmanager
def serving(app: FastAPI, settings: Settings, port: int = 0) -> Iterator[str]:
    """Serve an app in a thread, as `museum serve` does; yield its address."""
    server = uvicorn.Server(configuration(app, settings))
    listening = socket.create_server(("127.0.0.1", port))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield address_of(listening)
    finally:
        server.should_exit = True
        thread.join()
