"""What machines ask: whether the process lives, whether it can answer, and how it does."""

from __future__ import annotations

from typing import Literal

import psycopg
from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from museum_assets.core.failures import MuseumError
from museum_assets.readers.api_parameters import errors
from museum_assets.readers.problems import busy
from museum_assets.readers.site import Site


class Ready(BaseModel):
    """That pages can be answered, and how."""

    ready: Literal[True] = True
    model: Literal["loading", "ready", "failed"]
    """Until the model is ready, searches go by words alone."""
    releases: dict[str, int]


def router(site: Site) -> APIRouter:
    """Return the addresses for machines. None of them counts against a client's limit."""
    made = APIRouter(tags=["operation"])

    @made.get("/healthz", responses={200: {"content": {"text/plain": {}}}}, response_class=Response)
    def healthz() -> Response:
        """Say that the process lives."""
        return Response("ok\n", media_type="text/plain", headers={"Cache-Control": "no-store"})

    @made.get("/readyz", responses=errors(503))
    def readyz(response: Response) -> Ready:
        """Say whether something is published and can be read; 503 while not."""
        try:
            live = site.reader.releases()
        except (psycopg.Error, MuseumError):
            raise busy("Production cannot be read.") from None
        if not live:
            raise busy("Nothing is published yet.", 30)
        response.headers["Cache-Control"] = "no-store"
        return Ready(model=site.model.state, releases={slug: each.release for slug, each in live.items()})

    @made.get("/metrics", responses={200: {"content": {"text/plain": {}}}}, response_class=Response)
    def metrics() -> Response:
        """Return counters in the format of Prometheus. They name no client and no query."""
        headers = {"Cache-Control": "no-store"}
        return Response(site.metrics.text(), media_type=CONTENT_TYPE_LATEST, headers=headers)

    return made
