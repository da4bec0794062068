"""A museum's API in memory: what the tests of its reading and harvesting hand to it instead of a client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn

from museum_assets.core.failures import Failure
from museum_assets.museums.museum import Dump

Params = Mapping[str, Any]


class MuseumApi:
    """An API that answers nothing. A subclass answers what its museum asks for; all else fails the test."""

    base = "http://localhost"
    dump: Dump | None = None

    def _unasked(self, what: object) -> NoReturn:
        raise AssertionError(f"{type(self).__name__} was asked for {what}, which this museum never asks for")

    def json(self, path: str, params: Params | None = None) -> Any:
        self._unasked(path)

    def text(self, path: str, params: Params | None = None) -> str:
        self._unasked(path)

    def json_each(self, paths: Iterable[str]) -> Iterator[tuple[str, Any | Failure]]:
        self._unasked(list(paths))

    def text_each(self, paths: Iterable[str]) -> Iterator[tuple[str, str | Failure]]:
        self._unasked(list(paths))


class OneAnswer(MuseumApi):
    """Answers every request for JSON with the same body."""

    def __init__(self, body: Any) -> None:
        self.body = body

    def json(self, path: str, params: Params | None = None) -> Any:
        return self.body
