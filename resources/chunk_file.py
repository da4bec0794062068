"""Chunks of bytes as a file."""

from __future__ import annotations

from collections.abc import Iterable


class ChunkFile:
    """A file that is read from its beginning to its end, made of chunks that come one after the other."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, or all that is left; fewer only at the end."""
        taken, length = [self._rest], len(self._rest)
        while size < 0 or length < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            taken.append(chunk)
            length += len(chunk)
        everything = b"".join(taken)
        end = length if size < 0 else size
        self._rest = everything[end:]
        return everything[:end]
