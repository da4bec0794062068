"""The rows of a declared source's files, as texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from museum_assets.archives.block import Place, Refused
from museum_assets.archives.parse import read_blocks
from museum_assets.archives.schema import Source
from museum_assets.archives.unpack import check
from museum_assets.sources.connector import Connector, Record, Refusal


class ArchiveSource(Connector):
    """Every row of a declared source. The asset archive_import checks types and years, keeps books and resumes; this
    looks and leaves nothing behind. Raises Failure when the files cannot be had, BadArchive when they are not read.
    """

    kind: ClassVar[str] = "archive"

    def __init__(self, source: Source, files: Callable[[], Sequence[Path]]) -> None:
        self.source = source
        self.files = files

    def extract(self) -> Iterator[Record | Refusal]:
        """Yield {column: text} of each row, with its file and line as the place."""
        paths = self.files()
        for path in paths:
            check(path, self.source.wanted.matches)
        for block in read_blocks(self.source, paths, Place()):
            for refused in block.refused:
                yield Refusal(_place(refused), refused.code, refused.message, refused.body)
            columns = {name: values.to_pylist() for name, values in block.columns.items()}
            for row, line in enumerate(block.lines):
                file = block.files[row] if block.files else block.file
                yield Record(f"{file}:{line}", {name: values[row] for name, values in columns.items()})


def _place(refused: Refused) -> str:
    return f"{refused.file}:{refused.line}"
