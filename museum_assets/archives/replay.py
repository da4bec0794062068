"""Replaying rejected rows: a row stays rejected unless its source's declaration has changed since."""

from __future__ import annotations

from collections.abc import Sequence

from museum_assets.archive_files.declared import declared_source
from museum_assets.archives.imports import imports
from museum_assets.dead_letters.letters import StoredLetter
from museum_assets.dead_letters.sources import DUE, ReplayOutcome
from resources.postgres import Connection


def replay(conn: Connection, name: str, letters: Sequence[StoredLetter]) -> list[ReplayOutcome]:
    """Return `due` for each row that was read under another declaration, and `refused` for the others.

    The next import closes the letters that are due. A single row cannot be loaded by itself: an import holds one
    edition of the files as a whole.
    """
    contract = declared_source(name).contract()
    contracts = {each.id: each.contract for each in imports(conn, source=name)}
    message = f"{name}.toml has not changed since: correct it, or wait for a better file, and import again"
    return [
        ReplayOutcome("refused", tuple(letter.reasons), message)
        if contracts.get(letter.context["import"]) == contract
        else DUE
        for letter in letters
    ]
