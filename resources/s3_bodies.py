"""The bodies of S3's answers: read in chunks, held against their length, and never beyond a cap."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from museum_assets.core.failures import Malformed, RequestRefused

CHUNK = 1 << 20


def chunks_of(answer: Mapping[str, Any], what: str, max_bytes: int) -> Iterator[bytes]:
    """Yield the body of an answer of `get_object`.

    Raises RequestRefused(too_large), Malformed for a body whose end would not be noticed, and what botocore raises for
    one that ends early or late.
    """
    # Not in a `with` block: botocore's body enters as the one of urllib3 below it, which checks no length.
    body, count = answer["Body"], 0
    try:
        _check(_length(answer, what), what, max_bytes)
        # The empty chunk at the end is held against Content-Length.
        while chunk := body.read(CHUNK):
            count += len(chunk)
            _check(count, what, max_bytes)
            yield chunk
    finally:
        body.close()


def _length(answer: Mapping[str, Any], what: str) -> int:
    """Return the declared length, 0 for a chunked body, which says by itself where it ends."""
    if (length := answer.get("ContentLength")) is not None:
        return int(length)
    if answer["ResponseMetadata"]["HTTPHeaders"].get("transfer-encoding", "").lower() == "chunked":
        return 0
    raise Malformed(
        f"{what} came without its length, so that nobody can tell whether it is whole; it is tried again in a later run"
    )


def _check(size: int, what: str, max_bytes: int) -> None:
    if size > max_bytes:
        raise RequestRefused(
            f"{what} has {size:,} bytes, more than the {max_bytes:,} that are allowed", code="too_large"
        )
