"""A plan: what happens to which museums, all of it decided by a seed before anything runs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from museum_assets import museums
from museum_assets.simulator.hostile import Poison
from tests.robustness.actions import IMPATIENCE, Action, Strike
from tests.robustness.tripwire import STRIKES

PACKAGE = Path(museums.__file__)
SLUGS = tuple(slug for slug in museums.MUSEUMS if museums.DECLARED.get(slug, PACKAGE).parent == PACKAGE.parent)
"""The museums that come with the platform, so that a seed's plan is the same wherever it is made."""
INCREMENTAL = frozenset(slug for slug in SLUGS if museums.museum(slug).incremental)
PASSING: tuple[dict[str, Any], ...] = (
    {"server_errors": 0.1},
    {"too_many_requests": 0.05, "retry_after": 0},
    {"truncated": 0.15},
    {"malformed": 0.15},
    {"fail_next": 6},
    {"bot_wall_after": 30, "bot_wall_seconds": 0.2},
    # Of its API alone: a delayed answer is a good one, also where the image is broken.
    {"delayed": 0.1, "delay_seconds": 0.05, "strikes": "api"},
    {"short_pages": 0.3},
    {"duplicates": 0.3},
    {"server_errors": 1.0, "strikes": "images"},
    {"server_errors": 1.0, "strikes": "api"},
)
"""Faults of a museum's servers that pass."""
MODEL_FAULTS = ((), (429,) * 3, (500,) * 3, (503,) * 12, (500, 429, 401))
"""Faults of the embeddings API, which pass."""
AUTHORITY_FAULTS: tuple[dict[str, Any], ...] = (
    {},
    {"server_errors": 1.0},
    {"server_errors": 0.4},
    {"too_many_requests": 0.5, "retry_after": 0},
    {"delayed": 0.4, "delay_seconds": 2 * IMPATIENCE},
    {"truncated": 0.5},
    # So often that some questions fail alone, after the batch that they were asked in.
    {"malformed": 0.7},
    {"html_answers": 0.3},
)
"""Faults of the authority that makers and places are matched to, which pass."""
LASTING = ("html_images", "empty_images", "truncated_images", "bomb_images", "redirected_images")
"""Faults of single images, which stay until the end."""


POISONS: tuple[str, ...] = tuple(Poison)
"""Records as no museum should send them."""
OPERATIONS = {"run": 400, "release": 200, "move": 14, "replay": 60, "enrich": 200}
"""About how many operations a process of each kind has."""
KINDS = ("run", "run", "release", "release", "release", "move", "move", "replay")
"""What a process does, as often as it does so."""


@dataclass(frozen=True)
class MuseumPlan:
    """A museum: how many works it has, which of them it does not show at first, and what share of images is bad."""

    works: int
    hidden: frozenset[int]
    lasting: dict[str, float]
    hostile: dict[int, str] = field(default_factory=dict)
    """What is wrong with which of its records, by the simulator's name of the poison."""


@dataclass(frozen=True)
class Process:
    """One process of a step: what it does in turn, and what strikes it."""

    actions: tuple[Action, ...]
    strike: Strike | None = None

    def __str__(self) -> str:
        done = ", ".join(described(action) for action in self.actions)
        return f"{done}; {self.strike.kind} at operation {self.strike.at}" if self.strike else done


@dataclass(frozen=True)
class Step:
    """Processes that run at the same time, or a mishap between processes."""

    processes: tuple[Process, ...] = ()
    mishap: str | None = None

    def __str__(self) -> str:
        return self.mishap or " | ".join(map(str, self.processes))


