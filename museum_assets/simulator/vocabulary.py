"""A vocabulary of one's own for open_clip's tokenizer: byte pairs learnt from texts."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

Merge = tuple[str, str]


def learn_merges(texts: Iterable[str], count: int) -> list[Merge]:
    """Return the byte pairs to be joined, most useful first; words of these texts then take few tokens each."""
    from open_clip.tokenizer import bytes_to_unicode

    letters = bytes_to_unicode()
    counted = Counter(word for text in texts for word in re.findall(r"[^\W\d_]+", text.lower()))
    words: list[tuple[list[str], int]] = []
    for word, times in sorted(counted.items()):
        symbols = [letters[byte] for byte in word.encode()]
        words.append(([*symbols[:-1], symbols[-1] + "</w>"], times))
    merges: list[Merge] = []
    while len(merges) < count:
        pairs: Counter[Merge] = Counter()
        for symbols, times in words:
            for pair in pairwise(symbols):
                pairs[pair] += times
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for symbols, _ in words:
            _join(symbols, best)
    return merges


def _join(symbols: list[str], pair: Merge) -> None:
    place = 0
    while place < len(symbols) - 1:
        if (symbols[place], symbols[place + 1]) == pair:
            symbols[place : place + 2] = ["".join(pair)]
        place += 1


def write_vocabulary(merges: list[Merge], file: Path) -> int:
    """Write merges as the tokenizer reads them; return how many tokens there are with them."""
    # The first line is a heading. No line break at the end: the tokenizer would take it for one merge more.
    text = "\n".join(["#version: 0.2", *(" ".join(pair) for pair in merges)])
    file.write_bytes(gzip.compress(text.encode(), mtime=0))
    return 2 * 256 + len(merges) + 2  # every byte, within and at the end of a word; start and end of a text
