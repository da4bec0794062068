"""The platform's SQL: `migrations/` make the schemas, `queries/` holds the statements by subject.

Every file of `queries/` is one subject, named after the Python package that asks, and holds named blocks:

    -- name: newest
    -- The newest outcome of every exhibition file.
    SELECT DISTINCT ON (key) key, etag, outcome
    …

`query("kiosk_files.newest")` returns the block, and takes nothing but such a literal: whoever reads a name in code
finds its block with one search, and the other way round. Lines of a header that machines read:

    -- {inputs}: ops.input_text_clip        what may fill the place {inputs}; `block loop.batch` is another block's text
    -- needs: loop.batch, loop.other        blocks to be run before, which make the temporary tables that this one reads
    -- fragment                             no statement by itself: it fills a place of others
    -- database: production                 above a file's first block: where its blocks run, else the platform's

What may stand inline in Python instead, as one string on one line (`tests/sql/test_inline.py` holds it):

- a statement about one table that nothing else needs, without join, sub-select, UNION, WITH, CASE, GROUP BY or
  ON CONFLICT, and without a function but count, max and now;
- a call of one function;
- SET, TRUNCATE, ANALYZE, VACUUM, COPY, CREATE, ALTER, GRANT and DROP, whose names and columns come from the code
  around them.

The loader is own code because aiosql makes methods at run time, which mypy cannot see, and translates placeholders of
its own, whereas these statements are psycopg's: `%(name)s`, with `{table}` where `psycopg.sql` fills an identifier in.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import LiteralString

HERE = Path(__file__).parent
QUERIES = HERE / "queries"


@cache
def query(name: str) -> LiteralString:
    """Return the statement of a block such as `kiosk_files.newest`. Raises LookupError naming the blocks there are."""
    subject, _, block = name.partition(".")
    found = blocks(subject)
    if block not in found:
        raise LookupError(f"sql/queries/{subject}.sql has no block {block!r}, only {', '.join(found)}")
    # The name goes along, so that pg_stat_activity and a slow-query log say which block it is. The files are part of
    # the program, so their text is as literal as a string in the code.
    statement: LiteralString = f"-- {name}\n{found[block]}"  # type: ignore[assignment]
    return statement


@cache
def blocks(subject: str) -> dict[str, str]:
    """Return the statements of a subject by name, without their headers. Raises LookupError for an unknown one."""
    path = QUERIES / f"{subject}.sql"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in QUERIES.glob("*.sql")))
        raise LookupError(f"there is no sql/queries/{subject}.sql, only {known}")
    _, *parts = re.split(r"^-- name: (\w+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    bodies = (re.sub(r"\A(\s*--.*\n)+", "", part).strip() for part in parts[1::2])
    return dict(zip(parts[::2], bodies, strict=True))
