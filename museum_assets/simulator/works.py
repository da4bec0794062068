"""Deterministic synthetic works: the same (seed, museum, n) is the same work on every machine.

Every work is computed from its number alone, so a collection of 200,000 costs nothing until it is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zlib import crc32

from museum_assets.simulator.captions import titles
from museum_assets.simulator.dice import mix
from museum_assets.simulator.scenes import Scene, scene_of

KINDS = (
    "painting", "drawing", "print", "watercolor", "pastel", "aquatint", "bust", "gouache", "miniature", "design",
    "sculpture", "ceramics", "photograph",
)  # fmt: skip
# Of 32 works: 25 of a kind the platform harvests, 7 that it must leave out.
_KIND_SHARES = (10, 5, 4, 2, 1, 1, 1, 1, 1, 1, 3, 2, 0)
_KIND_TABLE = tuple(kind for kind, share in zip(KINDS, _KIND_SHARES, strict=True) for _ in range(share))

# After the RMA repository's earliestDatestamp (2024-08-15T13:51:17Z, museum_apis.md 5b), and in the past.
OLDEST_CHANGE = int(datetime(2024, 9, 1, tzinfo=UTC).timestamp())
CHANGES_SPAN = 700 * 86_400


@dataclass(frozen=True, slots=True)
class Artist:
    """A maker as the museums need one: name parts, life dates, nationality in English."""

    forename: str
    surname: str
    born: int
    died: int
    nationality: str

    @property
    def name(self) -> str:
        """The name in reading order, `Albert Cuyp`."""
        return f"{self.forename} {self.surname}".strip()

    @property
    def inverted(self) -> str:
        """The name in catalogue order, `Cuyp, Albert`."""
        return f"{self.surname}, {self.forename}" if self.forename else self.surname


ARTISTS = (
    Artist("Vilhelm", "Hammershøi", 1864, 1916, "Danish"), Artist("Anna", "Ancher", 1859, 1935, "Danish"),
    Artist("Christoffer Wilhelm", "Eckersberg", 1783, 1853, "Danish"), Artist("Jens", "Juel", 1745, 1802, "Danish"),
    Artist("Albert", "Cuyp", 1620, 1691, "Dutch"), Artist("Judith", "Leyster", 1609, 1660, "Dutch"),
    Artist("Jan", "van Goyen", 1596, 1656, "Dutch"), Artist("Rachel", "Ruysch", 1664, 1750, "Dutch"),
    Artist("Rembrandt", "van Rijn", 1606, 1669, "Dutch"), Artist("", "Canaletto", 1697, 1768, "Italian"),
    Artist("Artemisia", "Gentileschi", 1593, 1653, "Italian"), Artist("Rosalba", "Carriera", 1673, 1757, "Italian"),
    Artist("Albrecht", "Dürer", 1471, 1528, "German"), Artist("Käthe", "Kollwitz", 1867, 1945, "German"),
    Artist("Eugène", "Delacroix", 1798, 1863, "French"), Artist("Berthe", "Morisot", 1841, 1895, "French"),
    Artist("William", "Turner", 1775, 1851, "British"), Artist("William", "Blake", 1757, 1827, "British"),
    Artist("Mary", "Cassatt", 1844, 1926, "American"), Artist("Winslow", "Homer", 1836, 1910, "American"),
    Artist("Katsushika", "Hokusai", 1760, 1849, "Japanese"), Artist("Francisco", "de Goya", 1746, 1828, "Spanish"),
    Artist("Hans", "Holbein", 1497, 1543, "German"), Artist("Pieter", "Bruegel", 1525, 1569, "Dutch"),
    Artist("Sofonisba", "Anguissola", 1532, 1625, "Italian"), Artist("Jacopo", "Tintoretto", 1518, 1594, "Italian"),
)  # fmt: skip
GROWN_UP = 15
"""Years of age from which an artist of ours makes works."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What listings filter on, cheap to compute for every work: no text is built."""

    kind: str
    is_open: bool
    has_image: bool
    modified: int
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class SimulatedWork:
    """One synthetic work, in no museum's shape. Years are signed (BCE negative); None is unknown."""

    n: int
    bits: int
    traits: Traits
    scene: Scene
    titles: tuple[str, str, str] | None
    """English, Danish, Dutch; None when untitled."""
    artists: tuple[Artist, ...]
    start: int | None
    end: int | None
    width: int
    height: int

    def pick(self, salt: int, sides: int) -> int:
        """Throw a die of `sides` that always falls the same way for this work and salt."""
        return mix(self.bits + salt) % sides


class Works:
    """`count` synthetic works of one museum."""

    def __init__(self, museum: str, count: int, seed: int) -> None:
        self.count = count
        self.ancient = museum != "smk"  # SMK's collection begins in the middle ages
        self._base = mix((seed << 32) ^ crc32(museum.encode()))

    def traits(self, n: int) -> Traits:
        """Return what a listing filters on. n counts from 0."""
        bits = mix(self._base + n)
        return Traits(
            kind=drawn_kind(bits),
            is_open=(bits >> 8) % 100 < 85,
            has_image=(bits >> 16) % 100 < 92,
            modified=OLDEST_CHANGE + (bits >> 24) % CHANGES_SPAN,
        )

    def work(self, n: int) -> SimulatedWork:
        """Return the n-th work in full. n counts from 0."""
        bits = mix(self._base + n)
        start, end = _years(mix(bits + 1), ancient=self.ancient)
        width, height = size(bits)
        traits = self.traits(n)
        scene = scene_of(bits, traits.kind)
        named, artists = _titles(scene, mix(bits + 2)), _artists(mix(bits + 3), start, end)
        return SimulatedWork(n, bits, traits, scene, named, artists, start, end, width, height)


def drawn_kind(bits: int) -> str:
    """Return the kind of the work with these bits."""
    return _KIND_TABLE[bits % len(_KIND_TABLE)]


def size(bits: int) -> tuple[int, int]:
    """Pixels of a work's full image: 900 to 2400 on the long side, one in twelve small (200 to 700)."""
    long_side = 200 + bits % 500 if (bits >> 12) % 12 == 0 else 900 + bits % 1500
    short_side = long_side * (45 + (bits >> 20) % 56) // 100
    return (long_side, short_side) if (bits >> 32) % 2 else (short_side, long_side)


def _titles(scene: Scene, bits: int) -> tuple[str, str, str] | None:
    return None if bits % 25 == 0 else titles(scene, bits >> 8)


def _artists(bits: int, start: int | None, end: int | None) -> tuple[Artist, ...]:
    """Return up to two who lived when the work was made; anybody, where nobody knows when it was."""
    living = [
        each for each in ARTISTS if start is None or end is None or (each.born + GROWN_UP <= start and end <= each.died)
    ]
    if bits % 8 == 0 or not living:
        return ()
    first, second = (bits >> 8) % len(living), (bits >> 20) % len(living)
    both = bits % 8 == 1 and second != first
    return (living[first], living[second]) if both else (living[first],)


def _years(bits: int, *, ancient: bool) -> tuple[int | None, int | None]:
    lot = bits % 100
    if lot < 7:
        return None, None
    if lot < 12 and ancient:
        start = -600 + (bits >> 8) % 560
        return start, start + (bits >> 32) % 40
    if lot < 16:
        start = (300 if ancient else 1100) + (bits >> 8) % 650 // (1 if ancient else 3)
    else:
        start = 1480 + (bits >> 8) % 440
    return start, start + (0 if bits & 1 else (bits >> 32) % 20)
