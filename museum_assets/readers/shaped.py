"""The API's shapes of what the reader returns: for the server, and for the commands where none runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from museum_assets.readers import api_models as shapes
from museum_assets.readers.links import Links
from museum_assets.readers.shown import page_at, web_link
from museum_assets.search.answer import Answer, ArtistNow, Artwork, Beside, Counts, Facets, Found, LiveRelease


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

    def details(self, artwork: Artwork, beside: Beside) -> shapes.WorkDetails:
        """Return a work with what is said beside it."""
        return shapes.WorkDetails(
            **self.work(artwork).model_dump(),
            places=[shapes.PlaceOut(**asdict(each)) for each in beside.places],
            materials=[shapes.MaterialOut(**asdict(each)) for each in beside.materials],
            subjects=[shapes.SubjectOut(**asdict(each), page=page_at(each.identity)) for each in beside.subjects],
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
            artists=[
                shapes.ArtistFound(
                    identity=each.identity,
                    name=each.label,
                    works=each.works,
                    page=self.links.full(self.links.artist(each.identity)),
                )
                for each in answer.artists
            ],
            releases=dict(answer.releases),
            corrected=answer.corrected,
            words_only=answer.words_only,
        )

    def artist(self, now: ArtistNow) -> shapes.ArtistOut:
        """Return an artist with works."""
        artist = now.artist
        return shapes.ArtistOut(
            identity=artist.identity,
            name=artist.label,
            names=list(artist.names),
            born=artist.born,
            died=artist.died,
            works=counts(list(artist.museums)),
            hits=[self.hit(found) for found in now.answer.found],
            page=self.links.full(self.links.artist(artist.identity)),
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
