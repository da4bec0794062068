from __future__ import annotations

import pytest

from museum_assets.core.outage import Outage
from tests.support.clock import Clock


def test_an_outage_is_a_line_at_its_begin_one_a_minute_and_one_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, said = Clock(), list[str]()
    monkeypatch.setattr("museum_assets.core.outage.time", clock)
    outage = Outage(said.append, "lmnh", "read")
    outage.over()
    for _ in range(8):
        outage.goes_on("no broker")
        clock.sleep(20)
    outage.over()
    outage.over()
    assert said == [
        "lmnh: no broker",
        "lmnh: not read for 1 min 0 s; trying again",
        "lmnh: not read for 2 min 0 s; trying again",
        "lmnh: read again after 2 min 40 s",
    ]
