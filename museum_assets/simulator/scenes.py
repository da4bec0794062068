"""What a synthetic work shows, and in which style: decided by its bits and its kind alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from museum_assets.simulator.dice import mix

STYLES = {
    "painting": "oil", "drawing": "line", "print": "hatched", "watercolor": "wash", "pastel": "chalk",
    "aquatint": "tone", "bust": "stone", "gouache": "flat", "miniature": "oval", "design": "plan",
    "sculpture": "stone", "ceramics": "plate", "photograph": "grey",
}  # fmt: skip
"""Kind of work: how it is drawn."""

COLOURED = ("oil", "wash", "chalk", "flat", "oval")
"""The styles in which a colour can be seen."""

SHARES = {
    "ship": 12, "woman": 5, "man": 5, "still_life": 5, "flowers": 6, "trees": 6, "mountains": 5, "street": 4,
    "church": 4, "horse": 4, "cow": 2, "dog": 2, "bird": 2, "cat": 2,
}  # fmt: skip
"""Of 64 works, how many show each subject."""

SUBJECTS = tuple(SHARES)
PORTRAITS = ("woman", "man")
CLOSE_UP = (*PORTRAITS, "still_life", "flowers", "bird", "cat")
"""What fills its picture: neither sky nor time of day are seen."""
SEASONED = ("trees", "mountains", "street", "church", "horse", "cow", "dog")
"""What is drawn in one of the four seasons."""

TIMES = ("day", "evening", "night")
SEASONS = ("spring", "summer", "autumn", "winter")
COLOURS: Mapping[str, Sequence[str]] = {
    "ship": ("red", "white"), "woman": ("red", "blue", "black"), "man": ("red", "blue", "black"),
    "still_life": ("red", "yellow", "green"), "flowers": ("red", "yellow", "blue", "white"),
    "horse": ("white", "brown", "black"), "bird": ("red", "blue", "yellow"), "cat": ("black", "white"),
}  # fmt: skip
"""What a subject's main colour may be: of sails, of clothes, of the fruit, of the animal."""

# What a sculptor or a painter of plates chooses from; a miniature is a portrait.
_OF_STYLE = {
    "stone": ("woman", "man", "horse", "dog", "cow", "bird"), "plate": ("ship", "flowers", "bird", "church"),
    "oval": PORTRAITS,
}  # fmt: skip
_TABLE = tuple(subject for subject, share in SHARES.items() for _ in range(share))
_TIME_TABLE = ("day",) * 8 + ("evening",) * 4 + ("night",) * 4


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture. What is None cannot be seen in it; `bits` decide the details that nobody names."""

    subject: str
    style: str
    time: str = "day"
    weather: str | None = None
    """Of ships: calm or storm; of trees: storm; of streets: rain."""
    season: str | None = None
    colour: str | None = None
    bits: int = 0

    @property
    def is_outdoors(self) -> bool:
        """Whether it has a sky."""
        return self.subject not in CLOSE_UP and self.style != "stone"

    @property
    def facts(self) -> frozenset[str]:
        """What a query may ask for besides the subject: time of day, weather, season and colour."""
        lit = self.is_outdoors and self.style != "plate" and self.weather not in ("storm", "rain")
        seen = (self.time if lit else None, self.weather, self.season, self.colour)
        return frozenset(fact for fact in seen if fact)


def scene_of(bits: int, kind: str) -> Scene:
    """Return what the work of this kind with these 64 bits shows."""
    style, lots = STYLES[kind], mix(bits + 4)
    subjects = PORTRAITS if kind == "bust" else _OF_STYLE.get(style, _TABLE)
    subject = subjects[lots % len(subjects)]
    if style in ("stone", "plate"):  # neither sky nor colours
        return Scene(subject, style, bits=bits)
    time, weather = "day", None
    if subject not in CLOSE_UP:
        time = _TIME_TABLE[(lots >> 8) % len(_TIME_TABLE)]
        weather = _weather(subject, (lots >> 16) % 10)
        # Storm and rain are drawn by day: their sky leaves no room for a sunset.
        time = "day" if weather in ("storm", "rain") else time
    season = SEASONS[(lots >> 24) % 4] if subject in SEASONED else None
    colours = COLOURS.get(subject, ()) if style in COLOURED and time == "day" and weather != "storm" else ()
    return Scene(subject, style, time, weather, season, colours[(lots >> 32) % len(colours)] if colours else None, bits)


def _weather(subject: str, lot: int) -> str | None:
    if subject == "ship":
        return "storm" if lot < 4 else "calm"
    if subject == "trees":
        return "storm" if lot < 2 else None
    return "rain" if subject == "street" and lot < 3 else None
