"""What the headers of `sql/queries/*.sql` say of each block, and statements that can be planned made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from psycopg import sql

from resources.postgres import Connection
from sql import QUERIES, query

PLACEHOLDER = re.compile(r"%\((\w+)\)[sbt]")


@dataclass(frozen=True)
class Block:
    """One block with its header.

    `needs` are blocks to be run first (`-- needs: loop.batch`), `parts` what may fill its places
    (`-- {inputs}: ops.input_text_clip`, or `-- {filter}: block dead_letters.filter`). A fragment (`-- fragment`) is
    no statement by itself. `database` is where it runs: the platform's unless its file begins with
    `-- database: production`.
    """

    name: str
    header: str
    database: str

    @property
    def needs(self) -> list[str]:
        return [
            name for line in re.findall(r"^-- needs: (.*)$", self.header, re.MULTILINE) for name in line.split(", ")
        ]

    @property
    def parts(self) -> dict[str, str]:
        return dict(re.findall(r"^-- \{(\w+)\}: (.*)$", self.header, re.MULTILINE))

    @property
    def is_fragment(self) -> bool:
        return "\n-- fragment\n" in self.header

    @property
    def statement(self) -> sql.Composed:
        """The statement with every place filled."""
        return self.filled({})

    def filled(self, given: dict[str, str]) -> sql.Composed:
        """The statement with every place filled, a fragment's as the block around it says."""
        text, parts = sql.SQL(query(self.name)), given | self.parts
        # A block without places goes to psycopg as it is: its braces are Postgres's.
        if not self.parts and not self.is_fragment:
            return sql.Composed([text])
        return text.format(**{name: _part(part, parts) for name, part in parts.items()})


def _part(text: str, given: dict[str, str]) -> sql.Composable:
    word, _, name = text.partition(" ")
    if word != "block":
        return sql.SQL(text)
    return BLOCKS[name].filled({place: part for place, part in given.items() if not part.startswith("block ")})


def _read() -> dict[str, Block]:
    found = {}
    for path in sorted(QUERIES.glob("*.sql")):
        first, *parts = re.split(r"^-- name: (\w+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        production = "-- database: production" in first.splitlines()
        for block, text in zip(parts[::2], parts[1::2], strict=True):
            header = re.match(r"\n(--.*\n)*", text)
            assert header is not None
            name = f"{path.stem}.{block}"
            found[name] = Block(name, header.group(), "production" if production else "platform")
    return found


BLOCKS = _read()


def plan(conn: Connection, block: Block) -> None:
    """Let Postgres plan a block, with NULL for every parameter, and leave nothing of it. Raises psycopg.Error.

    So psycopg reads the placeholders as it does for the platform, and Postgres finds every table, column, function
    and type. What makes tables cannot be planned, and is run.
    """
    with conn.transaction(force_rollback=True):
        for name in block.needs:
            conn.execute(BLOCKS[name].statement)
        statement = block.statement
        names = PLACEHOLDER.findall(statement.as_string(conn))
        if not query(block.name).partition("\n")[2].startswith("CREATE "):
            statement = sql.SQL("EXPLAIN ") + statement
        # Without parameters psycopg leaves a doubled % as it is, here and for the platform.
        conn.execute(statement, dict.fromkeys(names) or None)
