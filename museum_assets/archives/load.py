"""Loading an import: blocks of rows by COPY, in one transaction with their rejected rows and the checkpoint."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from psycopg.types.json import Jsonb

from museum_assets.archive_files.declared import DeclaredSource
from museum_assets.archive_files.download.transfer import Downloaded
from museum_assets.archive_files.read.block import RowRefusal
from museum_assets.archive_files.read.parse import read_blocks
from museum_assets.archives.conform import CopyBatch, conform
from museum_assets.archives.imports import (
    IMPORT_LETTERS,
    Import,
    ImportOutcome,
    begin,
    check_year,
    content_hash,
    find,
    finish,
    give_up,
    imports,
)
from museum_assets.archives.tables import Tables
from museum_assets.core.failures import Failure
from museum_assets.core.progress import OnProgress, silent
from museum_assets.dead_letters.letters import Letter, write_letters
from museum_assets.loop.concurrently import overlapped
from museum_assets.loop.run import batched, streaming
from resources.postgres import Connection, Database
from sql import query

MOST_REJECTED = 10_000
REJECTED_SHARE = 0.1
"""With more rejected rows than both, the import fails: the declaration does not fit the file."""

BLOCKS_PER_COMMIT = 4
"""With one block per transaction, each waited for its own commit."""


def load(
    database: Database,
    declared: DeclaredSource,
    files: Sequence[Downloaded],
    *,
    year: int | None = None,
    partial: bool = False,
    force: bool = False,
    on_progress: OnProgress = silent,
) -> Import:
    """Import files as a whole and return the import with its books.

    The same content under the same declaration is imported once, unless `force` is given. An import that was killed
    continues at its checkpoint. One with rejected rows, or with many fewer rows than the current one, is held until
    `partial` is given. `on_progress` hears the number of rows read. Raises Failure (BadArchive among them) and leaves
    no rows when it is permanent; raises Busy and DatabaseUnavailable.
    """
    began = time.monotonic()
    with database.lock(declared.name, IMPORT_LETTERS), database.connect() as conn, streaming():
        content = content_hash(conn, declared, files)
        import_, outcome = _found(conn, declared, files, content, year, force=force)
        if import_ is None:
            check_year(conn, declared, content, year)
            import_ = begin(conn, declared, files, content, year, partial=partial)
        if import_.state == "loading":
            try:
                _walk(conn, declared, import_, files, on_progress)
                finish(conn, declared, find(conn, import_.id), partial=partial)
            except Failure as failure:
                if failure.permanent:
                    give_up(conn, import_, str(failure))
                raise
        elif import_.state == "held" and partial:
            outcome = "published"
            finish(conn, declared, import_, partial=True)
        ended = find(conn, import_.id)
        if ended.state == "held" and outcome != "unchanged":
            outcome = "held"
        return replace(ended, outcome=outcome, seconds=time.monotonic() - began)


def _found(
    conn: Connection,
    declared: DeclaredSource,
    files: Sequence[Downloaded],
    content: bytes,
    year: int | None,
    *,
    force: bool,
) -> tuple[Import | None, ImportOutcome]:
    """Return (import, outcome) of the same content, or (None, "imported"). Other unfinished imports are given up."""
    for import_ in imports(conn, source=declared.name, states=["loading", "held", "loaded"]):
        same = (import_.content_hash, import_.contract, import_.year) == (content, declared.contract(), year)
        if import_.state == "loading" and (force or not same or not import_.of_files(files)):
            give_up(conn, import_, "another import was begun before it was finished")
        elif same and not force:
            return import_, "resumed" if import_.state == "loading" else "unchanged"
    return None, "imported"


def _walk(
    conn: Connection, declared: DeclaredSource, import_: Import, files: Sequence[Downloaded], on_progress: OnProgress
) -> None:
    tables = Tables(declared)
    codes = Counter(import_.codes)
    read, loaded, rejected = import_.rows_read, import_.loaded, import_.rejected

    def batches() -> Iterator[CopyBatch]:
        position = import_.rows_read
        for block in read_blocks(declared, [file.path for file in files], import_.checkpoint_reached):
            batch = conform(declared, block, year=import_.year, import_id=import_.id, position=position)
            position += batch.read
            yield batch

    def store(together: list[CopyBatch]) -> None:
        nonlocal read, loaded, rejected
        refused = [each for batch in together for each in batch.refused]
        read, rejected = read + sum(batch.read for batch in together), rejected + len(refused)
        loaded += sum(batch.rows for batch in together)
        codes.update(each.code for each in refused)
        with conn.transaction():
            tables.copy(conn, import_.id, [batch.text for batch in together if batch.rows])
            if refused:
                write_letters(conn, (_letter(import_, each) for each in refused))
            conn.execute(
                query("archives.advance"),
                {
                    "id": import_.id,
                    "checkpoint": Jsonb(together[-1].end.as_json()),
                    "rows_read": read,
                    "loaded": loaded,
                    "rejected": rejected,
                    "codes": Jsonb(codes),
                },
            )
        if rejected > MOST_REJECTED and rejected > REJECTED_SHARE * read:
            most = ", ".join(f"{code} {count:,}" for code, count in codes.most_common(3))
            raise Failure(
                f"{rejected:,} of the first {read:,} rows of {declared.name} were rejected ({most}): the declaration "
                "does not fit the file.",
                code="too_many_rejected",
                permanent=True,
            )

    for _ in overlapped(batched(batches(), BLOCKS_PER_COMMIT), store):
        on_progress(read, None)


def _letter(import_: Import, refused: RowRefusal) -> Letter:
    place = f"import {import_.id}: {refused.file}:{refused.line}"
    context = {
        "import": import_.id,
        "year": import_.year,
        "file": refused.file,
        "line": refused.line,
        "field": refused.field,
    }
    return Letter(IMPORT_LETTERS, import_.source, place, (refused.code,), refused.body, refused.message, context)
