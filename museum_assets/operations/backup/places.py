"""Where backups lie: a folder, or a prefix of a bucket. Files are written as streams, readable by their owner only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from museum_assets.core.failures import MuseumError
from museum_assets.core.folders import sync_folder

CHUNK = 1 << 20
MANIFEST = "manifest.json"
"""What makes a folder a backup."""


class Missing(MuseumError):
    """There is no file of this name."""


class Place(Protocol):
    """A folder of a backup, or one that holds several. Names are paths with `/`."""

    label: str
    """Names the place in messages."""

    def store(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a file, whole or not at all, durable when this returns."""
        ...

    def read(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes. Raises Missing."""
        ...

    def folders(self) -> list[str]:
        """Return the names of the folders in it, sorted."""
        ...

    def below(self, folder: str) -> Place:
        """Return one of the folders in it."""
        ...

    def remove(self) -> None:
        """Remove everything in it; the manifest goes first, so that what is left is no backup."""
        ...


class Folder:
    """A folder of a file system."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.label = str(path)

    def store(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write to a file beside it, which is renamed at the end."""
        path = self.path / name
        try:
            _make_private(path.parent)
            unfinished = path.with_name(f"{path.name}.unfinished")
            unfinished.unlink(missing_ok=True)
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
            sync_folder(path.parent)
        except OSError as error:
            raise MuseumError(
                f"{name} cannot be written to {self.label}: {error}. Check that the disk has space and that the folder "
                "may be written to, then run the backup again"
            ) from error

    def read(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes."""
        try:
            with (self.path / name).open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except (FileNotFoundError, NotADirectoryError):
            raise Missing(f"there is no {name} in {self.label}") from None

    def folders(self) -> list[str]:
        """Return the folders in it."""
        return sorted(path.name for path in self.path.iterdir() if path.is_dir()) if self.path.is_dir() else []

    def below(self, folder: str) -> Folder:
        """Return a folder in it."""
        return Folder(self.path / folder)

    def remove(self) -> None:
        """Remove the folder."""
        (self.path / MANIFEST).unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            shutil.rmtree(self.path)


def _make_private(path: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone."""
    if not path.is_dir():
        _make_private(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
