"""`sql/schema.sql`: what the migrations make, as pg_dump writes it. `make schema` runs this module."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from resources.embedded import postgres
from resources.embedded.postgres_files import packaged_programs
from resources.migrations import upgrade
from resources.postgres import Database
from sql.migrations import PLATFORM, PRODUCTION
from tests.support.places import ROOT

SCHEMA = ROOT / "sql" / "schema.sql"
HEADER = "-- What the migrations make, written by `make schema`: to read, not to edit.\n"
NOISE = re.compile(
    r"^(--( .*)?|\\(un)?restrict .*|SET .*;|SELECT pg_catalog\.set_config.*|ALTER TABLE .* SET \(pg_attver=\d+\);)\n",
    re.MULTILINE,
)
"""What pg_dump says of itself and of every object. The key of `\\restrict` is another one each time.

So is `pg_attver`, by which Debian's PostgreSQL 15.20 counts a column's changes, and which a pg_dump of 18 takes for an
option.
"""


def dumped(home: Path, url: str) -> str:
    """Return the schema of a database on the embedded server of this home, without pg_dump's own remarks."""
    command = [str(packaged_programs() / "pg_dump"), "--schema-only", "--no-owner",
               "--no-privileges", url]  # fmt: skip
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.sub(r"\n{3,}", "\n\n", NOISE.sub("", text)).strip() + "\n"


def main() -> None:
    """Migrate an empty database and write its schema."""
    with tempfile.TemporaryDirectory(prefix="museum-schema-") as folder:
        Path(folder).chmod(0o711)  # for root, Postgres runs as another user, with its data beside the home
        home = Path(folder) / "home"
        home.mkdir()
        postgres.ensure_running(home)
        try:
            url = postgres.url(home, "platform")
            for history in (PLATFORM, PRODUCTION):
                upgrade(Database(url), history)
            SCHEMA.write_text(HEADER + "\n" + dumped(home, url), encoding="utf-8")
        finally:
            postgres.stop(home)


if __name__ == "__main__":
    main()
