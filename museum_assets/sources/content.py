"""A file's content as it is stored: text as text, everything else as base64, each with its media type."""

from __future__ import annotations

import base64
import codecs
import mimetypes
from dataclasses import dataclass
from email.message import Message
from typing import Literal

from museum_assets.core.charsets import text_charset
from museum_assets.core.failures import Malformed

UNKNOWN = {"", "application/octet-stream", "binary/octet-stream"}
"""Media types that say nothing; uploaders send them when they do not know the type."""
TEXTUAL = {"application/json", "application/xml", "application/x-ndjson", "application/rtf"}
TEXT_KEYS = {".txt", ".text", ".md", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".html", ".htm"}
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CONTROL = {*range(32)} - {*b"\t\n\r\f\x1b\b"}


@dataclass(frozen=True, slots=True)
class Content:
    """A file's content as it is stored: `text` is the text itself or base64, as `encoding` says."""

    content_type: str
    encoding: Literal["text", "base64"]
    text: str


def read_content(key: str, claimed: str, body: bytes) -> Content:
    """Return the content of a file, judged by its claimed type, its name and its bytes, in this order.

    Raises Malformed with code `undecodable` when it should be text and does not decode. No encoding is guessed:
    Latin-1 decodes any bytes, so it would prove nothing.
    """
    media, charset = media_type(claimed)
    if media in UNKNOWN:
        media = mimetypes.guess_type(key)[0] or ""
    text_key = any(key.lower().endswith(ending) for ending in TEXT_KEYS)
    if media and not text_key and not is_textual(media):
        return Content(media, "base64", base64.b64encode(body).decode("ascii"))
    text = decode(body, charset)
    if text is not None:
        return Content(media or "text/plain", "text", text)
    if not media:
        return Content("application/octet-stream", "base64", base64.b64encode(body).decode("ascii"))
    named = charset or "UTF-8"
    claim = f"but not {named}" if text_charset(named) else f"in {named[:40]!r}, which is no charset of texts"
    raise Malformed(
        f"{key} is {media} {claim}: store it as UTF-8, or name its charset in the object's Content-Type",
        code="undecodable",
        permanent=True,
    )


def media_type(claimed: str) -> tuple[str, str | None]:
    """Return (media type in lower case, charset or None) of a Content-Type."""
    header = Message()
    header["Content-Type"] = claimed.replace("\r", " ").replace("\n", " ")
    charset = header.get_param("charset")
    return claimed.partition(";")[0].strip().lower(), charset if isinstance(charset, str) else None


def is_textual(media: str) -> bool:
    """Say whether a media type is one of text."""
    return media.startswith("text/") or media in TEXTUAL or media.endswith(("+json", "+xml"))


def decode(body: bytes, charset: str | None) -> str | None:
    """Return the bytes as text, or None when they are not text or name no charset of texts.

    A byte-order mark outweighs the charset.
    """
    claimed = text_charset(charset or "utf-8")
    encoding = next((name for bom, name in BOMS.items() if body.startswith(bom)), claimed)
    if encoding is None:
        return None
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if any(ord(letter) in CONTROL for letter in text) else text
