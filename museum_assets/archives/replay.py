"""Replaying rejected rows: under the same declaration a row is rejected again, under another one its import is due."""

from __future__ import annotations

from collections.abc import Sequence

from museum_assets.archives.imports import imports
from museum_assets.archives.schema import source
from museum_assets.dead_letters.letters import StoredLetter
from museum_assets.dead_letters.sources import DUE, Outcome
from resources.postgres import Connection


def replay(conn: Connection, name: str, letters: Sequence[StoredLetter]) -> list[Outcome]:
    """Say which rows the next import of the source would read otherwise; it closes their letters when it takes over.

    Imports are whole: a row of its own cannot join one, whose rows would then be no edition of the file.
    """
    contract = source(name).contract()
    used = {found.id: found.contract for found in imports(conn, source=name)}
    message = f"{name}.toml has not changed since: mend it, or wait for a better file, and import again"
    return [
        Outcome("refused", tuple(letter.reasons), message) if used.get(letter.context["import"]) == contract else DUE
        for letter in letters
    ]
