"""Rates measured in alternation, and the result that a row of the table shows.

Absolute figures say as much about the machine and its neighbours as about the code. So both sides of a comparison
run in turns in the same minutes, and what counts is the median of the rounds' ratios.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal

from museum_assets.collection.stages import STAGES

VECTORS = {spec.name: spec.vector.dimension for spec in STAGES if spec.vector}
"""The platform's named vectors and their dimensions."""
IMAGES, TEXTS = list(VECTORS)[:2]
"""The names of one model's vectors."""

Rates = dict[str, list[float]]
"""Name of a side -> items per second, one number a round."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should be: at least or at most `value`, in the figure's own unit."""

    bound: Literal["at least", "at most"]
    value: float

    def held(self, value: float) -> bool:
        """Tell whether the figure is within the bound."""
        return value >= self.value if self.bound == "at least" else value <= self.value


Unit = Literal["%", "times", "MB", "rows/s", "ms"]


@dataclass(frozen=True, slots=True)
class Result:
    """One row: `value` in `unit`; `note` gives the absolute figures behind it."""

    row: str
    what: str
    value: float
    unit: Unit
    target: Target | None
    note: str


def alternated(rounds: int, sides: Mapping[str, Callable[[], float]]) -> Rates:
    """Let the sides measure their rate in turns. Each prepares what it needs before it starts its own clock."""
    rates: Rates = {name: [] for name in sides}
    for number in range(rounds):
        # Every other round runs backwards, so that none always follows the same neighbour's disk writes.
        for name in list(sides) if number % 2 == 0 else reversed(list(sides)):
            rates[name].append(sides[name]())
    return rates


def rate(items: int, work: Callable[[], object]) -> float:
    """Return the items per second of doing `work` once."""
    started = time.perf_counter()
    work()
    return items / (time.perf_counter() - started)


def ratio(rates: Rates, ours: str, theirs: str) -> float:
    """Return the median of the rounds' ratios."""
    return median(a / b for a, b in zip(rates[ours], rates[theirs], strict=True))


def per_second(rates: Rates, unit: str) -> str:
    """Return the median rate of every side, for a note."""
    return ", ".join(f"{name} {_number(median(values))}" for name, values in rates.items()) + f" {unit}/s"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 20 else f"{value:.2f}"
