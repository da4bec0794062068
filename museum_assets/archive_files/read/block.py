"""What reading yields: blocks of rows as columns of text, the refused rows, and the checkpoint after them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 2 << 20
"""Bytes of a file that are read at a time: the whole process took 281 MB with 4 MB, and takes 243 MB with this."""
LONGEST_LINE = 16 << 20
LONGEST_ROW = 4 << 20
"""Bytes of a row that is split into fields. 31 MB of commas took 439 MB, 8 bytes for each empty field and more."""
LONGEST_HEADER = 1 << 20
MOST_COLUMNS = 10_000
LARGEST_RECORD = 4 << 20
"""Bytes of a JSON record that is parsed: of empty objects alone it takes 25 times as much."""
MOST_ROWS = 100_000
"""Rows of a block, for files of very short lines: a refused row takes 260 bytes and more, however short it is."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far an import's files were read: everything before this byte of this member of this file."""

    file: int = 0
    member: int = 0
    offset: int = 0
    line: int = 0
    """The number of lines of the member before it."""

    @classmethod
    def of(cls, checkpoint: dict[str, Any] | None) -> Self:
        """Return a checkpoint stored as JSON; the beginning for None."""
        return cls(**checkpoint) if checkpoint else cls()

    def as_json(self) -> dict[str, Any]:
        """Return the checkpoint as it is stored."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RowRefusal:
    """A row that could not be taken: its file and line, why, and its bytes as they came."""

    file: str
    line: int
    code: str
    message: str
    body: bytes
    field: str | None = None


@dataclass(slots=True)
class Block:
    """Rows that were read together. `columns` are in the declared order; `lines[i]` and `body(i)` belong to row i.

    `refused` rows are not among them. `escaped` holds the characters in values that COPY needs escaped.
    """

    file: str
    columns: dict[str, pa.Array]
    lines: Sequence[int]
    body: Callable[[int], bytes]
    end: Checkpoint
    escaped: str = "\\\t\n\r"
    refused: list[RowRefusal] = field(default_factory=list)
    files: Sequence[str] | None = None
    """The file of each row when every row is a file of its own."""

    def refusal(self, row: int, code: str, message: str, field: str) -> RowRefusal:
        """Return the refusal of a row because of one of its columns."""
        file = self.files[row] if self.files else self.file
        return RowRefusal(file, self.lines[row], code, message, self.body(row), field)

    @property
    def rows(self) -> int:
        """How many rows the block holds."""
        return len(self.lines)
