"""Reading a backup again: every file is there and is the one that was written."""

from __future__ import annotations

from collections.abc import Iterator

from museum_assets.core.progress import OnLine, no_line
from museum_assets.operations.backup.manifest import Damaged, Manifest, read_manifest
from museum_assets.operations.backup.places import Place
from museum_assets.operations.backup.streams import read_stream


def verify_backup(place: Place, on_progress: OnLine = no_line) -> tuple[Manifest, list[str]]:
    """Return the manifest of a backup and what is wrong with its files, a line for each. Raises NoBackup, Damaged."""
    manifest = read_manifest(place)
    return manifest, list(_damaged(place, manifest, on_progress))


def _damaged(place: Place, manifest: Manifest, on_progress: OnLine) -> Iterator[str]:
    for file in manifest.files():
        try:
            for _ in read_stream(place, [file]):
                pass
        except Damaged as error:
            yield str(error)
        else:
            on_progress(f"{file.name}: {file.bytes:,} bytes as written")
