"""What the bytes of a file are: text as text, everything else as base64 with its media type."""

from __future__ import annotations

import base64
import codecs
import mimetypes
from dataclasses import dataclass
from email.message import Message
from typing import Literal

from museum_assets.failures import Malformed

UNKNOWN = {"", "application/octet-stream", "binary/octet-stream"}
"""Types that say nothing: what uploaders send that do not know."""
TEXTUAL = {"application/json", "application/xml", "application/x-ndjson", "application/rtf"}
TEXT_KEYS = {".txt", ".text", ".md", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".html", ".htm"}
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
CONTROL = {*range(32)} - {*b"\t\n\r\f\x1b\b"}


@dataclass(frozen=True, slots=True)
class Content:
    """A file's content as it is stored: `text` is the text itself, or base64."""

    content_type: str
    encoding: Literal["text", "base64"]
    text: str


def read_content(key: str, claimed: str, body: bytes) -> Content:
    """Return the content of a file, judged by its claimed type, its name and its bytes, in this order.

    Raises Malformed with code `undecodable` when it should be text and is not: nothing is dropped or guessed, for
    Latin-1 reads anything and so proves nothing.
    """
    media, charset = media_type(claimed)
    if media in UNKNOWN:
        media = mimetypes.guess_type(key)[0] or ""
    named = any(key.lower().endswith(ending) for ending in TEXT_KEYS)
    if media and not named and not is_textual(media):
        return Content(media, "base64", base64.b64encode(body).decode("ascii"))
    text = decode(body, charset)
    if text is not None:
        return Content(media or "text/plain", "text", text)
    if not media:
        return Content("application/octet-stream", "base64", base64.b64encode(body).decode("ascii"))
    raise Malformed(
        f"{key} is {media} but not {charset or 'UTF-8'}: store it as UTF-8, or name its charset in the object's "
        "Content-Type",
        code="undecodable",
        permanent=True,
    )


def media_type(claimed: str) -> tuple[str, str | None]:
    """Split a Content-Type into its lower-case media type and its charset."""
    header = Message()
    header["Content-Type"] = claimed.replace("\r", " ").replace("\n", " ")
    charset = header.get_param("charset")
    return claimed.partition(";")[0].strip().lower(), charset if isinstance(charset, str) else None


def is_textual(media: str) -> bool:
    """Say whether a media type is text."""
    return media.startswith("text/") or media in TEXTUAL or media.endswith(("+json", "+xml"))


def decode(body: bytes, charset: str | None) -> str | None:
    """Return the text, or None when the bytes are none; a byte-order mark wins over the charset."""
    encoding = next((name for bom, name in BOMS.items() if body.startswith(bom)), charset or "utf-8")
    try:
        text = body.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
    return None if any(ord(letter) in CONTROL for letter in text) else text
