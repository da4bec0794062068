"""The simulator as an ASGI application and as a server on 127.0.0.1.

with running(Simulator(works_per_museum=12)) as server:
    server.base_url, server.environment, server.set_faults("smk", too_many_requests=0.2), server.counts()
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router

from museum_assets.museums import MUSEUMS
from museum_assets.simulator import NOT_SIMULATED
from museum_assets.simulator.authority.concepts import CONCEPT
from museum_assets.simulator.authority.service import NAME as AUTHORITY
from museum_assets.simulator.authority.service import Authority
from museum_assets.simulator.authority.settlements import SETTLEMENT
from museum_assets.simulator.collection import Collection, SampleSource, SyntheticSource
from museum_assets.simulator.dialect import Dialect, Endpoint, json_response
from museum_assets.simulator.dialects import dialects
from museum_assets.simulator.faults import Faults
from museum_assets.simulator.gate import Gate
from museum_assets.simulator.images import image
from museum_assets.simulator.language_model import SIMULATED_MODEL, model_server
from museum_assets.simulator.recorded import RecordedSource
from museum_assets.simulator.works import Works

DIALECTS: tuple[Dialect, ...] = tuple(dialects().values())
"""Those of every museum that can be simulated."""
MODEL_PATH = "/model/v1"
# Requests a second that a local server may be asked for: politeness is not what a demo should wait for.
RATE = 2000
START_SECONDS = 30

log = logging.getLogger(__name__)


class Simulator:
    """All museums' collections and their faults."""

    def __init__(
        self,
        works_per_museum: int | Mapping[str, int] = 12,
        seed: int = 1,
        faults: Faults | None = None,
        records: Path | None = None,
        made_up_people: int = 0,
    ) -> None:
        """`works_per_museum` counts synthetic works; museums that a mapping does not name have none.

        With `records` (a folder with museum_records/<slug> and images/) the real records found there are served
        instead. The authority knows the artists of synthetic works, and `made_up_people` more. Raises FileNotFoundError
        when the folder lacks a museum's records or pictures, ValueError for an unknown museum.
        """
        if not isinstance(works_per_museum, int) and (unknown := set(works_per_museum) - set(MUSEUMS)):
            raise ValueError(f"unknown museums {sorted(unknown)} in works_per_museum: use {', '.join(MUSEUMS)}")
        self.faults = faults or Faults(seed)
        self.gate = Gate(self.faults)
        self.authority = Authority(seed, made_up_people)
        self.collections: dict[str, Collection] = {}
        for dialect in DIALECTS:
            if records is not None:
                source: Any = RecordedSource(dialect, records)
            else:
                count = works_per_museum if isinstance(works_per_museum, int) else works_per_museum.get(dialect.slug, 0)
                made = SampleSource if hasattr(dialect, "sample") else SyntheticSource
                source = made(dialect, Works(dialect.slug, count, seed))
            self.collections[dialect.slug] = Collection(dialect, source, self.faults)

    def set_faults(self, museum: str, **changes: Any) -> None:
        """Change a museum's faults, those of `all` museums or of the `authority`; fields as in `MuseumFaults`.

        Raises ValueError for an unknown museum, field, value or object id.
        """
        if museum == AUTHORITY:
            self.authority.faults.set(museum, **changes)
            return
        for slug in MUSEUMS if museum == "all" else (museum,):
            named = chain.from_iterable(changes.get(field, ()) for field in ("vanished", "changed", "hostile"))
            for record_id in named:
                if slug in self.collections and self.collections[slug].source.number(record_id) is None:
                    raise ValueError(f"{slug} has no object with the id {record_id!r}: use an id from its listing")
        self.faults.set(museum, **changes)

    def counts(self) -> dict[str, dict[str, int]]:
        """Return the number of requests by museum and kind of endpoint (search, listing, object, oai, image, ...)."""
        counts: dict[str, dict[str, int]] = {slug: {} for slug in self.collections}
        for (slug, kind), count in self.gate.counts.items():
            counts[slug][kind] = count
        return counts

    def reset_counts(self) -> None:
        """Begin counting anew."""
        self.gate.counts.clear()
        self.authority.forget_counts()


class Running:
    """A simulator that answers on `base_url`."""

    def __init__(self, simulator: Simulator, base_url: str) -> None:
        self.simulator = simulator
        self.base_url = base_url
        self.environment = environment(base_url)
        self.set_faults = simulator.set_faults
        self.clear_faults = simulator.faults.clear
        self.counts = simulator.counts
        self.reset_counts = simulator.reset_counts


def build_app(simulator: Simulator) -> Starlette:
    """Return the ASGI application."""
    mounts = [Mount(f"/{slug}", _museum(simulator, collection)) for slug, collection in simulator.collections.items()]
    routes = [
        Route("/_control", _control(simulator), methods=["GET", "POST", "DELETE"]),
        Route("/images/{slug}/{path:path}", _images(simulator)),
        Mount(MODEL_PATH, model_server()),
        Mount(f"/{AUTHORITY}", simulator.authority.app()),
        *mounts,
    ]
    return Starlette(routes=routes, exception_handlers={Exception: _broken})


