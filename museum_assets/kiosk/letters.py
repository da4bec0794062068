"""The kiosks' two sources of dead letters: rows of files, and messages of the stream."""

from __future__ import annotations

from museum_assets.dead_letters.sources import LetterSource, Replay, by_name
from sql import query


def _replay_file() -> Replay:
    from museum_assets.kiosk.files.replay import replay

    return replay


def _replay_stream() -> Replay:
    from museum_assets.kiosk.stream.replay import replay

    return replay


KIOSK_FILE = LetterSource("kiosk_file", _replay_file, query("kiosk_files.rows_read"))
KIOSK_STREAM = LetterSource("kiosk_stream", _replay_stream, query("kiosk_stream.messages_read"))
SOURCES = by_name((KIOSK_FILE, KIOSK_STREAM))
