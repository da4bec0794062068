"""Keys that records are known by: object numbers and record ids, which stand in indexes and in names of S3 objects."""

from __future__ import annotations

from hashlib import sha256

LONGEST_KEY = 1_000
"""Bytes of a key in UTF-8 at most. The longest real ones have 60; Postgres indexes 2,704 at most, of a row's keys
together, and S3 takes 1,024."""
_SHOWN = 100


def is_too_long(key: str) -> bool:
    """Say whether a key is longer than LONGEST_KEY."""
    # A character has four bytes at most, and nearly every key is short.
    return 4 * len(key) > LONGEST_KEY and len(key.encode("utf-8", "replace")) > LONGEST_KEY


def shortened(key: str) -> str:
    """Return a name for what has no key that can be kept: the key's beginning and its hash, the same every time."""
    digest = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{key[:_SHOWN]}…{digest[:16]}"


def own_key(slug: str, own_id: str | None, name: str, *said: object) -> str:
    """Return a key of what a museum names beside an artwork: the museum's own id, else a digest of what it says."""
    if own_id and not is_too_long(own_id):
        return f"{slug}:{own_id}"
    told = " ".join(name.casefold().split()), *said
    return f"{slug}:~{sha256(repr(told).encode()).hexdigest()[:16]}"
