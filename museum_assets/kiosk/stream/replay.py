"""Replays the stream's dead letters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from museum_assets.dead_letters.letters import StoredLetter
from museum_assets.dead_letters.sources import REPLAYED, ReplayOutcome
from museum_assets.kiosk.load import ensure_labels, known_sites
from museum_assets.kiosk.stream.batch import load_presses
from museum_assets.kiosk.stream.lost import OFFSETS_LOST
from museum_assets.kiosk.stream.message import Press, read_message
from museum_assets.museums import kiosks
from resources.postgres import Connection
from sql import query


def replay(conn: Connection, slug: str, letters: Sequence[StoredLetter]) -> list[ReplayOutcome]:
    """Read the messages by today's rules and sites, but by their time of arrival; return an outcome for each.

    A message that is a press now is loaded, and moves from rejected to loaded or duplicate in its partition's books.
    """
    museum = kiosks(slug)
    ensure_labels(conn, museum)
    sites = known_sites(conn, slug)
    outcomes: list[ReplayOutcome] = []
    presses: dict[tuple[str, int], list[Press]] = defaultdict(list)
    for letter in letters:
        outcome = _unreadable(letter)
        if outcome is None:
            read = read_message(letter.body, museum, sites, letter.arrived_at)
            if isinstance(read, Press):
                presses[letter.context["topic"], letter.context["partition"]].append(read)
                outcome = REPLAYED
            else:
                outcome = ReplayOutcome("refused", read.reasons)
        outcomes.append(outcome)
    for (topic, partition), waiting in presses.items():
        loaded = load_presses(conn, museum, waiting)
        books = {"loaded": loaded.loaded, "duplicate": loaded.duplicate}
        conn.execute(query("kiosk_stream.replayed"), {"museum": slug, "topic": topic, "partition": partition, **books})
    return outcomes


def _unreadable(letter: StoredLetter) -> ReplayOutcome | None:
    """Return the outcome of a letter without a message to read, None for any other letter."""
    if letter.reasons in (["tombstone"], [OFFSETS_LOST]):
        return ReplayOutcome("refused", tuple(letter.reasons), letter.message)
    return None
