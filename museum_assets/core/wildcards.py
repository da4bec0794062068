r"""Patterns of object keys: one grammar, wherever a wildcard may be written.

A key is a path of segments between slashes. In a pattern

    *           any characters within a segment, also none
    ?           one character within a segment
    [a-z_]      one character of a set; [!a-z_] one that is not in it, never the slash
    **          as a whole segment: any number of segments, also none; at the end: everything below
    \x          the character x itself, whichever it is
    all else    itself: case matters, and there are no braces

So `**/x` also matches `x`, `a/**/x` also `a/x`, and `a/**` everything below `a/` but not `a`. Inside a set `]` stands
for itself when it comes first and `\` escapes as outside. A key that ends in a slash is a folder: it never matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from museum_assets.core.failures import MuseumError

LONGEST_PATTERN = 1024
"""Characters of a pattern at most: S3 allows no longer key."""
DEEP = "**"


class BadPattern(MuseumError, ValueError):
    """A pattern is outside the grammar. The message quotes it and says what is wrong."""


@dataclass(frozen=True)
class Wildcard:
    """A compiled pattern: list the keys that begin with `prefix`, keep those that `matches`."""

    pattern: str
    prefix: str
    """The longest text that every matching key begins with by the pattern's own letters."""
    expression: str

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.expression, re.DOTALL)

    @property
    def literal(self) -> bool:
        """Whether the pattern is one key and nothing else."""
        return re.escape(self.prefix) == self.expression

    def matches(self, key: str) -> bool:
        """Say whether the whole key matches."""
        return not key.endswith("/") and self._compiled.fullmatch(key) is not None


def compile_pattern(pattern: str) -> Wildcard:
    """Compile a pattern. Raises BadPattern."""
    if not pattern or len(pattern) > LONGEST_PATTERN:
        raise BadPattern(f"the pattern {pattern[:80]!r} must have 1 to {LONGEST_PATTERN:,} characters")
    if pattern.startswith("/"):
        raise BadPattern(f"the pattern {pattern!r} begins with a slash, as no key does: leave it out")
    segments = [_Segment(pattern, text) for text in _split(pattern)]
    return Wildcard(pattern, _prefix(segments), _expression(segments))


def escape(text: str) -> str:
    """Return the pattern that matches this text and nothing else."""
    return re.sub(r"([*?\[\]\\])", r"\\\1", text)


def _split(pattern: str) -> list[str]:
    """Cut at the slashes; a run of `**` segments is one."""
    segments = [""]
    for token in re.findall(r"\\.|/|[^\\/]+|\\", pattern, re.DOTALL):
        if token in {"/", "\\/"}:
            segments.append("")
        else:
            segments[-1] += token
    return [text for place, text in enumerate(segments) if text != DEEP or segments[place + 1 : place + 2] != [DEEP]]


class _Segment:
    """One segment: the literal text it begins with, and its expression in chunks, between which stars stand."""

    def __init__(self, pattern: str, text: str) -> None:
        self.deep = text == DEEP
        self.plain = not self.deep
        self.literal = ""
        self.chunks = [""]
        self._pattern = pattern
        place = 0
        while not self.deep and place < len(text):
            place = self._take(text, place)

    @property
    def expression(self) -> str:
        """The regular expression of the segment, whose time grows no faster than pattern times key.

        For every star but the last the first place that fits is as good as any, so it is never given up again.
        """
        first, *rest = self.chunks
        if not rest:
            return first
        return first + "".join(f"(?>[^/]*?{chunk})" for chunk in rest[:-1]) + f"[^/]*{rest[-1]}"

    def _take(self, text: str, place: int) -> int:
        """Read one element and return where the next one begins."""
        letter = text[place]
        if letter in "*?[":
            self.plain = False
        if letter == "*":
            if text[place + 1 : place + 2] == "*":
                raise BadPattern(f"in {self._pattern!r} ** must be a whole segment between slashes")
            self.chunks.append("")
            return place + 1
        if letter == "?":
            self.chunks[-1] += "[^/]"
            return place + 1
        if letter == "[":
            return self._set(text, place + 1)
        letter, place = self._letter(text, place)
        self.chunks[-1] += re.escape(letter)
        self.literal += letter if self.plain else ""
        return place

    def _letter(self, text: str, place: int) -> tuple[str, int]:
        """Read one character, escaped or not; return it and where the next one begins."""
        escaped = text[place] == "\\"
        if escaped and place + 1 == len(text):
            raise BadPattern(f"in {self._pattern!r} nothing follows a backslash: write \\\\ for one")
        return text[place + escaped], place + escaped + 1

    def _set(self, text: str, place: int) -> int:
        """Read a set from behind its bracket; return where the next element begins."""
        members: list[str] = []
        negated = text[place : place + 1] == "!"
        place += negated
        while text[place : place + 1] not in (("", "]") if members else ("",)):
            first, place = self._letter(text, place)
            if text[place : place + 1] == "-" and text[place + 1 : place + 2] not in ("", "]"):
                last, place = self._letter(text, place + 1)
                if last < first:
                    raise BadPattern(f"in {self._pattern!r} the range {first}-{last} is empty")
                members.append(f"{re.escape(first)}-{re.escape(last)}")
            else:
                members.append(re.escape(first))
        if place >= len(text):
            raise BadPattern(f"in {self._pattern!r} a [ is never closed: write \\[ for a bracket")
        inside = "".join(members)
        self.chunks[-1] += f"[^/{inside}]" if negated else f"(?!/)[{inside}]"
        return place + 1


def _prefix(segments: list[_Segment]) -> str:
    prefix = ""
    for place, segment in enumerate(segments):
        prefix += segment.literal
        if not segment.plain:
            break
        # `a/**` matches only below a/, and so does any pattern with a segment to come.
        prefix += "" if place == len(segments) - 1 else "/"
    return prefix


def _expression(segments: list[_Segment]) -> str:
    """Join the segments. As with stars, what follows a `**` up to the next one is right at its first place."""
    blocks, last = [""], len(segments) - 1
    for place, segment in enumerate(segments):
        if not segment.deep:
            blocks[-1] += segment.expression + ("" if place == last else "/")
        elif place == last:
            blocks[-1] += ".+"
        else:
            blocks.append("")
    first, *rest = blocks
    if not rest:
        return first
    # A `**` at the end takes anything, so the block before it need not reach the end either.
    return first + "".join(f"(?>(?:[^/]*/)*?{block})" for block in rest[:-1]) + f"(?:[^/]*/)*{rest[-1]}"
