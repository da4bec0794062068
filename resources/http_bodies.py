"""Bodies of HTTP answers as they come: at most one coding is undone, piece by piece, and never beyond a cap.

httpx undoes every `Content-Encoding` that a server names, each over the whole of what the one before it gave: two
layers of gzip made 4 GB of 3 kB. So none of its decoders is ever used.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from enum import Enum

import httpx

from museum_assets.core.failures import Failure, Malformed

CODINGS = "gzip, deflate"
"""What a client that takes codings asks for; Python's own library undoes both."""
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": zlib.MAX_WBITS}
_PIECE = 1 << 18
"""Bytes that are decompressed at a time."""


class Coding(Enum):
    """Which codings of a body a client takes."""

    NONE = "none"
    """For images and webhooks, whose bytes are the thing itself."""
    ONE = "one"
    """For APIs: at most one layer, which is undone."""
    AS_SENT = "as sent"
    """For archives: nothing is undone, and nothing refused here. A `.tar.gz` is often called coded as gzip."""

    @property
    def accepted(self) -> str:
        """The header Accept-Encoding."""
        return CODINGS if self is Coding.ONE else "identity"


def codings_of(response: httpx.Response) -> list[str]:
    """Return the codings that still lie on a body, in lower case, the one to be undone last first."""
    named = (name.strip().lower() for name in response.headers.get("Content-Encoding", "").split(","))
    return [name for name in named if name not in ("", "identity")]


class UnreadableBody(Malformed):
    """A body that is not read; the message says what the request was answered with."""


class BodyTooLarge(Failure):
    """A body of more than the bytes that its client takes."""

    code, permanent = "body_too_large", True


class Body(httpx.SyncByteStream):
    """The body of an answer, up to `max_bytes` on the wire and after decompression.

    Iterating raises BodyTooLarge beyond the cap, UnreadableBody(encoded_body, permanent) for a coding that was not
    asked for, and UnreadableBody for what does not decompress.
    """

    def __init__(
        self, stream: Iterable[bytes], coding: str | None, refused: str | None, max_bytes: int, declared: int = 0
    ) -> None:
        self._stream = stream
        self._coding = coding
        self._refused = refused
        self._max_bytes = max_bytes
        self._declared = declared

    @classmethod
    def bounded(cls, response: httpx.Response, taken: Coding, max_bytes: int) -> httpx.Response:
        """Return the same answer with its body bounded; a coding that the body undoes is gone from its headers."""
        headers, found = response.headers, codings_of(response)
        length = headers.get("Content-Length", "")
        declared = int(length[:20]) if length.isascii() and length.isdigit() else 0
        coding = found[0] if taken is Coding.ONE and len(found) == 1 and found[0] in _WINDOWS else None
        refused = ", ".join(found) if found and not coding and taken is not Coding.AS_SENT else None
        if coding:
            headers = httpx.Headers([(name, value) for name, value in headers.raw if name.lower() not in _OF_CODING])
        assert isinstance(response.stream, httpx.SyncByteStream)
        bounded = httpx.Response(
            response.status_code,
            headers=headers,
            stream=cls(response.stream, coding, refused, max_bytes, declared),
            extensions=response.extensions,
        )
        # Whatever charset the server names: httpx would decode with any codec of Python's, and `punycode` takes hours
        # for a few megabytes. Who cares about charsets reads bytes (`museum_http`).
        bounded.encoding = "utf-8"
        return bounded

    def __iter__(self) -> Iterator[bytes]:
        if self._declared > self._max_bytes:
            raise self._too_large()
        if self._refused:
            said = f"a body coded as {self._refused:.100}, which was not asked for: it is not read."
            raise UnreadableBody(said, code="encoded_body", permanent=True)
        on_wire = self._counted(self._stream)
        return self._counted(self._decoded(on_wire, self._coding)) if self._coding else on_wire

    def close(self) -> None:
        """Close the stream below."""
        if isinstance(self._stream, httpx.SyncByteStream):
            self._stream.close()

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"more than {self._max_bytes:,} bytes.")

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        count = 0
        for chunk in chunks:
            count += len(chunk)
            if count > self._max_bytes:
                raise self._too_large()
            yield chunk

    def _decoded(self, chunks: Iterator[bytes], coding: str) -> Iterator[bytes]:
        """Yield what the chunks decompress to, in pieces. Members of gzip that follow one another are one body."""
        decoder = None
        for chunk in chunks:
            rest = chunk
            while rest:
                if decoder is None:
                    decoder = zlib.decompressobj(_window(coding, rest))
                try:
                    piece = decoder.decompress(rest, _PIECE)
                except zlib.error as error:
                    raise UnreadableBody(f"a body that is called {coding} and is not: {error}.") from error
                if piece:
                    yield piece
                if decoder.eof:
                    rest, decoder = decoder.unused_data, None
                else:
                    rest = decoder.unconsumed_tail
        if decoder is not None:
            raise UnreadableBody(f"{coding} that ends in the middle.")


_OF_CODING = (b"content-encoding", b"content-length")


def _window(coding: str, start: bytes) -> int:
    """Return zlib's window bits. Some servers call raw deflate what should have a zlib header (RFC 9110, 8.4.1.2)."""
    zlib_header = len(start) < 2 or (start[0] & 0x0F == 8 and (start[0] << 8 | start[1]) % 31 == 0)
    return _WINDOWS[coding] if coding != "deflate" or zlib_header else -zlib.MAX_WBITS
