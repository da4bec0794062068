from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.notices.notice import MESSAGE_CHARACTERS, Notice, as_json, as_mail, shortened

AT = datetime(2026, 11, 26, 10, 30, tzinfo=UTC)
TEXT = "417 of 5000 failed (8.3%, limit 5.0%)"
NOTICE = Notice("7", "smk", "stored_thumbnails", "check failure_ratio", TEXT, "run-1", AT, AT, 1, 1, 0)
UI = "https://dagster.example.org/"


def test_a_mail_has_asset_partition_reason_and_a_link_to_the_run() -> None:
    mail = as_mail(NOTICE, UI, "museum@example.org", "ann@example.org, bob@example.org")
    assert mail["Subject"] == "[museum data] stored_thumbnails of smk: check failure_ratio"
    assert mail["To"] == "ann@example.org, bob@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().splitlines() == [
        "asset:     stored_thumbnails",
        "partition: smk",
        "reason:    check failure_ratio",
        "when:      2026-11-26 10:30 UTC",
        "run:       https://dagster.example.org/runs/run-1",
        "",
        "417 of 5000 failed (8.3%, limit 5.0%)",
    ]


def test_a_webhook_has_them_too() -> None:
    payload = as_json(NOTICE, UI)
    assert payload == {
        "text": "*stored_thumbnails of smk: check failure_ratio*\n*asset:* stored_thumbnails\n*partition:* smk\n"
        "*reason:* check failure_ratio\n*when:* 2026-11-26 10:30 UTC\n"
        "*run:* https://dagster.example.org/runs/run-1\n```417 of 5000 failed (8.3%, limit 5.0%)```"
    }


def test_repeats_are_told_with_their_number() -> None:
    notice = replace(NOTICE, seen=20, earlier=3, round=2)
    assert "20 times since 2026-11-26 10:30 UTC, 17 of them since the last notice" in as_json(notice, UI)["text"]
    first, second = (as_mail(each, UI, "a@b.c", "d@e.f")["Message-ID"] for each in (NOTICE, notice))
    assert first != second
    assert first == as_mail(replace(NOTICE, seen=3), UI, "a@b.c", "d@e.f")["Message-ID"]


def test_nothing_in_a_message_reaches_everybody_or_becomes_a_link() -> None:
    hostile = "<!channel> @here <https://evil.example|click> ``` *bold* \x1b[2J"
    text = as_json(replace(NOTICE, message=hostile, partition="@all"), UI)["text"]
    assert "<!" not in text
    assert "<http" not in text
    assert "@here" not in text
    assert "@all" not in text
    assert "\x1b" not in text
    assert text.count("```") == 2


@given(st.text(max_size=400), st.text(max_size=400), st.text(max_size=400))
def test_whatever_it_says_it_is_one_mail_with_the_same_headers(asset: str, reason: str, message: str) -> None:
    notice = replace(NOTICE, asset=asset, reason=reason, message=message)
    mail = as_mail(notice, UI, "museum@example.org", "ann@example.org")
    raw = mail.as_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    names = [line.partition(b":")[0] for line in raw.splitlines() if not line.startswith((b" ", b"\t"))]
    assert names == [b"Subject", b"From", b"To", b"Date", b"Message-ID", b"Auto-Submitted", b"Content-Type",
                     b"Content-Transfer-Encoding", b"MIME-Version"]  # fmt: skip


@pytest.mark.parametrize(("size", "left"), [(MESSAGE_CHARACTERS, ""), (MESSAGE_CHARACTERS + 5, "… 5 more characters")])
def test_a_long_message_says_that_it_is_cut(size: int, left: str) -> None:
    assert shortened("x" * size).rpartition("x")[2].startswith(left)
