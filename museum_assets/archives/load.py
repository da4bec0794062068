"""Loading an import: blocks of rows by COPY, each in one transaction with its rejected rows and the checkpoint."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from psycopg.types.json import Jsonb

from museum_assets.archives.block import Refused
from museum_assets.archives.conform import Batch, conform
from museum_assets.archives.imports import (
    SOURCE,
    Did,
    Import,
    begin,
    check_year,
    content_hash,
    find,
    finish,
    give_up,
    imports,
)
from museum_assets.archives.parse import read_blocks
from museum_assets.archives.schema import Source
from museum_assets.archives.tables import Tables
from museum_assets.archives.transfer import Downloaded
from museum_assets.archives.unpack import check
from museum_assets.dead_letters.letters import Letter, write_letters
from museum_assets.failures import Failure
from museum_assets.loop.concurrently import one_behind
from museum_assets.loop.progress import silent
from museum_assets.loop.run import batched, streaming
from resources.postgres import Connection, Database
from sql import query

MOST_REJECTED = 10_000
REJECTED_SHARE = 0.1
"""More rejected rows than both, and the declaration does not fit the file: nobody reads a million dead letters."""

TOGETHER = 4
"""Blocks to a transaction: with one, each waited for a commit of its own."""

Told = Callable[[int, int | None], None]


def load(
    database: Database,
    declared: Source,
    files: Sequence[Downloaded],
    *,
    year: int | None = None,
    partial: bool = False,
    force: bool = False,
    told: Told = silent,
) -> Import:
    """Import files as a whole and return the import with its books.

    The same content under the same declaration is imported once; `force` does it anew. One that was killed goes on at
    its checkpoint. With rejected rows, or many fewer than the current one, it is held until it is wanted with
    `partial`. `told` hears of the rows read. Raises Failure, BadArchive among them, with nothing left of the import;
    Busy and DatabaseUnavailable.
    """
    began = time.monotonic()
    with database.lock(declared.name, SOURCE), database.connect() as conn, streaming():
        found, outcome = _found(conn, declared, files, year, force=force)
        if found is None:
            _check_archives(declared, files)
            check_year(conn, declared, content_hash(files), year)
            found = begin(conn, declared, files, year, partial=partial)
        if found.state == "loading":
            try:
                _walk(conn, declared, found, files, told)
                finish(conn, declared, find(conn, found.id), partial=partial)
            except Failure as failure:
                if failure.permanent:
                    give_up(conn, found, str(failure))
                raise
        elif found.state == "held" and partial:
            outcome = "published"
            finish(conn, declared, found, partial=True)
        return replace(find(conn, found.id), outcome=outcome, seconds=time.monotonic() - began)


def _found(
    conn: Connection, declared: Source, files: Sequence[Downloaded], year: int | None, *, force: bool
) -> tuple[Import | None, Did]:
    """Return the import of this very content, if there is one; another that was left half done is given up."""
    content = content_hash(files)
    for found in imports(conn, source=declared.name, states=["loading", "held", "loaded"]):
        same = (found.content_hash, found.contract, found.year) == (content, declared.contract(), year)
        if found.state == "loading" and (force or not same):
            give_up(conn, found, "another import was begun before it was finished")
        elif same and not force:
            return found, "resumed" if found.state == "loading" else "unchanged"
    return None, "imported"


def _check_archives(declared: Source, files: Sequence[Downloaded]) -> None:
    """Read everything once before anything is loaded. Raises BadArchive; Failure(no_members) for nothing to read."""
    wanted = declared.wanted
    for file in files:
        if not check(file.path, wanted.matches).wanted:
            raise Failure(f"no member of {file.path.name} matches {declared.members!r} of {declared.name}.toml.",
                          code="no_members", permanent=True)  # fmt: skip


def _walk(conn: Connection, declared: Source, found: Import, files: Sequence[Downloaded], told: Told) -> None:
    tables = Tables(declared)
    codes = Counter(found.codes)
    read, loaded, rejected = found.rows_read, found.loaded, found.rejected

    def batches() -> Iterator[Batch]:
        position = found.rows_read
        for block in read_blocks(declared, [file.path for file in files], found.place):
            batch = conform(declared, block, year=found.year, import_id=found.id, position=position)
            position += batch.read
            yield batch

    def store(together: list[Batch]) -> None:
        nonlocal read, loaded, rejected
        refused = [each for batch in together for each in batch.refused]
        read, rejected = read + sum(batch.read for batch in together), rejected + len(refused)
        loaded += sum(batch.rows for batch in together)
        codes.update(each.code for each in refused)
        with conn.transaction():
            tables.copy(conn, found.id, [batch.text for batch in together if batch.rows])
            if refused:
                write_letters(conn, (_letter(found, each) for each in refused))
            conn.execute(
                query("archive_advance"),
                {
                    "id": found.id,
                    "checkpoint": Jsonb(together[-1].end.checkpoint()),
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

    for _ in one_behind(batched(batches(), TOGETHER), store):
        told(read, None)


def _letter(found: Import, refused: Refused) -> Letter:
    place = f"import {found.id}: {refused.file}:{refused.line}"
    context = {
        "import": found.id,
        "year": found.year,
        "file": refused.file,
        "line": refused.line,
        "field": refused.field,
    }
    return Letter(SOURCE, found.source, place, (refused.code,), refused.body, refused.message, context)
