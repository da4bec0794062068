"""The demo's model finds what a query says, among drawings of seeds that it never saw.

Measured in November 2026: of the first ten 0.964 show it for English queries, 0.963 for Danish and 0.964 for Dutch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from museum_assets.core.failures import Failure
from museum_assets.images.thumbnail import make_thumbnail
from museum_assets.simulator import drawing
from museum_assets.simulator.captions import asked, queries
from museum_assets.simulator.faults import MUSEUMS
from museum_assets.simulator.lexicon import LANGUAGES
from museum_assets.simulator.scenes import Scene
from museum_assets.simulator.works import SimulatedWork, Works
from resources.embedders.clip import ClipEmbedder
from resources.embedders.embedder import Vector
from resources.embedders.weights import DEMO, DEMO_FOLDER, resolve
from resources.vector_index.index import Hit
from resources.vector_index.search import DEPTH, fuse

pytestmark = pytest.mark.slow

WORKS, FIRST, SEED = 1_000, 10, 777
SPOKEN = {"smk": "da", "rma": "nl"}
"""The language of a museum's titles, where it is not English."""


@dataclass
class Collection:
    """Works with their vectors, as the pipeline makes them, and the model."""

    clip: ClipEmbedder
    scenes: list[Scene]
    images: np.ndarray
    texts: np.ndarray
    titled: list[int]

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
        [work.scene for _, work in drawn],
        stacked(clip.embed_images([thumbnail(work) for _, work in drawn])),
        stacked(clip.embed_texts(list(texts.values()))),
        list(texts),
    )


def thumbnail(work: SimulatedWork) -> bytes:
    """Return a thumbnail of the work's picture, which is drawn at a third of its size: the test has 1,000 of them."""
    picture = drawing.jpeg(work.scene, -(-work.width // 3), -(-work.height // 3))
    return make_thumbnail(picture, max_dimension=800, quality=85).jpeg


def text(slug: str, work: SimulatedWork) -> str:
    """Return the text that is embedded, as `museum_assets.collection.artworks.mapping` composes it."""
    assert work.titles
    title = work.titles[LANGUAGES.index(SPOKEN.get(slug, "en"))]
    by = ["by " + ", ".join(artist.name for artist in work.artists)] if work.artists else []
    return ", ".join([title, *by, work.traits.kind, *([str(work.start)] if work.start else [])])


@pytest.mark.parametrize("language", LANGUAGES)
def test_nine_of_the_first_ten_show_what_a_query_says(collection, language):
    counted = Counter((scene.subject, fact) for scene in collection.scenes for fact in scene.facts)
    precisions = {}
    for subject, fact in asked():
        if counted[subject, fact] >= FIRST:
            found = collection.find(queries(subject, fact, LANGUAGES.index(language))[::7])
            shown = [scene.subject == subject and fact in scene.facts for scenes in found for scene in scenes]
            precisions[subject, fact] = np.mean(shown)
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
