"""One museum's collection as its dialect serves it: synthetic or recorded records, with the faults laid over them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from museum_assets.simulator import drawing
from museum_assets.simulator.dialect import Dialect
from museum_assets.simulator.facts import Facts, Record
from museum_assets.simulator.faults import Faults
from museum_assets.simulator.hostile import Poison, poisoned
from museum_assets.simulator.works import Works

# A harvest asks for the same few selections page after page; from/until and search add new ones now and then.
SELECTIONS_KEPT = 64


class WorkSource(Protocol):
    """Where records come from; n counts from 0 to `count` - 1."""

    count: int
    reduced: bool
    """Whether its pictures are smaller copies, so that a size beyond them is no error of the client."""

    def facts(self, n: int) -> Facts: ...  # noqa: D102 - see Facts
    def id(self, n: int) -> str: ...  # noqa: D102
    def number(self, record_id: str) -> int | None: ...  # noqa: D102
    def object_number(self, n: int) -> str: ...  # noqa: D102
    def record(self, n: int, base: str) -> Record: ...  # noqa: D102
    def text(self, n: int) -> str: ...  # noqa: D102 - lower case, what a search looks in
    def image_size(self, n: int) -> tuple[int, int]: ...  # noqa: D102
    def image(self, n: int, size: tuple[int, int]) -> bytes: ...  # noqa: D102 - JPEG


class SyntheticSource:
    """Works computed from their number, written in a museum's dialect."""

    reduced = False

    def __init__(self, dialect: Dialect, works: Works) -> None:
        self.count = works.count
        self._dialect = dialect
        self._works = works

    def facts(self, n: int) -> Facts:
        """Return what listings filter on, without building the record."""
        traits = self._works.traits(n)
        groups = self._dialect.groups(n, traits)
        return Facts(self._dialect.kinds(traits.kind), traits.is_open, traits.has_image, traits.modified, groups)

    def id(self, n: int) -> str:
        """Return the internal id."""
        return self._dialect.id(n)

    def number(self, record_id: str) -> int | None:
        """Return the work with this internal id, None when there is none."""
        n = self._dialect.number(record_id)
        return n if n is not None and 0 <= n < self.count else None

    def object_number(self, n: int) -> str:
        """Return the public number."""
        return self._dialect.object_number(n)

    def record(self, n: int, base: str) -> Record:
        """Return the record, with image URLs on the server at `base`."""
        return self._dialect.synthetic(self._works.work(n), base)

    def text(self, n: int) -> str:
        """Return what a search looks in, in lower case."""
        work = self._works.work(n)
        words = [*(work.titles or ()), *(artist.name for artist in work.artists), work.traits.kind + "s"]
        return " ".join(words).lower()

    def image_size(self, n: int) -> tuple[int, int]:
        """Return the full image's width and height in pixels."""
        work = self._works.work(n)
        return work.width, work.height

    def image(self, n: int, size: tuple[int, int]) -> bytes:
        """Return the picture as JPEG, width x height pixels."""
        return drawing.jpeg(self._works.work(n).scene, *size)


class SampleSource(SyntheticSource):
    """The first records of a declared museum's sample, with made-up pictures."""

    def __init__(self, dialect: Dialect, works: Works) -> None:
        super().__init__(dialect, works)
        self.count = min(works.count, len(dialect.sample))  # type: ignore[attr-defined] # a declared one

    def facts(self, n: int) -> Facts:
        """Return what listings filter on: nothing."""
        facts: Facts = self._dialect.read(self._dialect.sample[n]).facts  # type: ignore[attr-defined]
        return facts


