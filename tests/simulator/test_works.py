from __future__ import annotations

import sys

import pytest

from museum_assets.museums import MUSEUMS
from museum_assets.simulator.dice import mix
from museum_assets.simulator.works import KINDS, Works


def test_a_work_depends_on_its_seed_museum_and_number_alone():
    assert Works("smk", 10, 1).work(7) == Works("smk", 99, 1).work(7)
    others = [Works("smk", 10, 2).work(7), Works("met", 10, 1).work(7), Works("smk", 10, 1).work(8)]
    assert all(other.bits != Works("smk", 10, 1).work(7).bits for other in others)


def test_the_numbers_are_the_same_on_every_machine():
    assert mix(1) == 0x910A2DEC89025CC1


def test_traits_are_those_of_the_work():
    works = Works("cma", 50, 3)
    assert [works.traits(n) for n in range(50)] == [works.work(n).traits for n in range(50)]


@pytest.mark.parametrize("museum", MUSEUMS)
def test_works_are_varied(museum):
    works = [Works(museum, 1000, 1).work(n) for n in range(1000)]
    assert {work.traits.kind for work in works} >= set(KINDS) - {"photograph"}
    assert 100 < sum(not work.traits.is_open for work in works) < 200
    assert 40 < sum(not work.traits.has_image for work in works) < 130
    assert sum(work.titles is None for work in works) > 10
    assert {len(work.artists) for work in works} == {0, 1, 2}
    assert any(work.start is None for work in works)
    assert any(work.start is not None and work.start < 0 for work in works) == (museum != "smk")
    assert all(work.start <= work.end for work in works if work.start is not None and work.end is not None)
    assert len({work.titles for work in works}) > 300


def test_sizes_are_mostly_worth_resizing():
    sides = [max(work.width, work.height) for work in (Works("aic", 500, 1).work(n) for n in range(500))]
    assert 0.02 < sum(side < 900 for side in sides) / 500 < 0.2
    assert max(sides) < 2500


def test_the_last_of_a_million_costs_no_more_than_the_first():
    def calls(count: int) -> int:
        """How many functions are called for the last of so many."""
        called: list[str] = []
        sys.setprofile(lambda frame, event, argument: called.append(event) if event == "call" else None)
        Works("met", count, 1).work(count - 1)
        sys.setprofile(None)
        return len(called)

    assert calls(10**6) < 2 * calls(1)
