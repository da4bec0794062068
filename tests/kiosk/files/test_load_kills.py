"""A load that is killed at random: the tables hold a file whole, with its outcome, or nothing of it."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter

from museum_assets.dead_letters.letters import LetterFilter, count_letters
from museum_assets.kiosk import checks
from tests.support.killable import Killable
from tests.support.kiosk_files import HEADER, Kiosks
from tests.support.kiosk_tables import presses

FILES, ROWS, WRONG, KILLS = 4, 15_000, 50, 5
CHILD = """
import sys
from tests.support.kiosk_files import kiosks_of
from resources.platform import Platform

kiosks = kiosks_of("lmnh", Platform.from_settings())
kiosks.combine()
print("combined", flush=True)
kiosks.load()
"""


def row(n: int) -> str:
    day = f"2023-{1 + n // 10_000:02d}-{1 + n // 500 % 20:02d}"
    return f"{day} 10:{n // 60 % 60:02d}:{n % 60:02d},{n % 2},{n % 5},\n"


def test_every_press_once_however_often_a_load_is_killed(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0, 1)
    good: Counter[str] = Counter()
    for file in range(FILES):
        # Half of each file is in the next one as well.
        rows = [row(n) for n in range(file * ROWS // 2, file * ROWS // 2 + ROWS)]
        rows[::300] = [each.replace("2023-", "20x3-") for each in rows[::300]]
        lmnh.put({f"lmnh_hist_data_{file}.csv": HEADER + "".join(rows)})
        good |= Counter(each for each in rows if "x" not in each)
    chance, killed = random.Random(7), 0
    while killed < KILLS:
        child = Killable(CHILD)
        assert child.stdout.readline() == "combined\n"
        time.sleep(chance.uniform(0, 0.5) * (killed + 1))
        child.send_signal(signal.SIGKILL)
        child.wait()
        killed += 1
        with lmnh.database.connect() as conn:
            found = checks.books_agree(conn, "lmnh")
        assert found.passed or found.empty, found.description
        assert len(lmnh.outcomes()) in {0, FILES}
    lmnh.load()
    with lmnh.database.connect() as conn:
        count = len(presses(conn, "lmnh"))
        assert checks.books_agree(conn, "lmnh").passed
        wrong = count_letters(conn, LetterFilter("kiosk_file", "lmnh"))
    outcomes = lmnh.outcomes()
    assert {outcome[:2] for outcome in outcomes.values()} == {("loaded", ROWS)}
    assert sum(outcome[2] for outcome in outcomes.values()) == count == good.total()
    assert sum(outcome[4] for outcome in outcomes.values()) == wrong == FILES * WRONG
