"""Making and working at the same time: in order, nothing after a failure, and no finished result lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from museum_assets.loop.concurrently import overlapped, read_ahead


def test_results_come_in_order() -> None:
    assert list(overlapped(iter(range(50)), lambda n: n * n)) == [n * n for n in range(50)]
    assert list(overlapped([], lambda n: n)) == []


@pytest.mark.parametrize("at", range(5))
def test_after_a_failure_nothing_more_is_worked_on(at: int) -> None:
    worked = []
    handed = threading.Event()

    def items() -> Iterator[int]:
        for n in range(5):
            if n == min(at + 1, 4):
                handed.set()  # the next item is under way when the one before fails
            yield n

    def work(n: int) -> int:
        if n == at:
            handed.wait()
            raise ZeroDivisionError
        worked.append(n)
        return n

    with pytest.raises(ZeroDivisionError):
        list(overlapped(items(), work))
    assert worked == list(range(at))


def test_what_was_made_before_an_item_fails_is_worked_on() -> None:
    worked: list[int] = []

    def items() -> Iterator[int]:
        yield from range(3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        worked.extend(overlapped(items(), lambda n: n))
    assert worked == [0, 1, 2]


def test_an_iterator_is_read_ahead_by_one_and_its_error_arrives_in_its_place() -> None:
    made = []

    def items() -> Iterator[int]:
        for n in range(3):
            made.append(n)
            yield n
        raise ZeroDivisionError

    found = read_ahead(items())
    assert next(found) == 0
    assert [next(found), next(found)] == [1, 2]
    with pytest.raises(ZeroDivisionError):
        next(found)
    assert made == [0, 1, 2]
