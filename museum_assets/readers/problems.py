"""What is answered when nothing can be: problem+json to programs, a page to people.

Neither shows what went wrong inside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import Request
from fastapi.responses import Response

API = "/api"
NO_PAGES = (f"{API}/", "/thumbnails/", "/static/", "/healthz", "/readyz", "/metrics")
MEDIA_TYPE = "application/problem+json"
AGAIN_SECONDS = 5
"""When to ask again after a 503 that names no time of its own."""

ADVICE = {
    400: "Something in the address cannot be asked for.",
    404: "There is nothing here. It may have been taken out of what is published.",
    405: "This address cannot be used like that.",
    413: "The file is too large.",
    415: "The file is no image that can be read.",
    429: "You asked for a great deal in a short time.",
    500: "Something went wrong here. It has been noted.",
    503: "This cannot be answered just now.",
}


@dataclass
class Problem(Exception):
    """An answer that is none: its status, and one sentence for whoever asked."""

    status: int
    detail: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name of the status."""
        return HTTPStatus(self.status).phrase

    def body(self) -> dict[str, Any]:
        """Return it as RFC 9457 has it."""
        return {"type": "about:blank", "title": self.title, "status": self.status, "detail": self.detail}


def not_found(what: str) -> Problem:
    """Return the answer to what is not published."""
    return Problem(404, f"{what} is not among what is published.")


def busy(detail: str, seconds: int = AGAIN_SECONDS) -> Problem:
    """Return the answer to what may be asked again."""
    return Problem(503, detail, {"Retry-After": str(seconds)})


def is_api(path: str) -> bool:
    """Say whether what a path answers, below where the app is published, is no page."""
    return path.startswith(NO_PAGES)


def path_of(request: Request) -> str:
    """Return the path of a request below the path at which a proxy publishes the app."""
    root, path = request.scope.get("root_path", ""), request.scope["path"]
    return str(path.removeprefix(root) if root and path.startswith(f"{root}/") else path)


def as_json(problem: Problem) -> Response:
    """Return the answer for programs."""
    return Response(
        orjson.dumps(problem.body()), status_code=problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )
