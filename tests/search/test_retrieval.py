"""The demo's model finds what a query says, among drawings of seeds that it never saw; so does the search around it.

Measured in November 2026: of the first ten 0.964 show it for English queries, 0.963 for Danish and 0.964 for Dutch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest

from museum_assets.core.failures import Failure
from museum_assets.images.thumbnail import make_thumbnail
from museum_assets.museums import MUSEUMS
from museum_assets.search.answer import QueryVector
from museum_assets.search.nearest import by_query, shown
from museum_assets.search.question import Filters, Question
from museum_assets.search.reader import Reader
from museum_assets.simulator import drawing
from museum_assets.simulator.captions import asked, queries
from museum_assets.simulator.lexicon import LANGUAGES
from museum_assets.simulator.scenes import Scene
from museum_assets.simulator.works import ARTISTS, SimulatedWork, Works
from resources.embedders.clip import ClipEmbedder
from resources.embedders.embedder import Vector
from resources.embedders.weights import DEMO, DEMO_FOLDER, resolve
from resources.platform import Platform
from resources.vector_index.index import Hit
from resources.vector_index.search import DEPTH, fuse
from tests.support.little_production import LittleProduction
from tests.support.published_works import PublishedWork, publish

pytestmark = pytest.mark.slow

WORKS, FIRST, SEED = 1_000, 10, 777
SPOKEN = {"smk": "da", "rma": "nl"}
"""The language of a museum's titles, where it is not English."""


@dataclass
class Collection:
    """Works with their vectors, as the pipeline makes them, and the model."""

    clip: ClipEmbedder
    drawn: list[tuple[str, SimulatedWork]]
    images: np.ndarray
    texts: np.ndarray
    titled: list[int]

    @property
    def scenes(self) -> list[Scene]:
        """What each work shows."""
        return [work.scene for _, work in self.drawn]

    def find(self, asked_for: list[str]) -> Iterator[list[Scene]]:
        """Yield what each query's first works show, searched as the platform does: by picture and by text, fused."""
        everything = [*range(len(self.scenes))]
        for vector in stacked(self.clip.embed_texts(asked_for)):
            rankings = [ranked(self.images @ vector, everything), ranked(self.texts @ vector, self.titled)]
            yield [self.scenes[int(hit.id)] for hit in fuse(rankings, FIRST)]


def stacked(vectors: list[Vector | Failure]) -> np.ndarray:
    """Return vectors as rows of a matrix."""
    return np.stack([vector for vector in vectors if not isinstance(vector, Failure)])


def ranked(scores: np.ndarray, works: list[int]) -> list[Hit]:
    """Return the best as the index would."""
    best = np.argsort(-scores)[: FIRST * DEPTH]
    return [Hit(str(works[place]), float(scores[place]), {}) for place in best]


