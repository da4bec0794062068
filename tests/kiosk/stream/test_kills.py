"""A hundred thousand messages, the consumer killed at random: every count exact, nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from resources.platform import Platform
from resources.postgres import Connection, Database
from tests.support.kafka_broker import running_broker
from tests.support.killable import Killable
from tests.support.kiosk_tables import add_exhibitions, books, presses, reasons

COMMAND = "from museum_assets.cli import main; main()", "kiosk", "consume", "--museum", "lmnh"
MESSAGES, INVALID, REPEATED, KILLS = 100_000, 17_000, 1_000, 5
BEGIN = datetime.fromisoformat("2024-10-21T09:00:00.000001+01:00")

WRONG: list[tuple[Callable[[dict[str, Any]], Any], tuple[str, ...]]] = [
    (lambda m: b"{broken", ("not_json",)),
    (lambda m: [m], ("not_an_object",)),
    (lambda m: None, ("tombstone",)),
    (lambda m: {k: v for k, v in m.items() if k != "at"}, ("missing_at",)),
    (lambda m: {k: v for k, v in m.items() if k != "site"}, ("missing_site",)),
    (lambda m: m | {"at": m["at"][:10] + "T19" + m["at"][13:]}, ("outside_opening_hours",)),
    (lambda m: m | {"site": "11"}, ("unknown_site",)),
    (lambda m: m | {"val": 8}, ("val_out_of_range",)),
    (lambda m: m | {"val": True}, ("val_not_an_integer",)),
    (lambda m: m | {"val": -1, "type": "INF"}, ("type_not_an_integer",)),
    (lambda m: m | {"val": 1, "type": 0}, ("type_on_a_rating",)),
    (lambda m: m | {"val": "INF", "site": "None"}, ("site_not_a_number", "val_not_an_integer")),
]


def made_up() -> tuple[list[bytes | None], list[tuple[Any, ...]], Counter[str]]:
    """The messages, the presses that they are, and the reasons of those that are none."""
    dice = random.Random(3)
    bodies: list[bytes | None] = []
    good: list[tuple[Any, ...]] = []
    why: Counter[str] = Counter()
    for number in range(MESSAGES - REPEATED):
        at = BEGIN + timedelta(milliseconds=300 * number)
        message: dict[str, Any] = {"at": at.isoformat(), "site": str(dice.randrange(6)), "val": dice.randrange(5)}
        if dice.random() < 0.04:
            message |= {"val": -1, "type": dice.randrange(2)}
        if number < INVALID:
            break_, broken = WRONG[number % len(WRONG)]
            wrong = break_(message)
            bodies.append(wrong if wrong is None or isinstance(wrong, bytes) else json.dumps(wrong).encode())
            why.update(broken)
        else:
            bodies.append(json.dumps(message).encode())
            good.append((at, int(message["site"]), message["val"], message.get("type")))
    bodies += dice.sample(bodies[INVALID:], REPEATED)
    dice.shuffle(bodies)
    return bodies, sorted(good, key=lambda press: press[:3]), why


def read(conn: Connection) -> int:
    return books(conn, "lmnh")[0]


def test_killed_at_random_it_ends_exact(
    platform: Platform, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies, expected, why = made_up()
    add_exhibitions(database, "lmnh", range(6))
    dice = random.Random(int(os.environ.get("SEED", "8")))
    with running_broker() as broker, database.connect() as conn:
        broker.produce("lmnh", bodies)
        environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": broker.servers}
        killed_at: list[int] = []
        while True:
            child = Killable(*COMMAND, environment=environment, errors=True)
            before = read(conn)
            goal = before + dice.randrange(1, 15_000) if len(killed_at) < KILLS else MESSAGES
            while child.poll() is None and read(conn) < goal:
                time.sleep(0.002)
            if child.poll() is None and len(killed_at) < KILLS:
                time.sleep(dice.random() * 0.05)
                child.send_signal(signal.SIGKILL)
                child.wait()
                killed_at.append(read(conn))
                continue
            child.send_signal(signal.SIGTERM)
            status, output = child.finish()
            if status == 0:
                break
            # The killed consumer's connection is noticed within moments.
            assert "another run is working on kiosk_stream of lmnh" in output, output
            time.sleep(0.2)
        assert len(killed_at) == KILLS
        assert max(killed_at) < MESSAGES, "a kill came after the end"
        assert "stopped: " in output
        assert books(conn, "lmnh") == (MESSAGES, MESSAGES - INVALID - REPEATED, REPEATED, INVALID)
        assert reasons(conn, "lmnh") == why
        assert presses(conn, "lmnh") == expected
        letters = conn.execute("SELECT count(*) AS n, count(DISTINCT place) AS places FROM ops.dead_letter").fetchone()
    assert letters == {"n": INVALID, "places": INVALID}
