"""The Rijksmuseum's OAI-PMH in memory: records, listings, errors, and an API that answers from a table of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from museum_assets.core.failures import Failure
from museum_assets.museums.museum import Page
from tests.support.edm import flat_record, oai
from tests.support.museum_apis import MuseumApi


def oai_record(number: str, rdf: str | None = None, sets: Iterable[str] = ("261208",), status: str = "") -> str:
    metadata = f"<metadata>{rdf}</metadata>" if rdf else ""
    return (
        f"<record><header{status}><identifier>https://id.rijksmuseum.nl/{number}</identifier>"
        f"<datestamp>2026-07-01T00:00:00Z</datestamp>{''.join(f'<setSpec>{each}</setSpec>' for each in sets)}"
        f"</header>{metadata}</record>"
    )


def deleted(number: str) -> str:
    return oai_record(number, sets=(), status=' status="deleted"')


def listing(*records: str, token: str = "", total: int | None = None) -> str:
    size = f' completeListSize="{total}"' if total is not None else ""
    return oai(f"<ListRecords>{''.join(records)}<resumptionToken{size}>{token}</resumptionToken></ListRecords>")


def got(number: str) -> str:
    return oai(f"<GetRecord>{oai_record(number, flat_record(number=number))}</GetRecord>")


def oai_error(code: str) -> str:
    return oai(f'<error code="{code}">it says why</error>')


Query = frozenset[tuple[str, str]]


@dataclass
class Recording(MuseumApi):
    """An API that answers from a table of (path, query), keeps what it was asked, and fails for all else."""

    answers: dict[tuple[str, Query], Any]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def _answer(self, path: str, params: Mapping[str, Any] | None) -> Any:
        parts = urlsplit(path)
        query = {**dict(parse_qsl(parts.query)), **(params or {})}
        self.asked.append((parts.path, query))
        return self.answers[parts.path, frozenset(query.items())]

    def text(self, path: str, params: Mapping[str, Any] | None = None) -> str:
        answer = self._answer(path, params)
        if isinstance(answer, Failure):
            raise answer
        assert isinstance(answer, str)
        return answer

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        answer = self._answer(path, params)
        if isinstance(answer, Failure):
            raise answer
        return answer

    def text_each(self, paths: Iterable[str]) -> Iterator[tuple[str, str | Failure]]:
        for path in paths:
            yield path, self._answer(path, None)


def oai_call(**params: str) -> tuple[str, Query]:
    return "/oai", frozenset(params.items())


def get_record(number: str) -> tuple[str, Query]:
    return oai_call(verb="GetRecord", metadataPrefix="edm", identifier=f"https://id.rijksmuseum.nl/{number}")


def ids(page: Page) -> list[str]:
    return [record.id for record in page.records]