@pytest.fixture(scope="module")
def collection() -> Collection:
    clip = ClipEmbedder(DEMO, resolve(DEMO, demo=True), model_configs=DEMO_FOLDER)
    each = -(-WORKS // len(MUSEUMS))
    drawn = [(slug, Works(slug, each, SEED).work(n)) for n in range(each) for slug in MUSEUMS][:WORKS]
    texts = {place: text(slug, work) for place, (slug, work) in enumerate(drawn) if work.titles}
    return Collection(
        clip,
        drawn,
        stacked(clip.embed_images([thumbnail(work) for _, work in drawn])),
        stacked(clip.embed_texts(list(texts.values()))),
        list(texts),
    )


def thumbnail(work: SimulatedWork) -> bytes:
    """Return a thumbnail of the work's picture, which is drawn at a third of its size: the test has 1,000 of them."""
    picture = drawing.jpeg(work.scene, -(-work.width // 3), -(-work.height // 3))
    return make_thumbnail(picture, max_dimension=800, quality=85).jpeg


def title(slug: str, work: SimulatedWork) -> str | None:
    """Return the title in the museum's language."""
    return work.titles[LANGUAGES.index(SPOKEN.get(slug, "en"))] if work.titles else None


def text(slug: str, work: SimulatedWork) -> str:
    """Return the text that is embedded, as `museum_assets.collection.artworks.mapping` composes it."""
    by = ["by " + ", ".join(artist.name for artist in work.artists)] if work.artists else []
    return ", ".join([str(title(slug, work)), *by, work.traits.kind, *([str(work.start)] if work.start else [])])


def asked_in(collection: Collection, language: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield subjects with a fact that enough works show, and how somebody asks for them."""
    counted = Counter((scene.subject, fact) for scene in collection.scenes for fact in scene.facts)
    for subject, fact in asked():
        if counted[subject, fact] >= FIRST:
            yield subject, fact, queries(subject, fact, LANGUAGES.index(language))[::7]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nine_of_the_first_ten_show_what_a_query_says(collection, language):
    precisions = {}
    for subject, fact, said in asked_in(collection, language):
        found = collection.find(said)
        right = [scene.subject == subject and fact in scene.facts for scenes in found for scene in scenes]
        precisions[subject, fact] = np.mean(right)
    assert len(precisions) > 40
    worst = sorted(precisions.items(), key=lambda item: item[1])[:8]
    assert np.mean([*precisions.values()]) >= 0.9, worst


@pytest.mark.parametrize(
    "query",
    [
        *("ships in a storm", "ship in a storm", "sailing boats in stormy weather", "skib i storm", "skibe i storm"),
        *("schip in een storm", "schepen in een storm"),
    ],
)
def test_ships_in_a_storm_are_found_in_each_language(collection, query):
    (found,) = collection.find([query])
    assert sum(scene.subject == "ship" for scene in found) >= 8
    assert sum(scene.weather == "storm" for scene in found) >= 8


def test_words_that_the_model_never_met_find_something(collection):
    assert [len(found) for found in collection.find(["blockchain", "飛行機", "!?"])] == [FIRST] * 3


Names = list[tuple[str, str]]


@pytest.fixture
def sides(collection: Collection, platform: Platform) -> Iterator[dict[str, Callable[[str], Names]]]:
    """The collection in production, found by words, by vectors, and by both."""
    little = LittleProduction(platform, MUSEUMS)
    contract = collection.clip.contract
    for slug in MUSEUMS:
        publish(little, slug, dict(published(collection, slug)), contract)
    vectors: dict[str, QueryVector] = {}

    def embedded(words: str) -> QueryVector:
        if words not in vectors:
            vectors[words] = QueryVector("clip", contract, stacked(collection.clip.embed_texts([words]))[0])
        return vectors[words]

    with (
        closing(Reader(little.database, little.outside.index, embedded)) as both,
        closing(Reader(little.database, little.outside.index, lambda _: None)) as words,
    ):

        def near(query: str) -> Names:
            with both._production.now() as now, both._index.open(now.releases) as session:
                rankings = by_query(session, embedded(query), [shown(now, Filters())], FIRST * DEPTH)
            return [(hit.payload["museum"], hit.payload["object_number"]) for hit in fuse([*rankings.values()], FIRST)]

        def by(reader: Reader) -> Callable[[str], Names]:
            return lambda query: [
                (each.artwork.museum, each.artwork.object_number)
                for each in reader.search(Question(query, limit=FIRST)).found
            ]

        yield {"both": by(both), "words": by(words), "vectors": near}


def published(collection: Collection, slug: str) -> Iterator[tuple[str, PublishedWork]]:
    """Yield the works of a museum by their numbers, with the vectors that they have."""
    texts = dict(zip(collection.titled, collection.texts, strict=True))
    for place, (museum, work) in enumerate(collection.drawn):
        if museum == slug:
            found = {"image_clip": collection.images[place], "text_clip": texts.get(place)}
            row = {
                "museum_db_id": str(place), "title": title(slug, work), "artists": [each.name for each in work.artists],
                "production_date_start": work.start, "production_date_end": work.end, "period": None,
                "work_types": [work.traits.kind], "searchable_work_types": [work.traits.kind],
                "thumbnail_url": "https://example.org/x", "image_url": None, "rights": "CC0", "source_url": None,
            }  # fmt: skip
            yield str(place), PublishedWork(row, {name: each for name, each in found.items() if each is not None})


def test_both_together_find_as_much_as_the_better_of_them_in_each_language(collection, sides):
    for language in LANGUAGES:
        right: dict[str, list[bool]] = {side: [] for side in sides}
        for subject, fact, said in asked_in(collection, language):
            for query, (side, find) in product(said, sides.items()):
                scenes = [collection.scenes[int(number)] for _, number in find(query)]
                right[side] += [scene.subject == subject and fact in scene.facts for scene in scenes]
                right[side] += [False] * (FIRST - len(scenes))
        precision = {side: float(np.mean(each)) for side, each in right.items()}
        print(language, precision)  # noqa: T201 - shown where it fails
        assert precision["both"] >= max(precision["words"], precision["vectors"]), (language, precision)
    for artist in ARTISTS:
        works = [collection.drawn[int(number)][1] for _, number in sides["both"](artist.name)]
        assert all(artist in work.artists for work in works), artist
