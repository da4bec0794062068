"""How an answer is read: which failure it is, and how long it asks to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.core.failures import Failure, Gone, RequestRefused, SlowDown, Unavailable
from resources.http_answers import classify, retry_after_seconds, said_by


@pytest.mark.parametrize(
    ("status", "kind", "wanted"),
    [
        (200, "text/html", None),
        (204, "", None),
        (304, "", RequestRefused),
        (400, "application/json", RequestRefused),
        (401, "application/json", RequestRefused),
        (403, "application/json", RequestRefused),
        (403, "application/problem+json; charset=utf-8", RequestRefused),
        (403, "text/html; charset=utf-8", SlowDown),
        (403, "", SlowDown),
        (404, "application/json", Gone),
        (406, "text/plain", RequestRefused),
        (408, "", Unavailable),
        (410, "text/html", Gone),
        (429, "application/json", SlowDown),
        (500, "text/html", Unavailable),
        (502, "text/html", Unavailable),
        (503, "text/html", SlowDown),
        (504, "", Unavailable),
    ],
)
def test_classify(status: int, kind: str, wanted: type[Failure] | None) -> None:
    failure = classify(httpx.Response(status, headers={"Content-Type": kind}), "smk: GET https://x.test/1")
    assert type(failure) is (wanted or type(None))
    assert failure is None or str(failure).startswith(f"smk: GET https://x.test/1 was answered {status}")


def test_aic_says_invalid_number_of_results(shared: Path) -> None:
    path = shared / "data/museum_records/aic/errors/403-search-window-over-1000.2026.json"
    failure = classify(httpx.Response(403, headers={"Content-Type": "application/json"}, content=path.read_bytes()))
    assert isinstance(failure, RequestRefused)
    assert "Invalid number of results" in str(failure)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(None, None), ("", None), ("0", 0), (" 120 ", 120), ("-5", None), ("1.5", None), ("inf", None), ("²", None),
     ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 99 Oct 2015 07:28:00 GMT", None), ("9" * 5000, 1e9)],
)  # fmt: skip
def test_retry_after(value: str | None, wanted: float | None) -> None:
    assert retry_after_seconds(value) == wanted


@pytest.mark.parametrize("zone", ["GMT", "-0000"])
def test_retry_after_as_a_date(zone: str) -> None:
    date = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    before = datetime.now(UTC)
    wait = timedelta(seconds=retry_after_seconds(format_datetime(date, usegmt=True).replace("GMT", zone)) or 0)
    assert date - datetime.now(UTC) <= wait <= date - before


@given(
    st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,9} [A-Z][a-z]{2} \d{1,9} [\d:]{1,12} [+-]?\w{1,6}", fullmatch=True)
)
def test_retry_after_survives_anything(value: str) -> None:
    seconds = retry_after_seconds(value)
    assert seconds is None or 0 <= seconds < float("inf")


def test_what_is_quoted_of_a_refusal_holds_no_key_not_even_half_of_one() -> None:
    for before in (0, 250, 290, 299, 4090):
        body = b"x" * before + b" Bearer planted-key and user:planted-word"
        sent = httpx.Request("GET", "https://x.test", headers={"Authorization": "Bearer planted-key"})
        answer = httpx.Response(400, content=body, request=sent)
        said = said_by(answer, ["planted-word"])
        assert "plant" not in said
        assert len(said) <= 300
