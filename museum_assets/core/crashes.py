"""What is kept of an exception that no rule foresees: a line for the ledger, and the traceback for a person."""

from __future__ import annotations

import traceback
from typing import NamedTuple

INTERNAL = "internal"
"""The code of a record's failure that no rule foresees."""
LONGEST_TRACEBACK = 20_000


class Crash(NamedTuple):
    """An exception as texts, which go from process to process and into Postgres."""

    message: str
    traceback: str

    @classmethod
    def of(cls, error: BaseException) -> Crash:
        """Return the texts of an exception; of a long traceback the end, where the error is."""
        text = "".join(traceback.format_exception(error))[-LONGEST_TRACEBACK:]
        said = f"{type(error).__name__}: {error}".rstrip(": ")
        return cls(f"{said:.500}", text)
