"""Every rule of the live stream, on made-up and on real messages."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from museum_assets.kiosk.stream.message import Press, RefusalReasons, read_message
from museum_assets.museums import kiosks
from museum_assets.museums.kiosk_museum import CLOCK_TOLERANCE

LMNH, LMS = kiosks("lmnh"), kiosks("lms")
SITES = frozenset(range(6))
NOW = datetime(2026, 1, 5, 16, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {"at": "2026-01-05T15:23:12.050523+00:00", "site": "5", "val": 3}


def read(message: object, museum: Any = LMNH, now: datetime = NOW) -> Press | RefusalReasons:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return read_message(body, museum, SITES, now)


def test_a_rating() -> None:
    assert read(GOOD) == Press(datetime(2026, 1, 5, 15, 23, 12, 50523, UTC), 5, 3, None)


@pytest.mark.parametrize("type_", [0, 1])
def test_an_incident_also_with_type_zero(type_: int) -> None:
    assert read(GOOD | {"val": -1, "type": type_}) == Press(datetime(2026, 1, 5, 15, 23, 12, 50523, UTC), 5, -1, type_)


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"at": None}, ("at_not_a_time",)),
        ({"at": 5}, ("at_not_a_time",)),
        ({"at": "yesterday"}, ("at_not_a_time",)),
        ({"at": "2026-01-05T15:23:12"}, ("at_without_offset",)),
        ({"at": "2026-01-05T08:44:59.999999+00:00"}, ("outside_opening_hours",)),
        ({"at": "2026-01-04T18:15:00.000001+00:00"}, ("outside_opening_hours",)),
        ({"at": "2026-01-06T15:00:00+00:00"}, ("in_the_future",)),
        ({"at": "2026-01-06T23:00:00+00:00"}, ("outside_opening_hours", "in_the_future")),
        ({"site": "6"}, ("unknown_site",)),
        ({"site": "None"}, ("site_not_a_number",)),
        ({"site": "INF"}, ("site_not_a_number",)),
        ({"site": "-1"}, ("site_not_a_number",)),
        ({"site": None}, ("site_not_a_number",)),
        ({"site": True}, ("site_not_a_number",)),
        ({"site": "9" * 5000}, ("site_not_a_number",)),
        ({"val": 5}, ("val_out_of_range",)),
        ({"val": -2}, ("val_out_of_range",)),
        ({"val": "3"}, ("val_not_an_integer",)),
        ({"val": 3.0}, ("val_not_an_integer",)),
        ({"val": True}, ("val_not_an_integer",)),
        ({"val": None}, ("val_not_an_integer",)),
        ({"val": "INF"}, ("val_not_an_integer",)),
        ({"type": 0}, ("type_on_a_rating",)),
        ({"type": None}, ("type_on_a_rating",)),
        ({"val": -1}, ("missing_type",)),
        ({"val": -1, "type": 2}, ("type_out_of_range",)),
        ({"val": -1, "type": "ERR"}, ("type_not_an_integer",)),
        ({"val": -1, "type": False}, ("type_not_an_integer",)),
        ({"val": 9, "type": 9}, ("val_out_of_range", "type_out_of_range")),
        ({"val": 9, "type": 0}, ("val_out_of_range",)),
        ({"at": None, "site": "x", "val": None}, ("at_not_a_time", "site_not_a_number", "val_not_an_integer")),
    ],
)
def test_every_reason_that_applies(change: dict[str, Any], reasons: tuple[str, ...]) -> None:
    assert read(GOOD | change) == RefusalReasons(reasons)


def test_missing_keys() -> None:
    assert read({}) == RefusalReasons(("missing_at", "missing_site", "missing_val"))


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"NaN", b'{"at": NaN}', b"[" * 100_000])
def test_not_json(body: bytes) -> None:
    assert read(body) == RefusalReasons(("not_json",))


@pytest.mark.parametrize("message", [None, 3, "x", [GOOD], True])
def test_not_an_object(message: object) -> None:
    assert read(message) == RefusalReasons(("not_an_object",))


def test_opening_hours_are_inclusive_and_in_the_message_s_own_offset() -> None:
    for at in ("2025-07-01T08:45:00+01:00", "2025-07-01T18:15:00+01:00", "2025-12-01T08:45:00+00:00"):
        assert isinstance(read(GOOD | {"at": at}), Press)
    assert read(GOOD | {"at": "2025-07-01T18:30:00+01:00"}) == RefusalReasons(("outside_opening_hours",))


def test_another_museum_has_its_own_hours() -> None:
    early = GOOD | {"at": "2025-12-01T09:00:00+00:00"}
    assert isinstance(read(early), Press)
    assert read(early, LMS) == RefusalReasons(("outside_opening_hours",))


def test_a_clock_a_little_ahead_is_not_the_future() -> None:
    at = datetime.fromisoformat(GOOD["at"])
    assert isinstance(read(GOOD, now=at - CLOCK_TOLERANCE), Press)
    late = at - CLOCK_TOLERANCE - timedelta(microseconds=1)
    assert read(GOOD, now=late) == RefusalReasons(("in_the_future",))


def test_a_time_before_the_kiosks_is_refused_by_the_clock_of_the_museum() -> None:
    assert isinstance(read(GOOD | {"at": "2000-01-01T10:00:00+00:00"}), Press)
    for at in ("1999-12-31T10:00:00+00:00", "0001-01-01T10:00:00+02:00", "1970-01-01T10:00:00+00:00"):
        assert read(GOOD | {"at": at}) == RefusalReasons(("before_the_kiosks",))
    museum = replace(LMNH, since=date(2024, 7, 1), opens=time(0), closes=time(23, 59))
    assert read(GOOD | {"at": "2024-06-30T22:59:59+00:00"}, museum) == RefusalReasons(("before_the_kiosks",))
    assert isinstance(read(GOOD | {"at": "2024-06-30T23:00:00+00:00"}, museum), Press)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


# A slow machine is no fault of the rules: drawing once took 1.6 s beside other work.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["at", "site", "val", "type", "extra"]), anything))
def test_whatever_comes_is_a_press_or_a_refusal_with_reasons(message: dict[str, Any]) -> None:
    result = read(message)
    assert isinstance(result, Press) or result.reasons


@given(st.binary())
def test_any_bytes(body: bytes) -> None:
    assert isinstance(read(body), Press | RefusalReasons)


def test_real_messages(shared: Path) -> None:
    """1,240 messages of one morning in British Summer Time: 83 % are presses, as in longer recordings."""
    counts: Counter[str] = Counter()
    for line in (shared / "data/kiosk_stream/lmnh_2024-10.ndjson").read_bytes().splitlines():
        result = read_message(line, LMNH, SITES, NOW)
        counts.update(["press"] if isinstance(result, Press) else ["refused", *result.reasons])
    assert counts == {
        "press": 1032,
        "refused": 208,
        "unknown_site": 46,
        "val_out_of_range": 31,
        "type_not_an_integer": 28,
        "missing_val": 24,
        "type_out_of_range": 24,
        "missing_at": 17,
        "val_not_an_integer": 13,
        "site_not_a_number": 13,
        "missing_site": 12,
    }
