"""What `museum search` and `museum similar` find in production.

A running server of the readers' pages is asked, which has the model loaded; without one this process looks itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import read_settings
from museum_assets.readers.note import running_at
from resources.http_client import http_client

SECONDS = 10.0
WORDS_ONLY = "The readers' server still loads its model: this was found by words alone."


Answer = dict[str, Any]
"""An answer of the API."""


class Published(Protocol):
    """What answers of production, and gives the thumbnails of its answers."""

    def search(self, query: str, *, museum: str | None, work_type: str | None, limit: int) -> Answer:
        """Return what a query in words finds."""
        ...

    def similar(self, museum: str, number: str, *, limit: int) -> Answer:
        """Return what is like a work."""
        ...

    def picture(self, work: dict[str, Any]) -> bytes | None:
        """Return the thumbnail of a work of an answer, None without one."""
        ...


class Server:
    """The readers' pages of a home, as a program asks them."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str, **asked: Any) -> httpx.Response:
        """Return an answer. Raises MuseumError with the server's own reason, httpx.TransportError when it is away."""
        given = {name: value for name, value in asked.items() if value is not None}
        with http_client(timeout=SECONDS) as client:
            answer = client.get(f"{self.address}{path}", params=given)
        if answer.is_success:
            return answer
        try:
            reason = answer.json()["detail"]
        except (ValueError, KeyError):
            reason = f"it answered {answer.status_code}"
        raise MuseumError(f"The readers' server at {self.address}: {reason}")

    def search(self, query: str, *, museum: str | None, work_type: str | None, limit: int) -> Answer:
        """Return what a query in words finds."""
        answer: Answer = self.get("/api/search", q=query, museum=museum, type=work_type, limit=limit).json()
        return answer

    def similar(self, museum: str, number: str, *, limit: int) -> Answer:
        """Return what is like a work."""
        answer: Answer = self.get(f"/api/similar/{museum}/{quote(number)}", limit=limit).json()
        return answer

    def picture(self, work: dict[str, Any]) -> bytes | None:
        """Return a work's thumbnail, None without one."""
        if not work["thumbnail"]:
            return None
        return self.get(f"/thumbnails/{work['museum']}/{quote(work['object_number'])}").content


def running_server() -> Server | None:
    """Return the readers' server of this home that answers; None when there is none."""
    address = running_at(read_settings().home)
    if address is None:
        return None
    server = Server(address)
    try:
        server.get("/healthz")
    except (httpx.TransportError, MuseumError):
        return None
    return server


@contextmanager
def opened() -> Iterator[Published]:
    """Open what answers: the running server, or production itself. Raises as `connected` does."""
    if server := running_server():
        yield server
        return
    from museum_assets.cli.published_here import Here
    from museum_assets.cli.session import connected

    with connected() as platform, Here(platform) as here:
        yield here


def show(published: Published, heading: str, answer: Answer, *, html: Path | None, as_json: bool) -> None:
    """Print an answer, and write its page."""
    hits = answer["hits"]
    notes = [WORDS_ONLY] if answer.get("words_only") else []
    if html:
        html.write_text(_page(published, heading, hits, notes), encoding="utf-8")
    if as_json:
        print_json([{"rank": rank, **hit["work"], "why": hit["why"]} for rank, hit in enumerate(hits, start=1)])
        return
    print_table(heading, ("rank", "artwork", "title", "artists", "date", "types", "why"), [
        (rank, f"{work['museum']}:{work['object_number']}", work["title"] or "(untitled)", ", ".join(work["artists"]),
         work["date"], ", ".join(work["types"]), ", ".join(each["reason"] for each in hit["why"]))
        for rank, hit in enumerate(hits, start=1) for work in [hit["work"]]
    ])  # fmt: skip
    for note in notes:
        console.print(f"[yellow]{note}[/]")
    if html:
        console.print(f"Page with thumbnails: {html.resolve()}", markup=False, soft_wrap=True)


def _page(published: Published, heading: str, hits: list[dict[str, Any]], notes: list[str]) -> str:
    from museum_assets.search.page import render
    from resources.vector_index.index import Hit

    found = [
        Hit(f"{work['museum']}:{work['object_number']}", 0.0, {**work, "production_date": work["date"]})
        for work in (hit["work"] for hit in hits)
    ]
    return render(heading, found, lambda hit: published.picture(hit.payload), note=" ".join(notes) or None)
