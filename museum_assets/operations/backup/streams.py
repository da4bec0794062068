"""Streams of bytes as files of a backup: cut into pieces of bounded size, each with its SHA-256."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from museum_assets.operations.backup.manifest import Damaged, StoredFile
from museum_assets.operations.backup.places import Missing, Place

PIECE = 1 << 30
"""Bytes of a file. S3 takes at most 10,000 parts of one object, and whoever reads a piece again reads at most this."""


def store_stream(place: Place, name: str, chunks: Iterable[bytes], piece: int = PIECE) -> list[StoredFile]:
    """Write a stream as `<name>.00001`, `<name>.00002` and so on; joined, they are the stream. Memory stays flat."""
    cutter = _Cutter(chunks, piece)
    files: list[StoredFile] = []
    while cutter.more() or not files:
        file = f"{name}.{len(files) + 1:05}"
        digest, size = sha256(), 0

        def measured() -> Iterator[bytes]:
            nonlocal size
            for chunk in cutter.next_piece():
                digest.update(chunk)  # noqa: B023 - used up before the next piece begins
                size += len(chunk)
                yield chunk

        place.store(file, measured())
        files.append(StoredFile(name=file, bytes=size, sha256=digest.hexdigest()))
    return files


class _Cutter:
    """Cuts a stream into pieces; chunks are not cut, so a piece may be longer by less than one chunk."""

    def __init__(self, chunks: Iterable[bytes], piece: int) -> None:
        self.chunks = iter(chunks)
        self.piece = piece
        self.waiting: bytes | None = None

    def more(self) -> bool:
        """Say whether anything is left."""
        if self.waiting is None:
            self.waiting = next(self.chunks, None)
        return self.waiting is not None

    def next_piece(self) -> Iterator[bytes]:
        """Yield the chunks of one piece."""
        size = 0
        while size < self.piece and self.more():
            assert self.waiting is not None
            chunk, self.waiting = self.waiting, None
            size += len(chunk)
            yield chunk


def read_stream(place: Place, files: Iterable[StoredFile]) -> Iterator[bytes]:
    """Yield a stream's bytes. Raises Damaged at the end of the first file that is not the one that was written."""
    for file in files:
        digest, size = sha256(), 0
        try:
            for chunk in place.read(file.name):
                digest.update(chunk)
                size += len(chunk)
                yield chunk
        except Missing:
            raise Damaged(f"{file.name} is missing in {place.label}") from None
        except OSError as error:
            raise Damaged(f"{file.name} in {place.label} cannot be read: {error}") from error
        if (size, digest.hexdigest()) != (file.bytes, file.sha256):
            raise Damaged(
                f"{file.name} in {place.label} is not the file that was written: it has {size:,} bytes with SHA-256 "
                f"{digest.hexdigest()}, and the manifest says {file.bytes:,} with {file.sha256}"
            )


def lines_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a stream, without their ends."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest
