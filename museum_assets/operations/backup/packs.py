"""Objects of a bucket as one tar stream, which any tar can read, and back."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from functools import partial

from resources.chunk_file import ChunkFile

BLOCK = 512
CHUNK = 1 << 20
END = bytes(2 * BLOCK)


def tar_header(key: str, size: int) -> bytes:
    """Return what stands before an object of this key and size."""
    info = tarfile.TarInfo(key)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def tar_padding(size: int) -> bytes:
    """Return what stands after an object of this size."""
    return bytes(-size % BLOCK)


def tar_members(chunks: Iterable[bytes]) -> Iterator[tuple[int, Iterator[bytes]]]:
    """Yield (size, chunks) of each object in a tar stream. An object's chunks are taken before the next one is."""
    with tarfile.open(fileobj=ChunkFile(chunks), mode="r|", errors="surrogateescape") as tar:  # type: ignore[call-overload]
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            yield member.size, iter(partial(file.read, CHUNK), b"")
