"""The readers' pages under `museum up`: a child that nothing depends on, and that is started again when it ends."""

from __future__ import annotations

import logging
import socket
import time

from museum_assets.core.settings import Settings
from museum_assets.operations.children import Child, UiError, start, wait_for
from resources.embedded.services import Environment

log = logging.getLogger(__name__)

AGAIN_SECONDS = 60
"""A child that ends at once is not started all the time."""


class ReadersPages:
    """The process of the pages at a socket that this one holds, so that its address stays the same.

    Each process is added to `children`, whose first one leads their group and whose end is waited for.
    """

    def __init__(self, listening: socket.socket, settings: Settings, env: Environment, children: list[Child]) -> None:
        host, port = listening.getsockname()
        self.address = f"http://{host}:{port}"
        self._listening, self._settings, self._env, self._children = listening, settings, env, children
        self._start()

    def _start(self) -> None:
        self._started, fd = time.monotonic(), self._listening.fileno()
        self.child = start("readers", self._settings, self._env, "--fd", str(fd), group=self._children[0], fd=fd)
        self._children.append(self.child)

    def wait(self) -> str:
        """Wait until they answer; return a line for whoever started them, which may say why they do not."""
        try:
            wait_for(f"{self.address}/healthz", self.child)
        except UiError as error:
            return f"There are no pages for readers: {error}"
        return f"The readers' pages are at {self.address}."

    def keep(self) -> None:
        """Start them again when they have ended, and look after their log."""
        self.child.rotate()
        if self.child.process.poll() is not None and time.monotonic() > self._started + AGAIN_SECONDS:
            log.warning("The readers' pages ended with code %s: they are started again", self.child.process.returncode)
            self._start()
