"""A vector of a test's own: one spec and one embedder, and everything else about it follows."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import dagster as dg  # noqa: TID251 - it is Dagster's view that is tried here
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from museum_assets import catalogue
from museum_assets.cli.app import app
from museum_assets.collection import stages
from museum_assets.collection.vectors.embedders import EmbedderSpec
from museum_assets.collection.vectors.stages import embedding
from museum_assets.core.failures import Failure
from museum_assets.definitions import build_definitions
from museum_assets.simulator.server import Running
from resources.embedders.embedder import Vector, unit
from resources.platform import Platform
from tests.support import whole_pipeline

REFUSED = "SELECT record_id, s3_key FROM staging.thumbnail WHERE museum = 'smk' ORDER BY record_id LIMIT 1"


class Toy:
    """The mean colour and brightness of an image; a refused one has none."""

    name, dimension, contract = "toy", 4, "toy:1"

    def __init__(self, refused: set[bytes]) -> None:
        self.refused = refused

    def embed_images(self, images: Sequence[bytes]) -> list[Vector | Failure]:
        """Embed each as float32 [4]."""
        return [self._one(image) for image in images]

    def _one(self, image: bytes) -> Vector | Failure:
        if image in self.refused:
            return Failure("the toy does not like it", code="toy_dislike", permanent=True)
        red, green, blue = np.asarray(Image.open(io.BytesIO(image)).convert("RGB"), np.float64).mean(axis=(0, 1)) + 1
        return unit(np.array([red, green, blue, red + green + blue]))

    def embed_texts(self, texts: Sequence[str]) -> list[Vector | Failure]:
        """Not called: the toy embeds images only."""
        raise NotImplementedError


@pytest.fixture
def refused() -> set[bytes]:
    """The images that the toy refuses."""
    return set()


@pytest.fixture
def image_toy(monkeypatch: pytest.MonkeyPatch, refused: set[bytes]) -> str:
    """The list of stages with one more at its end: all that a new vector takes."""
    toy = EmbedderSpec("toy", 4, lambda _: Toy(refused))
    monkeypatch.setattr(stages, "STAGES", (*stages.STAGES, embedding("image_toy", "image", toy)))
    return "image_toy"


def museum(*arguments: str, code: int = 0) -> Any:
    """Run `museum` and return its JSON."""
    done = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def test_dagster_knows_it(image_toy: str) -> None:
    graph = build_definitions().resolve_asset_graph()
    node, image_clip = graph.get(dg.AssetKey(image_toy)), graph.get(dg.AssetKey("image_clip"))
    assert (node.parent_keys, node.group_name, node.partitions_def, node.owners) == (
        image_clip.parent_keys, image_clip.group_name, image_clip.partitions_def, image_clip.owners)  # fmt: skip
    checks = {key.name for key in graph.asset_check_keys if key.asset_key == dg.AssetKey(image_toy)}
    assert checks == {key.name for key in graph.asset_check_keys if key.asset_key == dg.AssetKey("image_clip")}
    assert {"books_balance", "failure_ratio", "vectors_match_ledger", "nearest_is_itself"} <= checks
    assert dg.AssetKey(image_toy) in graph.get(dg.AssetKey("staging_database")).parent_keys, "a release waits for it"
    assert image_toy in catalogue.letter_sources()


def test_it_runs_and_shows_everywhere(
    platform: Platform, simulator: Running, image_toy: str, refused: set[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dg.DagsterInstance, "get", staticmethod(dg.DagsterInstance.ephemeral))
    whole_pipeline.gather(platform, "smk")
    for name in ("transformed_artworks", "indexed_artworks", "stored_thumbnails"):
        whole_pipeline.run(platform, "smk", name)
    with platform.database().connect() as conn:
        row = conn.execute(REFUSED).fetchone()
        assert row is not None
    refused.add(platform.thumbnails().get(row["s3_key"]))

    (ran,) = museum("run", image_toy, "--museum", "smk", code=1)
    made = ran["assets"][image_toy]
    assert {check["check"] for check in ran["checks"]} == {"failure_ratio"}
    assert (made["failed"], made["done"] + 1) == (1, made["inputs"])

    (state,) = [each for each in museum("status", "--museum", "smk") if each["stage"] == image_toy]
    assert (state["done"], state["failed_by_code"]) == (made["done"], {"toy_dislike": 1})
    (story,) = museum("where", f"smk:{row['record_id']}")
    (step,) = [step for step in story["steps"] if step["stage"] == image_toy]
    assert (step["state"], step["code"]) == ("failed for good", "toy_dislike")
    (letter,) = museum("dead-letters", "list", "--source", image_toy)["letters"]
    assert (letter["reasons"], letter["museum"]) == (["toy_dislike"], "smk")
    with platform.vector_index().open() as session:
        assert image_toy in session.vectors

    refused.clear()
    (again,) = museum("run", image_toy, "--museum", "smk", "--retry-failed")
    assert again["assets"][image_toy]["done"] == 1
    assert again["good"]
    assert again["checks"] == []
