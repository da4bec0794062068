"""The charsets in which text from outside is read. A server or an uploader names one, and may name any of Python's.

Some of Python's codecs are no charsets (`undefined`, `unicode_escape`, `idna`), some let one text hide another
(`utf-7`), and `punycode` takes time that grows with the square of the length: hours for 20 MB.
"""

from __future__ import annotations

from encodings import normalize_encoding
from encodings.aliases import aliases

UNICODE = ("utf_8", "utf_8_sig", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be")
WESTERN = ("ascii", "latin_1", *(f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)))
WINDOWS = tuple(f"cp{n}" for n in (*range(1250, 1259), 437, 850, 852, 855, 857, 858, 860, 861, 863, 865, 866, 874))
OTHERS = (
    "mac_roman", "mac_latin2", "mac_cyrillic", "mac_greek", "mac_turkish", "mac_iceland", "koi8_r", "koi8_u",
    "shift_jis", "cp932", "euc_jp", "iso2022_jp", "gb2312", "gbk", "gb18030", "big5", "euc_kr", "cp949",
)  # fmt: skip
TEXT_CHARSETS = frozenset((*UNICODE, *WESTERN, *WINDOWS, *OTHERS))
"""Python's names of the charsets that text is read in. Each reads a text in time that grows with its length."""


def text_charset(name: str) -> str | None:
    """Return Python's name of a charset that text may be read in; None for any other name. No codec is looked up."""
    plain = normalize_encoding(name.strip().lower())
    found = aliases.get(plain, plain)
    return found if found in TEXT_CHARSETS else None
