from __future__ import annotations

import base64
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.core.failures import Malformed
from museum_assets.sources.content import read_content

NO_CHARSETS = ("klingon", "undefined", "idna", "utf-7", "unicode_escape", "raw_unicode_escape", "punycode", "rot13",
               "base64", "hex", "x" * 10_000, "../ascii", "encodings.utf_8", "ü")  # fmt: skip
"""Codecs of Python's that are no charsets of texts, and names that nobody has."""


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "a")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("key", "claimed", "body", "kind", "encoding"),
    [
        ("a.txt", "text/plain", b"x", "text/plain", "text"),
        ("a.txt", "", b"x", "text/plain", "text"),
        ("a.md", "application/octet-stream", "ø".encode(), "text/markdown", "text"),
        ("a.json", "application/json", b"{}", "application/json", "text"),
        ("a", "", b"plain", "text/plain", "text"),
        ("a", "image/svg+xml", b"<svg/>", "image/svg+xml", "text"),
        ("a.txt", "", "\ufeffx".encode("utf-16"), "text/plain", "text"),
        ("scan.pdf", "", b"%PDF-1.7", "application/pdf", "base64"),
        ("scan", "image/png", b"\x89PNG", "image/png", "base64"),
        ("photo.JPG", "binary/octet-stream", b"\xff\xd8", "image/jpeg", "base64"),
        # What nobody knows is not taken for text because Latin-1 reads anything.
        ("dump", "", zipped(), "application/octet-stream", "base64"),
        ("dump.zip", "", zipped(), "application/zip", "base64"),
        ("dump.unknown", "application/octet-stream", zipped(), "application/octet-stream", "base64"),
    ],
)
def test_what_a_file_is(key: str, claimed: str, body: bytes, kind: str, encoding: str) -> None:
    content = read_content(key, claimed, body)
    assert (content.content_type, content.encoding) == (kind, encoding)
    if encoding == "base64":
        assert base64.b64decode(content.text) == body


@pytest.mark.parametrize(
    ("claimed", "body", "text"),
    [
        ("text/plain; charset=iso-8859-1", b"\xe6\xf8", "æø"),
        ("text/plain; charset=windows-1252", b"\x80", "€"),
        ("text/plain; charset=utf-8", b"\xef\xbb\xbfx", "x"),
        ("text/plain; charset=UTF-16LE", "x".encode("utf-16-le"), "x"),
        ("text/plain; charset=macintosh", b"\xbf", "ø"),
        ("text/plain; charset=ibm850", b"\x9b", "ø"),
        ("text/plain; charset=punycode", "\ufeffæ".encode(), "æ"),
    ],
)
def test_a_charset_that_is_named_is_used(claimed: str, body: bytes, text: str) -> None:
    assert read_content("a.txt", claimed, body).text == text


@pytest.mark.parametrize(
    ("claimed", "body"),
    [("text/plain", b"\xe6"), *((f"text/plain; charset={name}", b"x") for name in NO_CHARSETS),
     ("text/plain", b"a\x00b"), ("text/plain; charset=ascii", b"\xc3\xa6")],
)  # fmt: skip
def test_text_that_is_none_is_an_error_and_not_guessed(claimed: str, body: bytes) -> None:
    with pytest.raises(Malformed) as raised:
        read_content("a.txt", claimed, body)
    assert (raised.value.code, raised.value.permanent) == ("undecodable", True)
    assert "a.txt" in str(raised.value)


@given(st.binary(max_size=200), st.sampled_from(["", "text/plain", "image/png", "x/y; charset=\r\n\x00", ";;", "ÿ"]))
def test_any_bytes_come_back_as_they_were_or_are_refused(body: bytes, claimed: str) -> None:
    try:
        content = read_content("file", claimed, body)
    except Malformed:
        return
    if content.encoding == "base64":
        assert base64.b64decode(content.text) == body
    else:
        assert "\x00" not in content.text
