"""The source of the dead letters that imports write: one for each rejected row."""

from __future__ import annotations

from museum_assets.dead_letters.sources import LetterSource, Replay
from sql import query


def _replay() -> Replay:
    from museum_assets.archives.replay import replay

    return replay


ARCHIVE_IMPORT = LetterSource("archive_import", _replay, query("archives.rows_read"))
