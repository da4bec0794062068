"""Replaying the stream's dead letters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from museum_assets.dead_letters.letters import StoredLetter
from museum_assets.dead_letters.sources import REPLAYED, Outcome
from museum_assets.kiosk.load import ensure_types, known_sites
from museum_assets.kiosk.message import Press, read_message
from museum_assets.kiosk.stream_batch import load
from museum_assets.kiosk.stream_lost import OFFSETS_LOST
from museum_assets.museums import kiosks
from resources.postgres import Connection
from sql import query


def replay(conn: Connection, museum: str, letters: Sequence[StoredLetter]) -> list[Outcome]:
    """Read the letters' messages by today's rules and sites, and by the time at which they arrived.

    What is a press now is loaded, and moves from rejected to loaded or duplicate in its partition's books.
    """
    chosen = kiosks(museum)
    ensure_types(conn, chosen)
    sites = known_sites(conn, museum)
    outcomes: list[Outcome] = []
    presses: dict[tuple[str, int], list[Press]] = defaultdict(list)
    for letter in letters:
        outcome = _unreadable(letter)
        if outcome is None:
            read = read_message(letter.body, chosen, sites, letter.arrived_at)
            if isinstance(read, Press):
                presses[letter.context["topic"], letter.context["partition"]].append(read)
                outcome = REPLAYED
            else:
                outcome = Outcome("refused", read.reasons)
        outcomes.append(outcome)
    for (topic, partition), pressed in presses.items():
        loaded = load(conn, chosen, pressed)
        books = {"loaded": loaded.loaded, "duplicate": loaded.duplicate}
        conn.execute(
            query("kiosk_stream_replayed"), {"museum": museum, "topic": topic, "partition": partition, **books}
        )
    return outcomes


def _unreadable(letter: StoredLetter) -> Outcome | None:
    """Return the outcome of a letter that holds no message to read."""
    if letter.reasons in (["tombstone"], [OFFSETS_LOST]):
        return Outcome("refused", tuple(letter.reasons), letter.message)
    return None
