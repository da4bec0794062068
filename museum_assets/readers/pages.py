"""The pages: rendered here, whole without JavaScript. `static/pages.js` only makes them quicker to use."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from museum_assets.readers import shown
from museum_assets.readers.asked import known, page_question
from museum_assets.readers.links import PER_PAGE
from museum_assets.readers.problems import not_found
from museum_assets.readers.site import Site
from museum_assets.readers.uploads import LARGEST, Uploads
from museum_assets.search.answer import Found
from museum_assets.search.question import LONGEST_WORDS

SIMILAR, MANY_SIMILAR = 8, 24
NEWS = 12
Text = Annotated[str, Query(max_length=1_000)]


class Pages:
    """The pages of one site."""

    def __init__(self, site: Site, uploads: Uploads) -> None:
        self.site, self.links, self.uploads = site, site.links, uploads

    def search(self, q: Text = "", museum: Text = "", type: Text = "", century: Text = "", image: Text = "",  # noqa: A002
               page: Text = "", artist: Text = "") -> HTMLResponse:  # fmt: skip
        """Show one page of what is found, with filters as links."""
        question = page_question(q, museum, type, century, image, page, artist)
        answer = self.site.search(question)
        return self.site.page(
            "search.html",
            here="search",
            words=question.words,
            question=question,
            answer=answer,
            works=shown.tiles(self.links, answer.found),
            filters=shown.filters(self.links, question, answer.facets, self.site.museums, answer.artists),
            pages=shown.pages(self.links, question, answer),
            longest=LONGEST_WORDS,
        )

    def artwork(self, museum: str, number: str) -> HTMLResponse:
        """Show one work with everything that is known of it."""
        now = self.site.similar(museum, number, SIMILAR)
        work = now.artwork
        return self.site.page(
            "artwork.html",
            work=work,
            title=shown.title_of(work),
            picture=self.links.thumbnail(work),
            rights=shown.rights_of(work.rights),
            rights_link=shown.web_link(work.rights),
            source=shown.web_link(work.source_url),
            live=now.live,
            similar=shown.tiles(self.links, now.similar),
            makers=[each for each in now.makers if each.identity and each.label],
            places=now.beside.places,
            materials=[each.term for each in now.beside.materials],
            subjects=list(dict.fromkeys(map(shown.called, now.beside.subjects))),
            linked_data=shown.linked_data(self.links, now, self.site.museums[museum]),
        )

    def similar(self, museum: str, number: str) -> HTMLResponse:
        """Show what looks like a work."""
        now = self.site.similar(museum, number, MANY_SIMILAR)
        works = shown.tiles(self.links, now.similar)
        return self.site.page("similar.html", work=now.artwork, title=shown.title_of(now.artwork), works=works)

    def museums(self) -> HTMLResponse:
        """Show the museums."""
        return self.site.page("museums.html", here="museums", live=list(self.site.reader.releases().values()))

    def museum_page(self, slug: str) -> HTMLResponse:
        """Show a museum: what is live of it, and where to begin."""
        known(slug)
        now = self.site.reader.museum(slug)
        if now is None:
            raise not_found("This museum")
        question = page_question(museum=slug)
        filters = shown.filters(self.links, question, now.facets, self.site.museums)
        rights = [(shown.rights_of(each), shown.web_link(each), works) for each, works in now.rights]
        return self.site.page(
            "museum.html",
            here="museums",
            slug=slug,
            live=now.live,
            filters=[each for each in filters if each.label != "Museum"],
            rights=rights,
            all_works=self.links.search(question),
            works=shown.tiles(self.links, now.works),
        )

    def artist(self, identity: str) -> HTMLResponse:
        """Show an artist with works of all museums, whichever of them spells the name."""
        now = self.site.artist(identity, PER_PAGE)
        question = page_question(artist=now.artist.identity)
        filters = shown.filters(self.links, question, now.answer.facets, self.site.museums)
        return self.site.page(
            "artist.html",
            artist=now.artist,
            life=shown.life(now.artist.born, now.artist.died),
            total=now.answer.total,
            filters=[each for each in filters if each.label != "Artist"],
            all_works=self.links.search(question),
            works=shown.tiles(self.links, now.answer.found),
        )

    def new(self) -> HTMLResponse:
        """Show what the latest releases brought."""
        news = [
            (each, [(how, shown.tile(self.links, Found(work))) for how, work in each.works[:NEWS]])
            for each in self.site.reader.news(NEWS)
        ]
        return self.site.page("new.html", here="new", news=news)

    def image_form(self) -> HTMLResponse:
        """Ask for an image."""
        return self._image_page(None)

    async def image(self, request: Request) -> HTMLResponse:
        """Show works that look like an image, which is forgotten with the answer."""
        return self._image_page(shown.tiles(self.links, await self.uploads.search(request, MANY_SIMILAR)))

    def _image_page(self, works: list[dict[str, Any]] | None) -> HTMLResponse:
        return self.site.page("image.html", here="image", works=works, largest=LARGEST >> 20)

    def robots(self) -> Response:
        """Let works be found, and leave searches alone: there is no end of them."""
        lines = [
            "User-agent: *",
            f"Disallow: {self.links.base}/*?",
            f"Disallow: {self.links.base}/api/",
            f"Disallow: {self.links.base}/similar/",
        ]
        return PlainTextResponse("\n".join([*lines, ""]))


def router(site: Site, uploads: Uploads) -> APIRouter:
    """Return the pages' addresses."""
    made, pages = APIRouter(include_in_schema=False), Pages(site, uploads)
    for path, page in (
        ("/", pages.search),
        ("/artworks/{museum}/{number:path}", pages.artwork),
        ("/similar/{museum}/{number:path}", pages.similar),
        ("/museums", pages.museums),
        ("/museums/{slug}", pages.museum_page),
        ("/artists/{identity:path}", pages.artist),
        ("/new", pages.new),
        ("/image", pages.image_form),
        ("/robots.txt", pages.robots),
    ):
        made.add_api_route(path, page, methods=["GET"])
    made.add_api_route("/image", pages.image, methods=["POST"])
    return made
