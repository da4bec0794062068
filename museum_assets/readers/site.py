"""What every page and answer is made with: the reader, the model, the pictures, and how a page is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from museum_assets.core.settings import Settings
from museum_assets.images.decoder import ImageDecoder
from museum_assets.museums import MUSEUMS, museum
from museum_assets.readers.asked import known, plain
from museum_assets.readers.limits import ClientLimits
from museum_assets.readers.links import Links
from museum_assets.readers.metrics import Metrics
from museum_assets.readers.model import Model
from museum_assets.readers.problems import ADVICE, Problem, as_json, is_api, not_found, path_of
from museum_assets.search.answer import Answer, ArtistNow, Artwork, Beside, WorkNow
from museum_assets.search.question import LONGEST_IDENTITY, Question
from museum_assets.search.reader import Reader
from resources.s3 import ObjectStore

HERE = Path(__file__).parent
STATIC = HERE / "static"


@dataclass(frozen=True)
class Site:
    """The parts of one app. They are safe to share between threads."""

    reader: Reader
    model: Model
    pictures: ObjectStore
    decoder: ImageDecoder
    settings: Settings
    patient: bool = False
    """Whether the model is loaded when the first reader comes, and not at once."""
    metrics: Metrics = field(init=False)
    limits: ClientLimits = field(init=False)
    links: Links = field(init=False)

    def __post_init__(self) -> None:
        """Make what belongs to this app alone."""
        object.__setattr__(self, "metrics", Metrics(self.model))
        object.__setattr__(self, "limits", ClientLimits(self.settings.readers_per_minute))
        object.__setattr__(self, "links", Links(self.settings))

    @cached_property
    def museums(self) -> dict[str, str]:
        """The museums' names by their slugs."""
        return {slug: museum(slug).name for slug in MUSEUMS}

    @cached_property
    def templates(self) -> Environment:
        """The pages' templates. Everything from the records is escaped, and a name that is missing is an error."""
        made = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.globals |= {"links": self.links, "base": self.links.base, "museums": self.museums, "version": assets_id()}
        made.filters["grouped"] = lambda number: f"{number:,}"
        return made

    def search(self, question: Question) -> Answer:
        """Answer a question, and count how."""
        answer = self.reader.search(question)
        if question.words:
            self.metrics.searches.labels("words" if answer.words_only else "words and vectors").inc()
        return answer

    def described(self, museum: str, number: str) -> tuple[Artwork, Beside]:
        """Return a live work with what is said beside it. Raises Problem 404."""
        known(museum, number)
        found = self.reader.described(museum, number)
        if found is None:
            raise not_found("This work")
        return found

    def artist(self, identity: str, limit: int) -> ArtistNow:
        """Return an artist with works of all museums. Raises Problem 404."""
        artist = plain(identity)
        found = self.reader.artist(artist, limit) if 0 < len(artist) <= LONGEST_IDENTITY else None
        if found is None:
            raise not_found("This artist")
        return found

    def similar(self, museum: str, number: str, limit: int) -> WorkNow:
        """Return a live work with what is like it. Raises Problem 404."""
        known(museum, number)
        found = self.reader.similar(museum, number, limit)
        if found is None:
            raise not_found("This work")
        return found

    def page(
        self, name: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
    ) -> HTMLResponse:
        """Render one page."""
        always = {"words": "", "here": "", "model": self.model}
        html = self.templates.get_template(name).render(always | context)
        # A page shows what is live now; only pictures stay the same.
        return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-cache", **(headers or {})})

    def problem(self, request: Request, problem: Problem) -> Response:
        """Answer a request that has no other answer."""
        if is_api(path_of(request)):
            return as_json(problem)
        advice = ADVICE.get(problem.status, "")
        return self.page("problem.html", status=problem.status, headers=problem.headers, problem=problem, advice=advice)


def assets_id() -> str:
    """Return what changes with the stylesheet and the script, so that browsers may keep them."""
    together = b"".join(path.read_bytes() for path in sorted(STATIC.iterdir()))
    return sha256(together).hexdigest()[:12]
