from __future__ import annotations

from encodings.aliases import aliases

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.core.charsets import TEXT_CHARSETS, text_charset


@pytest.mark.parametrize(
    ("name", "codec"),
    [("UTF-8", "utf_8"), ("utf8", "utf_8"), ("utf-8-sig", "utf_8_sig"), ("UTF-16LE", "utf_16_le"), (" ascii ", "ascii"),
     ("ISO-8859-1", "latin_1"), ("iso8859-15", "iso8859_15"), ("Windows-1252", "cp1252"), ("macintosh", "mac_roman"),
     ("IBM850", "cp850"), ("cp437", "cp437"), ("Shift_JIS", "shift_jis"), ("KOI8-R", "koi8_r")],
)  # fmt: skip
def test_a_charset_of_texts_is_known_by_all_its_names(name: str, codec: str) -> None:
    assert text_charset(name) == codec


def test_what_is_no_charset_is_none() -> None:
    codecs = {*aliases, *aliases.values(), "undefined", "idna", "punycode", "unicode_escape", "mbcs"}
    refused = {name for name in codecs if text_charset(name) is None}
    assert {"undefined", "idna", "punycode", "unicode_escape", "utf_7", "rot_13", "zlib_codec", "mbcs"} <= refused
    assert not refused & TEXT_CHARSETS


@given(st.text(max_size=50))
def test_any_name_is_answered(name: str) -> None:
    assert text_charset(name) in {None, *TEXT_CHARSETS}


@pytest.mark.parametrize("codec", sorted(TEXT_CHARSETS))
def test_each_is_through_with_two_megabytes_of_anything(codec: str) -> None:
    """Punycode, which is none of them, would take minutes."""
    for body in (b"a" * 2_000_000, bytes(range(256)) * 8_000, b"\x1b$B" + b"0!" * 1_000_000):
        body.decode(codec, "replace")
