"""What a museum's records look like: every key with its coverage, its values and examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

MOST_VALUES = 5_000
"""Different values that are counted of a key; what has more is no list of terms."""
LONGEST = 300
MOST_TERMS = 12
"""Values that are shown of a key whose values are terms. Three hid 81 of 84 roles of makers."""


@dataclass
class Key:
    """One key, by its path: in how many records it has a value, which ones, and of what type."""

    records: int = 0
    values: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    overflowed: bool = False

    @property
    def examples(self) -> list[str]:
        """Return up to three values, the most frequent first; of a list of terms all, up to MOST_TERMS."""
        shown = MOST_TERMS if self.terms else 3
        return [value[:60] for value, _ in self.values.most_common(shown)]

    @property
    def terms(self) -> bool:
        """Say whether its values are terms: texts that come again and again."""
        return self.types["str"] > 0 and len(self.values) <= min(200, sum(self.values.values()) // 10)

    @property
    def unique(self) -> bool:
        """Say whether nearly every record has a value of its own, as far as was counted."""
        counted = sum(self.values.values())
        return counted > 0 and len(self.values) >= 0.9 * counted

    def share(self, wanted: Any) -> float:
        """Return the share of its values for which `wanted` is true."""
        counted = sum(self.values.values())
        return sum(count for value, count in self.values.items() if wanted(value)) / counted if counted else 0.0


@dataclass
class Profile:
    """The keys of all records that were looked at."""

    records: int = 0
    unreadable: int = 0
    keys: dict[str, Key] = field(default_factory=dict)

    def coverage(self, path: str) -> float:
        """Return the share of records with a value at this path."""
        return self.keys[path].records / self.records if self.records else 0.0


def profiled(entries: Iterable[Any]) -> Profile:
    """Look at every entry."""
    profile = Profile()
    for entry in entries:
        if not isinstance(entry, dict):
            profile.unreadable += 1
            continue
        profile.records += 1
        seen = set()
        for path, value in _leaves(entry, ""):
            key = profile.keys.setdefault(path, Key())
            if path not in seen:
                seen.add(path)
                key.records += 1
            key.types[type(value).__name__] += 1
            shown = str(value)[:LONGEST]
            if shown in key.values or len(key.values) < MOST_VALUES:
                key.values[shown] += 1
            else:
                key.overflowed = True
    return profile


def _leaves(value: Any, path: str, depth: int = 5) -> Iterator[tuple[str, Any]]:
    """Yield (path, value) of everything that is neither an object, a list, null nor blank."""
    if isinstance(value, dict):
        for key, inner in value.items() if depth else ():
            name = str(key).replace(".", "\\.")
            if "[" not in name and "]" not in name:
                yield from _leaves(inner, f"{path}.{name}" if path else name, depth - 1)
    elif isinstance(value, list):
        for inner in value[:50]:
            yield from _leaves(inner, f"{path}[]" if isinstance(inner, dict) else path, depth)
    elif value is not None and str(value).strip():
        yield path, value


def hosts(key: Key) -> Counter[str]:
    """Return the hosts of the addresses among a key's values."""
    found: Counter[str] = Counter()
    for value, count in key.values.items():
        if value.startswith(("http://", "https://")):
            found[urlsplit(value).netloc.lower()] += count
    return found