@dataclass(frozen=True)
class Round:
    """The museums as they are from here on, and the steps taken then."""

    hidden: dict[str, frozenset[int]]
    versions: dict[str, dict[int, int]]
    faults: dict[str, dict[str, Any]]
    steps: tuple[Step, ...]
    model_faults: tuple[int, ...] = ()
    """What the next requests to the embeddings API are answered with."""
    authority_faults: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Everything that a seed decides."""

    seed: int
    museums: dict[str, MuseumPlan]
    rounds: tuple[Round, ...]
    releases_kept: int
    jina: bool = False
    """Whether vectors of an embeddings API are in use beside those made here."""
    authority: bool = False
    """Whether makers and places are matched to an authority, and runs cover the stages of enrichment."""

    def lines(self) -> Iterator[str]:
        """Yield the plan as a person reads it."""
        for slug, museum in self.museums.items():
            lasting = ", ".join(f"{name} {rate}" for name, rate in museum.lasting.items()) or "none"
            yield f"{slug}: {museum.works} works, {len(museum.hidden)} hidden at first, lasting faults: {lasting}"
            if museum.hostile:
                yield f"{slug}: hostile records: {', '.join(f'{n} {kind}' for n, kind in museum.hostile.items())}"
        used = {"an embeddings API": self.jina, "an authority": self.authority}
        yield ", ".join([
            f"{self.releases_kept} releases are kept", *(f"{name} is in use" for name, use in used.items() if use)
        ])  # fmt: skip
        for number, each in enumerate(self.rounds, 1):
            for slug in self.museums:
                changes = f"{len(each.hidden[slug])} hidden, {len(each.versions[slug])} changed"
                yield f"round {number}: {slug}: {changes}; faults: {listed(each.faults[slug])}"
            if each.model_faults:
                yield f"round {number}: the embeddings API answers {', '.join(map(str, each.model_faults))}"
            if self.authority:
                yield f"round {number}: faults of the authority: {listed(each.authority_faults)}"
            for step in each.steps:
                yield f"round {number}: {step}"


def listed(faults: dict[str, Any]) -> str:
    """Return faults as a person reads them."""
    return ", ".join(f"{name}={value}" for name, value in faults.items()) or "none"


def described(action: Action) -> str:
    """Return an action as a person reads it."""
    options = [name for name in ("force", "retry_failed") if getattr(action, name)]
    options += [f"limit {action.limit}"] if action.limit else []
    options += [f"since {action.since}"] if action.since else []
    return " ".join([action.do, action.museum, *options])


@dataclass
class Dice:
    """The seed's dice, and the museums as they were left by the round before."""

    random: random.Random
    hidden: dict[str, set[int]] = field(default_factory=dict)
    versions: dict[str, dict[int, int]] = field(default_factory=dict)


