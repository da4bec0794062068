"""Several records at a time, for work that waits for others: downloads, uploads, copies."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


def concurrently(function: Callable[[T], R], works: Iterable[T], concurrency: int) -> Iterator[R]:
    """Yield results in order with at most twice `concurrency` in flight, so memory does not grow with the list."""
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


def ahead(works: Iterator[T]) -> Iterator[T]:
    """Yield what an iterator yields, none of it None, while a thread makes the next one."""
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as executor:
        coming = executor.submit(next, works, None)
        while (found := coming.result()) is not None:
            coming = executor.submit(next, works, None)
            yield found
