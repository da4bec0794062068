"""What parsing yields: blocks of rows as columns of text, rows that were refused, and the place behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 2 << 20
"""Bytes of a file that are in work at a time: with 4 MB the whole process had 281 MB, with this 243."""
LONGEST_LINE = 32 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """How far the reading of an import's files has come: all before this byte of this member of this file."""

    file: int = 0
    member: int = 0
    offset: int = 0
    line: int = 0
    """Lines before it."""

    @classmethod
    def of(cls, checkpoint: dict[str, Any] | None) -> Self:
        """Return the place a checkpoint names; the beginning for None."""
        return cls(**checkpoint) if checkpoint else cls()

    def checkpoint(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is not loaded: where it stands, why, and its bytes as they came."""

    file: str
    line: int
    code: str
    message: str
    body: bytes
    field: str | None = None


@dataclass(slots=True)
class Block:
    """Rows read together. `columns` are in the declared order; `line(i)` and `body(i)` tell of the i-th row.

    `refused` rows are none of these. `escaped` names the characters that values may hold and COPY must not see bare.
    """

    file: str
    columns: dict[str, pa.Array]
    lines: Sequence[int]
    body: Callable[[int], bytes]
    end: Place
    escaped: str = "\\\t\n\r"
    refused: list[Refused] = field(default_factory=list)
    files: Sequence[str] | None = None
    """The file of each row, where every row is a file of its own."""

    def refusal(self, row: int, code: str, message: str, field: str) -> Refused:
        """Return the refusal of a row for one of its columns."""
        file = self.files[row] if self.files else self.file
        return Refused(file, self.lines[row], code, message, self.body(row), field)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.lines)
