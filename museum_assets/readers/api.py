"""The JSON API: what the pages show, for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from museum_assets.readers import api_models as shapes
from museum_assets.readers import api_parameters as parameters
from museum_assets.readers.api_parameters import Identity, Limit, MuseumSlug, Number, errors
from museum_assets.readers.asked import asked, known
from museum_assets.readers.problems import API, not_found
from museum_assets.readers.shaped import Shaped, counts
from museum_assets.readers.site import Site
from museum_assets.readers.uploads import FIELD, Uploads

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


def router(site: Site, uploads: Uploads) -> APIRouter:
    """Return the API's addresses."""
    made, shaped = APIRouter(prefix=API, tags=["collections"]), Shaped(site.links, site.museums)

    @made.get("/search", responses=errors(400))
    def search(
        q: parameters.Words = "",
        museum: parameters.OfMuseum = None,
        work_type: parameters.OfType = None,
        century: parameters.OfCentury = None,
        image: parameters.WithImage = None,
        artist: parameters.OfArtist = None,
        limit: Limit = 24,
        offset: parameters.Offset = 0,
    ) -> shapes.SearchAnswer:
        """Search by words and filters; each hit says why it was found."""
        filters = {"museum": museum, "work_type": work_type, "century": century, "has_image": image,
                   "artist": artist or None}  # fmt: skip
        return shaped.answer(site.search(asked(q, filters, limit, offset)))

    @made.get("/artworks/{museum}/{number:path}", responses=errors(404))
    def artwork(museum: MuseumSlug, number: Number) -> shapes.WorkDetails:
        """Return one work by its museum and object number."""
        return shaped.details(*site.described(museum, number))

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

    _add_artists(made, site, shaped)
    return made


def _add_artists(made: APIRouter, site: Site, shaped: Shaped) -> None:
    @made.get("/artists/{identity:path}", responses=errors(400, 404))
    def artist(identity: Identity, limit: Limit = 24) -> shapes.ArtistOut:
        """Return an artist with the first works of all museums."""
        return shaped.artist(site.artist(identity, limit))
