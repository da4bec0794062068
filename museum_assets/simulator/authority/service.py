"""The authority's endpoints: manifest, reconciliation, data extension, suggest and a page per entry.

They speak version 0.2 of the Reconciliation Service API. Faults strike here as they do at a museum's API.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from itertools import chain
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from museum_assets.simulator.authority.concepts import CONCEPT, concepts
from museum_assets.simulator.authority.finding import (
    BORN,
    COORDINATES,
    COUNTRY,
    DIED,
    LANGUAGES,
    STATE,
    Index,
    values,
)
from museum_assets.simulator.authority.people import PERSON, WORKSHOP, people
from museum_assets.simulator.authority.settlements import SETTLEMENT, settlements
from museum_assets.simulator.dialect import json_response
from museum_assets.simulator.faults import Faults
from museum_assets.simulator.gate import Gate

NAME = "authority"
"""Names it among the servers that faults strike, and its path."""
SPACE = "https://authority.example.org/entity/"
BATCH = 50
"""Queries of one request. More are refused, as public services do without saying so."""
Answer = Callable[[str, Mapping[str, Any]], dict[str, Any]]


class Authority:
    """The made-up authority with its faults, and its counts of what was asked."""

    def __init__(self, seed: int = 1, made_up: int = 0) -> None:
        self.faults = Faults(seed, servers=(NAME,))
        self.gate = Gate(self.faults)
        self.made_up = made_up
        self.queries = 0
        """Names that were asked for, over all batches that were answered."""

    @cached_property
    def index(self) -> Index:
        """All entries. Made with the first request: most simulators never have one."""
        return Index(chain(people(self.made_up), settlements(), concepts()))

    def counts(self) -> dict[str, int]:
        """Return the number of requests by kind, and of `names` that were asked for in batches that were answered."""
        requests = {kind: count for (_, kind), count in self.gate.counts.items()}
        return requests | {"names": self.queries}

    def forget_counts(self) -> None:
        """Begin counting anew."""
        self.gate.counts.clear()
        self.queries = 0

    def app(self) -> Router:
        """Return the routes, to be mounted at `/authority`."""
        return Router([
            Route("/api", self._api, methods=["GET", "POST"]),
            Route("/suggest", self._suggest),
            Route("/entity/{id}", self._entity),
        ])  # fmt: skip

    async def _api(self, request: Request) -> Response:
        form = await request.form() if request.method == "POST" else request.query_params
        if "queries" in form:
            return await self._gated("queries", request, lambda: self._reconcile(str(form["queries"])))
        if "extend" in form:
            return await self._gated("extend", request, lambda: self._extend(str(form["extend"])))
        return await self._gated("manifest", request, lambda: json_response(manifest(str(request.base_url))))

    async def _suggest(self, request: Request) -> Response:
        asked = request.query_params
        cursor = asked.get("cursor", "0")
        if not asked.get("prefix") or not cursor.isdigit():
            return json_response({"error": "suggest needs a prefix, and a cursor that is a number"}, 400)
        return await self._gated(
            "suggest", request, lambda: json_response({"result": self.index.beginning(asked["prefix"], int(cursor))})
        )

    async def _entity(self, request: Request) -> Response:
        person = self.index.by_id.get(request.path_params["id"])
        found = person and {"id": person.id, "name": person.name, "description": person.description}
        return await self._gated(
            "entity", request, lambda: json_response(found or {"error": "no such entry"}, 200 if found else 404)
        )

    async def _gated(self, kind: str, request: Request, answer: Callable[[], Response]) -> Response:
        async def handle() -> Response:
            try:
                return answer()
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                return json_response({"status": "error", "message": f"not a question: {error}"}, 400)

        waiting: Callable[[], Awaitable[Response]] = handle
        return await self.gate.pass_(NAME, kind, request, waiting)

    def _reconcile(self, text: str) -> Response:
        queries = orjson.loads(text)
        if len(queries) > BATCH:
            return json_response({"status": "error", "message": f"more than {BATCH} queries"}, 413)
        answers = {key: {"result": self.index.candidates(asked)} for key, asked in queries.items()}
        self.queries += len(queries)
        return json_response(answers)

    def _extend(self, text: str) -> Response:
        asked = orjson.loads(text)
        ids, properties = asked["ids"], [each["id"] for each in asked["properties"]]
        if len(ids) > 5 * BATCH:
            return json_response({"status": "error", "message": f"more than {5 * BATCH} ids"}, 413)
        known = {each: self.index.by_id.get(each) for each in ids}
        rows = {each: {pid: values(person, pid) if person else [] for pid in properties}
                for each, person in known.items()}  # fmt: skip
        return json_response({"meta": [{"id": pid, "name": pid} for pid in properties], "rows": rows})


def manifest(base_url: str) -> dict[str, Any]:
    """Return what the service says of itself."""
    base = base_url.rstrip("/") + f"/{NAME}"
    return {
        "versions": ["0.2"], "name": "Made-up authority of makers, places and subjects", "identifierSpace": SPACE,
        "schemaSpace": "https://authority.example.org/property/", "batchSize": BATCH,
        "defaultTypes": [{"id": each[0], "name": each[1]} for each in (PERSON, WORKSHOP, SETTLEMENT, CONCEPT)],
        "view": {"url": f"{base}/entity/{{{{id}}}}"},
        "extend": {"propose_properties": None, "properties": [BORN, DIED, COUNTRY, COORDINATES, STATE, *LANGUAGES]},
        "suggest": {"entity": {"service_url": base, "service_path": "/suggest"}},
    }  # fmt: skip
