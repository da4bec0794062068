"""Text from decades of encodings reads as it was meant, and the record says what was wrong."""

from __future__ import annotations

import sys
from unicodedata import category, is_normalized

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.museums.reading import build_artwork
from museum_assets.museums.text_repair import is_clean, repaired
from tests.museums.test_reading import FIELDS

ANY_TEXT = st.text(st.characters(min_codepoint=0, max_codepoint=sys.maxunicode, categories=None), max_size=40)


@pytest.mark.parametrize(
    ("text", "expected", "wrong"),
    [
        ("Michael\x92s", "Michael’s", ("windows_1252",)),
        ("\x93Ruin\x94 \x96 \x8aibenik\x85", "“Ruin” – Šibenik…", ("windows_1252",)),
        ("no mean\x81ing", "no meaning", ("windows_1252",)),
        ("Mo\u0308lln", "M\u00f6lln", ("not_nfc",)),
        ("one\r\ntwo\tthree\u2028four", "one two three four", ("line_break",)),
        ("\ufeffBell\x07 \x00of\x7f", "Bell of", ("control_character",)),
        ("Ge\u00adm\u200b\u00e4lde", "Gem\u00e4lde", ("control_character",)),
        ("\u202elatot\u202c \u2066x\u2069", "latot x", ("control_character",)),
        ("half \ud800 a pair", "half \ufffd a pair", ("lone_surrogate",)),
        ("\ud83d\udc18 whole", "🐘 whole", ("lone_surrogate",)),
        ("\x92e\u0301\n", "’\u00e9 ", ("windows_1252", "line_break", "not_nfc")),
    ],
)
def test_a_text_reads_as_it_was_meant(text: str, expected: str, wrong: tuple[str, ...]) -> None:
    assert repaired(text) == (expected, wrong)
    assert repaired(expected) == (expected, ())


@pytest.mark.parametrize(
    "text",
    [
        "", "Landscape with a mill", "M\u00f8llen ved \u00c5en", "\u6d6e\u4e16\u7d75", "10\u00a0\u00d7\u00a012 cm",
        "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f468\u200d\U0001f3a8", "\u05d0\u200f!",
        "\u0e01\u0e33", "\ufffd",
    ],
)  # fmt: skip
def test_what_is_right_stays(text: str) -> None:
    """Also the joiners and marks of direction that Persian, Hebrew and emoji need."""
    assert repaired(text) == (text, ())


def test_lines_are_kept_where_they_are_wanted() -> None:
    assert repaired("one\n\ttwo\x92", keep_lines=True) == ("one\n\ttwo’", ("windows_1252",))


@given(ANY_TEXT)
def test_whatever_comes_can_be_stored(text: str) -> None:
    better, wrong = repaired(text)
    assert is_normalized("NFC", better)
    assert not {category(each) for each in better} & {"Cc", "Cs"}
    better.encode()
    assert bool(wrong) == (better != text)
    assert repaired(better) == (better, ())
    if is_clean(text):
        assert better == text


def test_an_artwork_says_what_was_wrong_with_its_text() -> None:
    fields = FIELDS | {"title": "Michael\x92s\n", "artists": ("Mo\u0308ller", "M\u00f6ller", "\x07"), "period": "1850s"}
    artwork = build_artwork(**fields)
    assert (artwork.title, artwork.artists) == ("Michael’s", ("M\u00f6ller",))
    assert artwork.text_repairs == (
        "title: windows_1252", "title: line_break", "artists: not_nfc", "artists: control_character"
    )  # fmt: skip
    assert build_artwork(**FIELDS).text_repairs == ()


def test_a_title_of_nothing_but_control_characters_is_none() -> None:
    assert build_artwork(**FIELDS | {"title": "\x07\ufeff"}).title is None


def test_addresses_stay_as_they_are() -> None:
    address = "https://iip.smk.dk/Mo\u0308lln.jpg"
    assert build_artwork(**FIELDS | {"thumbnail_url": address}).thumbnail_url == address
