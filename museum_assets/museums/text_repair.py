"""Text as every museum's is stored: NFC, without control characters, with what was changed said.

Museums' databases were filled through decades of encodings. `Michael\\x92s` holds a byte of windows-1252 that was read
as Latin-1: the apostrophe became a control character, which no search finds and no screen shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from unicodedata import is_normalized, normalize

SURROGATES, WINDOWS_1252, LINES, CONTROLS, NFC = (
    "lone_surrogate", "windows_1252", "line_break", "control_character", "not_nfc"
)  # fmt: skip
"""What was wrong with a text, as the record says it."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_C1 = re.compile("[\x80-\x9f]")
_C1_MEANT = {code: bytes([code]).decode("windows-1252", "ignore") or None for code in range(0x80, 0xA0)}
"""The five that windows-1252 leaves out mean nothing, and go."""
_LINES = re.compile("[\t\n\v\f\r\u2028\u2029]+")
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
    "\u00ad\u200b\u2060\ufeff"  # soft hyphen, zero-width space, word joiner, byte-order mark: they only split words
    "\u202a-\u202e\u2066-\u2069"  # embeddings and overrides of direction, which reach into the text that follows
    "\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"  # annotations, non-characters, tags
)
"""Not among them are U+200C, U+200D, U+200E, U+200F and U+061C, without which some scripts and emoji read wrong."""


def is_clean(text: str) -> bool:
    """Say quickly whether a text needs no repair. False for some that need none: `repaired` looks closely."""
    return text.isprintable() and (text.isascii() or is_normalized("NFC", text))


def repaired(text: str, *, keep_lines: bool = False) -> tuple[str, tuple[str, ...]]:
    """Return (text, what was wrong with it); nothing was with most.

    Tabs and line breaks become one space, unless `keep_lines`. A lone surrogate becomes U+FFFD.
    """
    if is_clean(text):
        return text, ()
    wrong = []
    for name, repair in _REPAIRS.items():
        if name == LINES and keep_lines:
            continue
        if (better := repair(text)) != text:
            wrong.append(name)
            text = better
    return text, tuple(wrong)


def _without_surrogates(text: str) -> str:
    # Two halves that belong together are one character, which JSON may write as two escapes.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _SURROGATE.search(text) else text


def _as_windows_1252(text: str) -> str:
    return text.translate(_C1_MEANT) if _C1.search(text) else text


_REPAIRS: dict[str, Callable[[str], str]] = {
    SURROGATES: _without_surrogates,
    WINDOWS_1252: _as_windows_1252,
    LINES: lambda text: _LINES.sub(" ", text),
    CONTROLS: lambda text: _CONTROLS.sub("", text),
    NFC: lambda text: normalize("NFC", text),
}
"""In the order in which they are made."""
