"""The JSON API: what the pages show, for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from museum_assets.readers import api_models as shapes
from museum_assets.readers.api_models import Limit, MuseumSlug, Number, errors
from museum_assets.readers.asked import asked, known
from museum_assets.readers.links import Links
from museum_assets.readers.problems import API, not_found
from museum_assets.readers.shown import web_link
from museum_assets.readers.site import Site
from museum_assets.readers.uploads import FIELD, Uploads
from museum_assets.search.answer import Answer, Artwork, Counts, Facets, Found, LiveRelease

MOST_NEWS = 100
_BINARY = {"type": "string", "format": "binary"}
IMAGE_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {FIELD: _BINARY}, "required": [FIELD]},
            },
            "image/jpeg": {"schema": _BINARY},
            "image/png": {"schema": _BINARY},
        },
    }
}


class Shaped:
    """Makes the API's shapes of what the reader returns."""

    def __init__(self, links: Links, museums: Mapping[str, str]) -> None:
        self.links, self.museums = links, museums

    def work(self, artwork: Artwork) -> shapes.Work:
        """Return a work."""
        thumbnail = self.links.thumbnail(artwork)
        return shapes.Work(
            museum=artwork.museum,
            object_number=artwork.object_number,
            title=artwork.title,
            artists=list(artwork.artists),
            date=artwork.production_date,
            year_from=artwork.start,
            year_to=artwork.end,
            work_types=list(artwork.work_types),
            types=list(artwork.searchable_work_types),
            rights=artwork.rights,
            source=web_link(artwork.source_url),
            museum_id=artwork.museum_db_id,
            release=artwork.release,
            harvested=artwork.harvested_when,
            page=self.links.full(self.links.artwork(artwork.museum, artwork.object_number)),
            thumbnail=self.links.full(thumbnail) if thumbnail else None,
            thumbnail_width=artwork.thumbnail_width,
            thumbnail_height=artwork.thumbnail_height,
        )

    def hit(self, found: Found) -> shapes.Hit:
        """Return a work with why it was found."""
        why = [shapes.Reason(reason=str(each.reason), words=list(each.words)) for each in found.why]
        return shapes.Hit(work=self.work(found.artwork), why=why)

    def answer(self, answer: Answer) -> shapes.SearchAnswer:
        """Return what a search found."""
        return shapes.SearchAnswer(
            total=answer.total,
            hits=[self.hit(found) for found in answer.found],
            facets=self.facets(answer.facets),
            releases=dict(answer.releases),
            corrected=answer.corrected,
            words_only=answer.words_only,
        )

    def similar(self, found: Sequence[Found]) -> shapes.SimilarAnswer:
        """Return works that are like something."""
        return shapes.SimilarAnswer(hits=[self.hit(each) for each in found])

    def facets(self, facets: Facets) -> shapes.FacetsOut:
        """Return the choices to narrow a search by."""
        return shapes.FacetsOut(
            museum=counts(facets.museum),
            type=counts(facets.work_type),
            century=counts(facets.century),
            image=counts(facets.has_image),
        )

    def release(self, live: LiveRelease) -> dict[str, Any]:
        """Return the fields of a museum's live release."""
        return {
            "museum": live.museum,
            "name": self.museums.get(live.museum, live.museum),
            "works": live.works,
            "release": live.release,
            "promoted": live.promoted_at,
            "harvested": live.harvested_when,
            "page": self.links.full(self.links.museum(live.museum)),
        }


def counts(found: Counts[Any]) -> list[shapes.Count]:
    """Return values with how many works have each."""
    return [shapes.Count(value=value, works=works) for value, works in found]


def router(site: Site, uploads: Uploads) -> APIRouter:
    """Return the API's addresses."""
    made, shaped = APIRouter(prefix=API, tags=["collections"]), Shaped(site.links, site.museums)

    @made.get("/search", responses=errors(400))
    def search(
        q: shapes.Words = "",
        museum: shapes.OfMuseum = None,
        work_type: shapes.OfType = None,
        century: shapes.OfCentury = None,
        image: shapes.WithImage = None,
        limit: Limit = 24,
        offset: shapes.Offset = 0,
    ) -> shapes.SearchAnswer:
        """Search by words and filters; each hit says why it was found."""
        filters = {"museum": museum, "work_type": work_type, "century": century, "has_image": image}
        return shaped.answer(site.search(asked(q, filters, limit, offset)))

    @made.get("/artworks/{museum}/{number:path}", responses=errors(404))
    def artwork(museum: MuseumSlug, number: Number) -> shapes.Work:
        """Return one work by its museum and object number."""
        return shaped.work(site.artwork(museum, number))

    @made.get("/similar/{museum}/{number:path}", responses=errors(400, 404))
    def similar(museum: MuseumSlug, number: Number, limit: Limit = 24) -> shapes.SimilarAnswer:
        """Return works that look like one, or are described like it."""
        return shaped.similar(site.similar(museum, number, limit).similar)

    @made.post("/search-by-image", responses=errors(400, 413, 415), openapi_extra=IMAGE_BODY)
    async def search_by_image(request: Request, limit: Limit = 24) -> shapes.SimilarAnswer:
        """Return works that look like an image, of 10 MB at the most. The image is not stored."""
        return shaped.similar(await uploads.search(request, limit))

    @made.get("/museums", responses=errors())
    def museums() -> list[shapes.MuseumOut]:
        """Return the museums with a live release."""
        return [shapes.MuseumOut(**shaped.release(live)) for live in site.reader.releases().values()]

    @made.get("/museums/{museum}", responses=errors(404))
    def one_museum(museum: MuseumSlug) -> shapes.MuseumDetails:
        """Return a museum's live release with its counts."""
        known(museum)
        now = site.reader.museum(museum)
        if now is None:
            raise not_found("This museum")
        return shapes.MuseumDetails(
            **shaped.release(now.live), facets=shaped.facets(now.facets), rights=counts(now.rights)
        )

    @made.get("/new", responses=errors(400))
    def new(
        limit: Annotated[int, Query(ge=1, le=MOST_NEWS, description="How many works.")] = 24,
    ) -> list[shapes.NewsOut]:
        """Return what each museum's live release added and changed, the newest release first."""
        return [
            shapes.NewsOut(
                **shaped.release(news.live),
                before=news.before,
                added=news.added,
                changed=news.changed,
                removed=news.removed,
                changes=[shapes.Change(how=how, work=shaped.work(work)) for how, work in news.works],
            )
            for news in site.reader.news(limit)
        ]

    return made
