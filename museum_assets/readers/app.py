"""The readers' app, put together."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from museum_assets.core.failures import MuseumError
from museum_assets.core.version import version
from museum_assets.readers import api, health, pages, thumbnails
from museum_assets.readers.api_models import ProblemOut
from museum_assets.readers.guard import Guard
from museum_assets.readers.problems import ADVICE, API, Problem, busy
from museum_assets.readers.site import STATIC, Site
from museum_assets.readers.uploads import Uploads

log = logging.getLogger(__name__)

TITLE = "Museum collections"
FOREVER = "public, max-age=31536000, immutable"


class _Static(StaticFiles):
    """Files whose addresses change with their content."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = FOREVER
        return answer


def build(site: Site) -> FastAPI:
    """Return the app. The model loads while it answers already."""

    @asynccontextmanager
    async def running(_: FastAPI) -> AsyncGenerator[None, None]:
        if not site.patient:
            site.model.start()
        yield

    app = FastAPI(
        title=TITLE,
        version=version(),
        description="What museums have published, of the release that is live now.",
        openapi_url=f"{API}/openapi.json",
        # Their pages load scripts from elsewhere; ours is at /api.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=running,
    )
    app.add_middleware(Guard, site=site)
    uploads = Uploads(site)
    for part in (
        api.router(site, uploads),
        thumbnails.router(site),
        health.router(site),
        pages.router(site, uploads),
    ):
        app.include_router(part)
    app.mount("/static", _Static(directory=STATIC), name="static")
    _describe(app)
    _answer_errors(app, site)

    @app.get(API, include_in_schema=False)
    def description() -> HTMLResponse:
        """Show what the API offers."""
        address = site.settings.readers_url or f"http://127.0.0.1:{site.settings.readers_port}"
        return site.page("api.html", here="api", paths=app.openapi()["paths"], address=address)

    return app


def _describe(app: FastAPI) -> None:
    """Have the description say what is answered: 400 to what cannot be asked, and problems as they are."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = made()
            schemas = described["components"]["schemas"]
            schemas["ProblemOut"] = ProblemOut.model_json_schema()
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for path in described["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _answer_errors(app: FastAPI, site: Site) -> None:
    """Answer what is raised, without a word of what is inside."""

    async def problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return site.problem(request, error)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = ADVICE.get(error.status_code, "This cannot be answered.")
        return site.problem(request, Problem(error.status_code, detail, dict(error.headers or {})))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        wrong = sorted({str(each["loc"][-1]) for each in error.errors()})
        return site.problem(request, Problem(400, f"This cannot be asked: look at {', '.join(wrong)}."))

    async def away(request: Request, error: Exception) -> Response:
        log.warning("A request was not answered: %s", " ".join(str(error).split()))
        return site.problem(request, busy("The collections cannot be read just now. Try again in a moment."))

    app.add_exception_handler(Problem, problem)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(MuseumError, away)
    app.add_exception_handler(psycopg.Error, away)
