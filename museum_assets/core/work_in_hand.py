"""What this process is working on: run, museum, stage. Log lines and traces carry it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_in_hand: list[Mapping[str, str]] = []
"""Of the process and not of a thread: a run works on one stage of one museum at a time, in many threads."""


@contextmanager
def working_on(**ids: str) -> Iterator[None]:
    """Say for as long as the block lasts what is worked on, beside what was said around it."""
    _in_hand.append(ids)
    try:
        yield
    finally:
        _in_hand.remove(ids)


def in_hand() -> dict[str, str]:
    """Return everything that is said of what is worked on."""
    return {name: value for ids in _in_hand for name, value in ids.items()}
