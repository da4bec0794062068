"""Running work in threads: several calls at a time, reading ahead, and making one batch while another is stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def concurrently(function: Callable[[T], R], works: Iterable[T], concurrency: int) -> Iterator[R]:
    """Yield the results of `function` in order; twice `concurrency` calls are in flight at most: memory stays flat."""
    with ThreadPoolExecutor(concurrency, thread_name_prefix="records") as executor:
        running: deque[Future[Any]] = deque()
        try:
            for work in works:
                running.append(executor.submit(function, work))
                if len(running) >= 2 * concurrency:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()


def read_ahead(works: Iterator[T]) -> Iterator[T]:
    """Yield an iterator's items while a thread makes the next one. No item may be None."""
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as executor:
        coming = executor.submit(next, works, None)
        while (item := coming.result()) is not None:
            coming = executor.submit(next, works, None)
            yield item


def overlapped(items: Iterable[T], work: Callable[[T], R]) -> Iterator[R]:
    """Yield the results of `work`, which runs in a thread on one item while the next item is made.

    So Postgres writes one batch while Python makes the next. The next item is submitted before the current one is done:
    waiting for it left Postgres idle for a tenth of a harvest. When making an item fails, the item in work is finished
    and its result yielded before the error is raised. When `work` fails, no later item is worked on.
    """
    failed = False

    def in_turn(item: T) -> R:
        nonlocal failed
        if failed:
            raise CancelledError
        try:
            return work(item)
        except BaseException:
            failed = True
            raise

    with ThreadPoolExecutor(1, thread_name_prefix="commit") as executor:
        pending: deque[Future[R]] = deque()
        failure: BaseException | None = None
        iterator = iter(items)
        while True:
            try:
                item = next(iterator)
            except StopIteration:
                break
            except BaseException as error:  # noqa: BLE001  raised again below
                failure = error
                break
            pending.append(executor.submit(in_turn, item))
            if len(pending) > 1:
                yield pending.popleft().result()
        if pending:
            yield pending.popleft().result()
        if failure:
            raise failure
