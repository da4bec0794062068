"""Messages of one partition into presses and dead letters, and both into the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson

from museum_assets.dead_letters.letters import Letter
from museum_assets.kiosk.history import NONE
from museum_assets.kiosk.load import Loaded, laid_out, load_staged, stage
from museum_assets.kiosk.merge import ROW
from museum_assets.kiosk.message import Press, Refusal, read_message
from museum_assets.kiosk.museum import KioskMuseum
from museum_assets.kiosk.stream_position import Position
from resources.kafka import Message
from resources.postgres import Connection

SOURCE = "kiosk_stream"
"""The dead letters' source, and the name of the consumer's lock."""
UNKNOWN_SITE = "unknown_site"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Sorted:
    """Messages read: every one is a press or a letter. `reasons` counts the letters' reasons."""

    presses: list[Press] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


def sort(
    messages: Iterable[Message], museum: KioskMuseum, position: Position, sites: AbstractSet[int], now: datetime
) -> Sorted:
    """Read messages of the partition at `position`; `sites` are the known ones, `now` the time of arrival."""
    result = Sorted()
    for message in messages:
        read = Refusal(("tombstone",)) if message.body is None else read_message(message.body, museum, sites, now)
        if isinstance(read, Press):
            result.presses.append(read)
        else:
            result.reasons.update(read.reasons)
            result.letters.append(_letter(message, museum.slug, position, read))
    return result


def _letter(message: Message, slug: str, position: Position, refusal: Refusal) -> Letter:
    context: dict[str, Any] = {
        "topic": position.topic,
        "partition": position.partition,
        "offset": message.offset,
        "generation": position.generation,
        "broker_time": broker_time(message.timestamp),
    }
    body = message.body or b""
    if UNKNOWN_SITE in refusal.reasons:
        # So that it is found when the site's exhibition is loaded.
        context["site"] = int(orjson.loads(body)["site"])
    return Letter(SOURCE, slug, position.place(message.offset), refusal.reasons, body, context=context)


def broker_time(milliseconds: int | None) -> str | None:
    """Return a broker's timestamp as ISO text in UTC; None for none, and for one that is no time."""
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
    except (OverflowError, OSError, ValueError):
        return None


def load(conn: Connection, museum: KioskMuseum, presses: Sequence[Press]) -> Loaded:
    """Write presses in the caller's transaction; one that is there already is a duplicate."""
    if not presses:
        return Loaded(0, 0)
    rows = np.zeros(len(presses), ROW)
    rows["at"] = [(press.at - EPOCH) // MICROSECOND for press in presses]
    rows["site"] = [press.site for press in presses]
    rows["val"] = [press.val for press in presses]
    rows["type"] = [NONE if press.type is None else press.type for press in presses]
    # A kiosk's clock tells microseconds, so there is one press of a kind at a time: docs/decisions/0007.
    rows["occurrence"] = 1
    return load_staged(conn, stage(conn, museum, "s", laid_out(rows)))
