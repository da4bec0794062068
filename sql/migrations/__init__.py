"""The histories of the two schemas, which Alembic moves from revision to revision.

A revision is plain SQL up and down. To add one, write into the folder of its history

- `0002_<subject>.up.sql`, or a folder `0002_<subject>.up` of files that run in the order of their names,
- `0002_<subject>.down.sql`,
- `0002_<subject>.py`, a copy of its neighbour with a docstring of its own,

then run `make schema`. Revisions are numbered without gaps: the number before is the one a revision follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

VERSION_TABLE = "schema_version"


@dataclass(frozen=True)
class History:
    """The revisions of one schema. `schema` also holds the table that says which revision a database has."""

    name: str
    schema: str

    @property
    def version_table(self) -> str:
        """The table with the number of a database's revision, with its schema."""
        return f"{self.schema}.{VERSION_TABLE}"

    @cached_property
    def revisions(self) -> tuple[str, ...]:
        """The numbers of all revisions, oldest first."""
        folder = Path(__file__).parent / self.name
        return tuple(sorted(number(file) for file in folder.glob("*.py")))

    @property
    def newest(self) -> str:
        """The number of the newest revision."""
        return self.revisions[-1]

    def upgrade(self, conn: Connection, revision: str | None = None) -> None:
        """Go up to a revision, by default the newest, in a transaction for each step."""
        from alembic import command

        # The table of versions is made before the first revision runs.
        conn.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {self.schema}")
        conn.commit()
        command.upgrade(self.config(conn), revision or self.newest)

    def downgrade(self, conn: Connection, revision: str | None = None) -> None:
        """Go down to a revision, by default to before the first, in a transaction for each step."""
        from alembic import command

        command.downgrade(self.config(conn), revision or "base")

    def config(self, conn: Connection | None = None) -> Config:
        """Return Alembic's configuration of this history; reading the revisions takes no connection."""
        from alembic.config import Config

        config = Config(attributes={"connection": conn, "history": self})
        # Named as resources of the package, so that no path of an installation, which may hold a %, is interpolated.
        config.set_main_option("script_location", "sql:migrations")
        config.set_main_option("version_locations", f"sql:migrations/{self.name}")
        config.set_main_option("path_separator", "newline")
        return config


PLATFORM = History("platform", "ops")
PRODUCTION = History("production", "production")
"""What is published, which may be a database of its own or share the platform's."""


def number(file: Path) -> str:
    """Return the number that a revision's file begins with."""
    return file.name.partition("_")[0]