def environment(base_url: str) -> dict[str, str]:
    """Return the variables that lead the platform's museums to a simulator at `base_url`."""
    variables = {}
    paths = {dialect.slug: f"/{dialect.slug}{dialect.api_path}" for dialect in DIALECTS}
    for slug in MUSEUMS:
        # A museum without dialect and sample leads here too, where nothing answers: a demo asks no real museum.
        variables[f"MUSEUM_API_{slug.upper()}"] = base_url + paths.get(slug, f"{NOT_SIMULATED}{slug}")
        variables[f"MUSEUM_IMAGE_HOSTS_{slug.upper()}"] = urlsplit(base_url).netloc
        variables[f"MUSEUM_RATE_{slug.upper()}"] = str(RATE)
    return variables


def model_environment(base_url: str) -> dict[str, str]:
    """Return the variables that lead the reading of documents to a simulator at `base_url`."""
    return {"LLM_BASE_URL": base_url + MODEL_PATH, "LLM_MODEL": SIMULATED_MODEL}


def authority_environment(base_url: str) -> dict[str, str]:
    """Return the variables that lead the matching of makers, places and subjects to a simulator at `base_url`."""
    return {
        "RECONCILIATION_URL": f"{base_url}/{AUTHORITY}/api",
        "RECONCILIATION_AUTHORITY": "simulated",
        "RECONCILIATION_PLACE_TYPE": SETTLEMENT[0],
        "RECONCILIATION_SUBJECT_TYPE": CONCEPT[0],
        "RECONCILIATION_PER_SECOND": "1000",
    }


@contextmanager
def running(simulator: Simulator, port: int = 0) -> Iterator[Running]:
    """Run the simulator in a thread on 127.0.0.1; port 0 takes a free one.

    Raises TimeoutError when it does not answer within `START_SECONDS`, OSError when the port is taken.
    """
    server, listener = _server(simulator, port)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="museum-simulator", daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise TimeoutError(f"the museum simulator did not start within {START_SECONDS} s")
            time.sleep(0.01)
        yield Running(simulator, f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join(timeout=START_SECONDS)
        listener.close()


def serve(simulator: Simulator, port: int, announce: Any) -> None:
    """Run the simulator in this thread until it is interrupted; `announce` is given the base URL first."""
    server, listener = _server(simulator, port)
    announce(f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.run(sockets=[listener])


def _server(simulator: Simulator, port: int) -> tuple[uvicorn.Server, socket.socket]:
    # uvicorn reports every connection that the faults cut as an error; the simulator's own are logged by `_broken`.
    config = uvicorn.Config(
        build_app(simulator),
        host="127.0.0.1",
        port=port,
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    listener = socket.create_server(("127.0.0.1", port))
    return uvicorn.Server(config), listener


def _museum(simulator: Simulator, collection: Collection) -> Router:
    dialect = collection.dialect
    routes = [
        Route(endpoint.path, _gated(simulator, collection, endpoint), methods=list(endpoint.methods))
        for endpoint in dialect.endpoints()
    ]

    async def unknown(scope: Any, receive: Any, send: Any) -> None:
        simulator.gate.counts[dialect.slug, "unknown"] += 1
        await dialect.not_found()(scope, receive, send)

    return Router(routes, redirect_slashes=False, default=unknown)


def _gated(simulator: Simulator, collection: Collection, endpoint: Endpoint) -> Any:
    async def answer(request: Request) -> Response:
        async def handle() -> Response:
            return await endpoint.handler(collection, request)

        return await simulator.gate.pass_(collection.dialect.slug, endpoint.kind, request, handle)

    return answer


def _images(simulator: Simulator) -> Any:
    async def answer(request: Request) -> Response:
        slug, path = request.path_params["slug"], request.path_params["path"]
        if slug not in simulator.collections:
            return Response("Not Found", 404)

        async def handle() -> Response:
            return await image(simulator.collections[slug], path, request)

        return await simulator.gate.pass_(slug, "image", request, handle)

    return answer


def _control(simulator: Simulator) -> Any:
    async def answer(request: Request) -> Response:
        """POST {museum or all: {field: value}}; DELETE heals everything and forgets the counts."""
        if request.method == "DELETE":
            simulator.faults.clear()
            simulator.authority.faults.clear()
            simulator.reset_counts()
        if request.method == "POST":
            try:
                for museum, changes in orjson.loads(await request.body()).items():
                    simulator.set_faults(museum, **changes)
            except (ValueError, TypeError, AttributeError) as error:
                return json_response({"error": f"the faults were not taken: {error}"}, 400)
        faults = {slug: simulator.faults.of(slug).model_dump(mode="json") for slug in simulator.collections}
        faults[AUTHORITY] = simulator.authority.faults.of(AUTHORITY).model_dump(mode="json")
        counts = {"counts": simulator.counts(), "authority": simulator.authority.counts()}
        return json_response({**counts, "faults": faults})

    return answer


async def _broken(request: Request, error: Exception) -> Response:
    log.error("the simulator failed to answer %s", request.url, exc_info=error)
    return json_response({"error": f"the simulator failed: {type(error).__name__}: {error}"}, 500)