class Collection:
    """The records of one museum as they are now, after the faults."""

    def __init__(self, dialect: Dialect, source: WorkSource, faults: Faults) -> None:
        self.dialect = dialect
        self.source = source
        self._faults = faults
        self._generation = -1
        self._selections: dict[Hashable, Sequence[int]] = {}
        self._vanished: frozenset[int] = frozenset()
        self._changed: dict[int, int] = {}
        self._touched: dict[int, int] = {}
        self._hostile: dict[int, Poison] = {}
        self._by_object_number: dict[str, list[int]] | None = None

    @property
    def faults(self) -> Any:
        """This museum's current faults."""
        return self._faults.of(self.dialect.slug)

    def select(
        self,
        key: Hashable,
        keep: Callable[[int, Facts], bool] | None = None,
        *,
        newest_first: bool = False,
        with_vanished: bool = False,
    ) -> Sequence[int]:
        """Return the works that `keep` accepts, in order of id or of last change.

        `key` names the selection: it is computed once and kept until an object vanishes or changes.
        """
        self._refresh()
        key = (key, newest_first, with_vanished)
        if key not in self._selections:
            if len(self._selections) >= SELECTIONS_KEPT:
                self._selections.clear()
            self._selections[key] = self._choose(keep, newest_first=newest_first, with_vanished=with_vanished)
        return self._selections[key]

    def page(self, numbers: Sequence[int], offset: int, limit: int) -> list[int]:
        """Return the works of one page, with the faults `duplicates` and `short_pages`."""
        page = list(numbers[offset : offset + limit])
        faults, where = self.faults, (self.dialect.slug, offset)
        if page and self._faults.chance(faults.short_pages, "short", *where):
            page = page[: -faults.missing_per_page]
        if page and offset > 0 and self._faults.chance(faults.duplicates, "duplicate", *where):
            page.insert(0, numbers[offset - 1])
        return page

    def find(self, record_id: str) -> int | None:
        """Return the work with this internal id; None when it never was or has vanished."""
        n = self.source.number(record_id)
        return None if n is None or self.is_vanished(n) else n

    def with_object_number(self, object_number: str) -> list[int]:
        """Return the works with this public number, whatever its case."""
        if self._by_object_number is None:
            self._by_object_number = defaultdict(list)
            for n in range(self.source.count):
                self._by_object_number[self.source.object_number(n).casefold()].append(n)
        return [n for n in self._by_object_number.get(object_number.casefold(), []) if not self.is_vanished(n)]

    def is_vanished(self, n: int) -> bool:
        """Whether the work has been taken away."""
        self._refresh()
        return n in self._vanished

    def facts(self, n: int) -> Facts:
        """Return what listings filter on, with the date of the last change."""
        self._refresh()
        facts = self.source.facts(n)
        return replace(facts, modified=self._touched[n]) if n in self._touched else facts

    def record(self, n: int, base: str) -> Record:
        """Return the record as it is now; `base` is the server's own URL."""
        self._refresh()
        record = self.source.record(n, base)
        if n in self._touched:
            modified = datetime.fromtimestamp(self._touched[n], UTC)
            record = self.dialect.touched(record, self._changed.get(n, 0), modified)
        if n in self._hostile:
            record = poisoned(self.dialect.slug, record, self._hostile[n])
        return self.dialect.padded(record, self.faults.padding) if self.faults.padding else record

    def _choose(
        self, keep: Callable[[int, Facts], bool] | None, *, newest_first: bool, with_vanished: bool
    ) -> Sequence[int]:
        if keep is None and not newest_first and (with_vanished or not self._vanished):
            return range(self.source.count)
        chosen = []
        for n in range(self.source.count):
            if with_vanished or n not in self._vanished:
                facts = self.facts(n)
                if keep is None or keep(n, facts):
                    chosen.append((facts.modified, n))
        if newest_first:
            chosen.sort(key=lambda entry: (-entry[0], entry[1]))
        return [n for _, n in chosen]

    def _refresh(self) -> None:
        if self._generation == self._faults.generation:
            return
        self._generation = self._faults.generation
        faults, slug = self.faults, self.dialect.slug
        named = (*faults.vanished, *faults.changed, *faults.hostile)
        numbered = {i: n for i in named if (n := self.source.number(i)) is not None}
        self._vanished = frozenset(numbered[i] for i in faults.vanished if i in numbered)
        self._changed = {numbered[i]: version for i, version in faults.changed.items() if i in numbered}
        self._hostile = {numbered[i]: poison for i, poison in faults.hostile.items() if i in numbered}
        self._touched = {
            n: int(when.timestamp())
            for i, when in self._faults.dated(slug).items()
            if (n := self.source.number(i)) is not None
        }
        self._selections.clear()
