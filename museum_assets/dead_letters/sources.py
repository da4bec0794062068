"""Who writes dead letters, and what each needs: something that replays them, and how much it has read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from museum_assets.dead_letters.letters import StoredLetter
from museum_assets.failures import MuseumError
from museum_assets.loop.stage import DOCUMENT_STAGES, NOTICE_STAGES, STAGES
from museum_assets.sources.simulated import SIMULATED
from resources.postgres import Connection


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay made of one letter.

    `replayed`: its effect is written. `refused`: it is refused again, for these reasons. `due`: it was made due, and
    whoever refused it settles the letter when it goes through.
    """

    state: Literal["replayed", "refused", "due"]
    reasons: tuple[str, ...] = ()
    message: str | None = None


REPLAYED = Outcome("replayed")
DUE = Outcome("due")

Replay = Callable[[Connection, str, Sequence[StoredLetter]], Sequence[Outcome]]
"""Replays letters of one museum and source within the caller's transaction; one outcome per letter, in their order.

Whoever calls settles the letters in that transaction, so the effect and the settlement commit together.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """A source of dead letters. `replay` is `module:function`, loaded when needed; `read` names the query that
    counts what a museum's source has read so far, for the ratio.
    """

    name: str
    replay: str
    read: str | None = None


SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        Source("kiosk_file", "museum_assets.kiosk.file_replay:replay", "dead_letter_read_kiosk_file"),
        Source("kiosk_stream", "museum_assets.kiosk.stream_replay:replay", "dead_letter_read_kiosk_stream"),
        Source("archive_import", "museum_assets.archives.replay:replay", "dead_letter_read_archive_import"),
        *(
            Source(stage, "museum_assets.dead_letters.sources:replay_stage")
            for stage in ("raw_metadata", *STAGES, *DOCUMENT_STAGES, *NOTICE_STAGES)
        ),
        *(Source(kind, "museum_assets.sources.rehearsal:replay") for kind in SIMULATED),
    )
}
"""Every source whose letters can be replayed. Adding one means its line here."""


def replay_of(name: str) -> Replay:
    """Return what replays a source's letters. Raises MuseumError when nothing does."""
    if name not in SOURCES:
        raise MuseumError(
            f"nothing replays dead letters of {name!r}: close them, or choose from {', '.join(sorted(SOURCES))}"
        )
    module, _, function = SOURCES[name].replay.partition(":")
    found: Replay = getattr(import_module(module), function)
    return found


def replay_stage(conn: Connection, museum: str, letters: Sequence[StoredLetter]) -> list[Outcome]:
    """Make the records of a stage's letters due: its next run tries them and settles the letters that go through."""
    from museum_assets.loop.letters import make_due

    make_due(conn, museum, letters[0].source, [letter.place for letter in letters])
    return [DUE for _ in letters]
