"""The connector to a declared source's files; values stay text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from museum_assets.archive_files.declared import DeclaredSource
from museum_assets.archive_files.read.block import Checkpoint, RowRefusal
from museum_assets.archive_files.read.parse import read_blocks
from museum_assets.archive_files.unpack.unpack import check
from museum_assets.sources.connector import Connector, RecordRefusal, SourceRecord


class ArchiveSource(Connector):
    """Every row of a declared source.

    It stores nothing; types and years are checked by an import alone. Raises Failure when a file cannot be
    downloaded, BadArchive when one is refused.
    """

    kind: ClassVar[str] = "archive"

    def __init__(self, source: DeclaredSource, files: Callable[[], Sequence[Path]]) -> None:
        self.source = source
        self.files = files

    def extract(self) -> Iterator[SourceRecord | RecordRefusal]:
        """Yield {column: text} of each row; its place is `file:line`."""
        paths = self.files()
        for path in paths:
            check(path, self.source.member_pattern.matches)
        for block in read_blocks(self.source, paths, Checkpoint()):
            for refused in block.refused:
                yield RecordRefusal(_place(refused), refused.code, refused.message, refused.body)
            columns = {name: values.to_pylist() for name, values in block.columns.items()}
            for row, line in enumerate(block.lines):
                file = block.files[row] if block.files else block.file
                yield SourceRecord(f"{file}:{line}", {name: values[row] for name, values in columns.items()})


def _place(refused: RowRefusal) -> str:
    return f"{refused.file}:{refused.line}"
