"""What a museum holds and what must become of it, told by the simulator's own works and none of the platform's code."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from museum_assets.simulator.collection import Collection
from museum_assets.simulator.server import Simulator
from museum_assets.simulator.works import SimulatedWork, Works

IMAGE_FAULTS = {
    "html_images": {"not_an_image"},
    "empty_images": {"empty_image"},
    "truncated_images": {"truncated_image"},
    "bomb_images": {"decompression_bomb"},
    "redirected_images": {"host_not_allowed", "bad_image_url"},
}
"""The simulator's faults of a thing, with the codes that a thumbnail may fail with."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A record that the museum lists now, and what must become of it."""

    id: str
    number: str
    reasons: frozenset[str]
    """The codes of every rule that keeps it out; none when it is an artwork, or a duplicate of one."""
    title: str | None


@dataclass(frozen=True, slots=True)
class Habits:
    """What one museum lists, refuses and calls its works."""

    lists: Callable[[SimulatedWork, Collection], bool]
    reasons: Callable[[SimulatedWork], frozenset[str]]
    title: Callable[[Any], str | None]


def expected(simulator: Simulator, slug: str, base: str) -> dict[str, Expected]:
    """Return every record that a museum lists now, by its id."""
    collection = simulator.collections[slug]
    habits, works, hostile = HABITS[slug], works_of(simulator, slug), simulator.faults.of(slug).hostile
    found = {}
    for n in range(works.count):
        work = works.work(n)
        if collection.is_vanished(n) or not habits.lists(work, collection):
            continue
        id_ = collection.source.id(n)
        # Of a hostile record the model says only that it must be accounted for.
        title = None if id_ in hostile else habits.title(collection.record(n, base))
        found[id_] = Expected(
            id_,
            collection.source.object_number(n),
            habits.reasons(work),
            title,
        )
    return found


def works_of(simulator: Simulator, slug: str) -> Works:
    """Return the synthetic works of a museum, whether it shows them now or not."""
    return simulator.collections[slug].source._works  # type: ignore[attr-defined,no-any-return]


def image_codes(simulator: Simulator, slug: str, url: str) -> frozenset[str]:
    """Return the codes that the thumbnail of this address may fail with; none when it must be stored."""
    # The die that the server throws for this address: such a fault is the thing's, and no retry changes it.
    faults, parts = simulator.faults, urlsplit(url)
    settings = faults.of(slug)
    for field, codes in IMAGE_FAULTS.items():
        if faults.chance(getattr(settings, field), slug, field, f"{unquote(parts.path)}?{parts.query}", 0):
            return frozenset(codes)
    return frozenset()


def _reasons(*, closed: bool = False, pictureless: bool = False, foreign: bool = False) -> frozenset[str]:
    given = {"not_public_domain": closed, "no_image": pictureless, "work_type_out_of_scope": foreign}
    return frozenset(code for code, holds in given.items() if holds)


SMK_KINDS = {"painting", "drawing", "watercolor", "pastel", "aquatint", "bust"}
CMA_KINDS = {"painting", "gouache", "drawing", "watercolor", "pastel", "design", "print", "aquatint"}
AIC_KINDS = CMA_KINDS | {"miniature"}
TATE_KINDS = AIC_KINDS


def _smk_title(record: Any) -> str | None:
    titles = record.get("titles") or [{}]
    return titles[0].get("title")


def _cma_pictureless(work: SimulatedWork) -> bool:
    return not work.traits.has_image or not any(work.pick(len(name), 20) for name in ("web", "print"))


def _met_lists(work: SimulatedWork, collection: Collection) -> bool:
    departments = collection.source.facts(work.n).groups
    return bool(departments & {"9", "11", "15"}) or "paintings" in collection.source.text(work.n)


def _tate_closed(work: SimulatedWork) -> bool:
    early = work.start is not None and work.end is not None and work.end <= 1870
    return not work.traits.is_open or (not work.artists and not early)


def _rma_title(record: Any) -> str | None:
    titles: dict[str, str] = dict(re.findall(r'<dc:title xml:lang="(\w+)">([^<]*)', record.cho))
    return titles.get("en") or titles.get("nl")


HABITS = {
    "smk": Habits(
        lists=lambda work, _: work.traits.is_open and work.traits.has_image and work.traits.kind in SMK_KINDS,
        reasons=lambda _: frozenset(),
        title=_smk_title,
    ),
    "cma": Habits(
        lists=lambda work, _: work.traits.is_open and work.traits.has_image and work.traits.kind in CMA_KINDS,
        reasons=lambda work: _reasons(pictureless=_cma_pictureless(work)),
        title=lambda record: record["title"],
    ),
    "met": Habits(
        lists=_met_lists,
        reasons=lambda work: _reasons(closed=not work.traits.is_open, pictureless=not work.traits.has_image),
        title=lambda record: record["title"].strip() or None,
    ),
    "aic": Habits(
        lists=lambda _, __: True,
        reasons=lambda work: _reasons(
            closed=not work.traits.is_open, pictureless=not work.traits.has_image,
            foreign=work.traits.kind not in AIC_KINDS),
        title=lambda record: record["title"],
    ),
    "rma": Habits(
        lists=lambda work, _: work.traits.kind in {"painting", "drawing"},
        reasons=lambda work: _reasons(closed=not work.traits.is_open, pictureless=not work.traits.has_image),
        title=_rma_title,
    ),
    "tate": Habits(
        lists=lambda _, __: True,
        reasons=lambda work: _reasons(
            closed=_tate_closed(work), pictureless=not work.traits.has_image,
            foreign=work.traits.kind not in TATE_KINDS),
        title=lambda record: record["title"],
    ),
}  # fmt: skip