def plan_of(seed: int) -> Plan:
    """Return the plan of a seed, always the same."""
    dice = Dice(random.Random(seed))
    throw = dice.random
    museums = {}
    for slug in throw.sample(SLUGS, throw.choice((1, 1, 1, 2, 2, 2, 2, 2, 3))):
        works = throw.choice((12, 20, 30, 40))
        hidden = set(throw.sample(range(works), throw.randrange(works // 2)))
        lasting = {throw.choice(LASTING): throw.choice((0.05, 0.2)) for _ in range(throw.choice((0, 0, 1, 2)))}
        dice.hidden[slug], dice.versions[slug] = hidden, {}
        museums[slug] = MuseumPlan(works, frozenset(hidden), lasting, _hostile(throw, works))
    rounds = tuple(_round(dice, museums, number) for number in range(throw.choice((2, 2, 3))))
    kept, jina = throw.choice((2, 2, 3)), throw.random() < 0.25
    if jina:
        rounds = tuple(replace(round_, model_faults=throw.choice(MODEL_FAULTS)) for round_ in rounds)
    # Thrown last: all that was thrown before stays as it is in a seed without an authority, and beside one.
    authority = throw.random() < 0.4
    if authority:
        rounds = tuple(_enriched(throw, list(museums), round_) for round_ in rounds)
    return Plan(seed, museums, rounds, kept, jina, authority)


def _hostile(throw: random.Random, works: int) -> dict[int, str]:
    """Choose some records to be hostile, none of which shares its object number with another."""
    count = throw.choice((0, 0, 1, 3)) if POISONS else 0
    alone = [n for n in range(works) if n % 23 not in {21, 22} and n % 41 not in {39, 40}]
    return {n: throw.choice(POISONS) for n in throw.sample(alone, count)}


def _round(dice: Dice, museums: dict[str, MuseumPlan], number: int) -> Round:
    throw = dice.random
    faults: dict[str, dict[str, Any]] = {slug: {} for slug in museums}
    for slug, museum in museums.items():
        if number:
            _change(dice, slug, museum.works)
        if throw.random() < 0.6:
            faults[slug] = throw.choice(PASSING)
    # A round begins with a run of each museum: what happens to a platform that holds nothing is soon told.
    opening = Step(tuple(_process(throw, slug, "run") for slug in museums))
    others = tuple(_step(throw, list(museums)) for _ in range(throw.choice((1, 2, 3))))
    hidden = {slug: frozenset(dice.hidden[slug]) for slug in museums}
    versions = {slug: dict(dice.versions[slug]) for slug in museums}
    return Round(hidden, versions, faults, (opening, *others))


def _change(dice: Dice, slug: str, works: int) -> None:
    """Let records of a museum vanish, come back and change."""
    throw, hidden = dice.random, dice.hidden[slug]
    shown = sorted(set(range(works)) - hidden)
    gone = throw.sample(shown, throw.choice((0, 1, 3, len(shown) // 2)))
    back = throw.sample(sorted(hidden), throw.randrange(len(hidden) + 1))
    dice.hidden[slug] = (hidden - set(back)) | set(gone)
    for n in throw.sample(range(works), throw.choice((0, 2, works // 3))):
        dice.versions[slug][n] = dice.versions[slug].get(n, 0) + 1


def _step(throw: random.Random, slugs: list[str]) -> Step:
    if throw.random() < 0.12:
        return Step(mishap=throw.choice(("postgres restarts", "the index is lost")))
    count = 2 if throw.random() < 0.3 else 1
    # Two processes may well want the same museum.
    return Step(tuple(_process(throw, throw.choice(slugs), throw.choice(KINDS)) for _ in range(count)))


def _enriched(throw: random.Random, slugs: list[str], round_: Round) -> Round:
    """Let every run go on to the stages of enrichment, and add processes that do nothing else."""
    steps = [replace(step, processes=tuple(map(_enriching, step.processes))) for step in round_.steps]
    for _ in range(throw.choice((1, 1, 2))):
        count = 2 if throw.random() < 0.3 else 1
        step = Step(tuple(_process(throw, throw.choice(slugs), "enrich") for _ in range(count)))
        # After the opening: before it there may be no maker yet.
        steps.insert(throw.randrange(1, len(steps) + 1), step)
    return replace(round_, steps=tuple(steps), authority_faults=throw.choice(AUTHORITY_FAULTS))


def _enriching(process: Process) -> Process:
    first, *others = process.actions
    if first.do != "run":
        return process
    enriching = replace(first, do="enrich", since=None)
    return replace(process, actions=(first, enriching, *others))


def _process(throw: random.Random, slug: str, kind: str) -> Process:
    actions: tuple[Action, ...]
    if kind == "run":
        since = "last" if slug in INCREMENTAL and throw.random() < 0.3 else None
        actions = (
            Action("run", slug, force=throw.random() < 0.1, retry_failed=throw.random() < 0.15,
                   limit=throw.choice((5, 15)) if throw.random() < 0.15 else None, since=since),
        )  # fmt: skip
        if throw.random() < 0.3:
            actions += (Action("stage", slug), Action("promote", slug, force=True))
    elif kind == "release":
        actions = (Action("stage", slug), Action("promote", slug, force=throw.random() < 0.8))
    elif kind == "enrich":
        actions = (
            Action("enrich", slug, force=throw.random() < 0.2, retry_failed=throw.random() < 0.3,
                   limit=throw.choice((2, 5)) if throw.random() < 0.15 else None),
        )  # fmt: skip
    elif kind == "move":
        actions = (Action(throw.choice(("rollback", "rollback", "retract", "prune", "read", "read")), slug),)
    else:
        actions = (Action("replay", slug), Action("stages", slug))
    strike = None
    if throw.random() < 0.6:
        # Few operations or many, and seldom more than there are: most strikes should fall in the middle of something.
        at = int(2 * (OPERATIONS[kind] / 2) ** throw.random())
        strike = Strike(throw.choice((*STRIKES, "kill", "kill")), at, throw.choice((1, 3, 9)))
    return Process(actions, strike)
