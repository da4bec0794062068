"""Tokens of a text as open_clip's own tokenizer numbers them, made without that library, which takes torch along."""

from __future__ import annotations

import gzip
import html
from itertools import pairwise
from pathlib import Path

SPECIAL = ("<start_of_text>", "<end_of_text>")
END_OF_WORD = "</w>"
PIECES = "|".join([*SPECIAL, r"'s|'t|'re|'ve|'m|'ll|'d", r"\p{L}+", r"\p{N}", r"[^\s\p{L}\p{N}]+"])
"""What a text is cut into before pairs are joined: words, single digits, and runs of other signs."""


def _letters() -> dict[int, str]:
    """Return the letter that stands for each byte: those that can be printed for themselves, the others for the rest.

    The order is that of the vocabulary.
    """
    printed = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printed]
    return {byte: chr(byte) for byte in printed} | {byte: chr(256 + place) for place, byte in enumerate(others)}


class BytePairs:
    """A vocabulary of joined pairs (`.txt.gz`), read once. Texts longer than `context` tokens are cut off."""

    def __init__(self, vocabulary: Path, context: int) -> None:
        self._context = context
        self._letters = _letters()
        # The first line is a version. An empty last one counts: it has a number, as in open_clip.
        lines = gzip.decompress(vocabulary.read_bytes()).decode("utf-8").split("\n")[1:]
        pairs = [tuple(line.split()) for line in lines]
        self._ranks = {pair: rank for rank, pair in enumerate(pairs)}
        letters = list(self._letters.values())
        words = [*letters, *(letter + END_OF_WORD for letter in letters), *("".join(pair) for pair in pairs), *SPECIAL]
        self._numbers = {word: number for number, word in enumerate(words)}

    def tokens(self, text: str) -> list[int]:
        """Return the numbers of a text's tokens between those that begin and end it."""
        import regex

        found = regex.findall(PIECES, _cleaned(text), regex.IGNORECASE)
        inner = [self._numbers[part] for piece in found for part in self._joined(piece)]
        start, end = (self._numbers[each] for each in SPECIAL)
        return [start, *inner[: self._context - 2], end]

    def _joined(self, piece: str) -> list[str]:
        """Return the parts of a word, after joining each time the neighbours that the vocabulary joins first."""
        if piece in SPECIAL:
            return [piece]
        letters = [self._letters[byte] for byte in piece.encode("utf-8")]
        parts = [*letters[:-1], letters[-1] + END_OF_WORD]
        while len(parts) > 1:
            best = min(pairwise(parts), key=lambda pair: self._ranks.get(pair, len(self._ranks)))
            if best not in self._ranks:
                break
            joined: list[str] = []
            for part in parts:
                if joined and (joined[-1], part) == best:
                    joined[-1] += part
                else:
                    joined.append(part)
            parts = joined
        return parts


def _cleaned(text: str) -> str:
    """Return a text as the model learnt texts: repaired, without markup's escapes, in small letters."""
    if not (text.isascii() and text.isprintable() and "&" not in text):  # of which there is nothing to repair
        import ftfy

        text = html.unescape(html.unescape(ftfy.fix_text(text)))
    return " ".join(text.split()).lower()
