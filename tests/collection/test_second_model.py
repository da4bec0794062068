"""A second open model beside CLIP: both embed in one run, and a search meets the vectors of the one that is chosen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.collection.stages import STAGES, vectors_of
from museum_assets.collection.vectors.embedders import SEARCHED
from museum_assets.core.settings import Settings
from museum_assets.loop.checks import checks_of
from museum_assets.releases.desk import release_desk
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import PromotionRequest
from museum_assets.releases.staging.candidate import stage_candidate
from museum_assets.simulator.server import Running
from resources.platform import Platform
from resources.vector_index.index import contract_field
from resources.vector_index.session import VectorIndex
from tests.support import whole_pipeline
from tests.support.second_model import second_model

SECOND, CLIP = vectors_of("siglip"), vectors_of("clip")


def museum(*arguments: str) -> Any:
    """Run `museum` and return its JSON, or what it says when it fails."""
    done = CliRunner().invoke(app, [*arguments, "--json"])
    return json.loads(done.stdout) if done.exit_code == 0 else done.output + str(done.exception)


def vectors(index: VectorIndex, name: str) -> dict[str, np.ndarray]:
    """Return every work's vector of a name, by object number, after a look at its contract."""
    with index.open() as session:
        points = session.retrieve(list(session.ids("smk")), with_vectors=True)
    model = {"clip": "demo:", "siglip": "tiny-second:"}[name.partition("_")[2]]
    assert all(point.payload[contract_field(name)].startswith(model) for point in points if name in point.vectors)
    return {point.payload["object_number"]: point.vectors[name] for point in points if name in point.vectors}


def alike(of: dict[str, np.ndarray], number: str) -> list[str]:
    """Return the other works, the nearest to this one first."""
    return sorted(of.keys() - {number}, key=lambda other: -float(of[number] @ of[other]))


def test_two_models_side_by_side(
    platform: Platform, simulator: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_pipeline.run_all(platform, ["smk"])
    with platform.vector_index().open() as session:
        assert not {*SECOND} & {*session.vectors}, "it is off by default"

    def search_by(model: str) -> None:
        monkeypatch.setenv("SEARCH_MODEL", model)

    search_by("siglip")
    for command in (["search", "skib"], ["similar", "smk:KMS1"], ["search", "skib", "--production"]):
        assert "SEARCH_MODEL is siglip. The SigLIP model is not active: set SIGLIP_WEIGHTS=" in museum(*command)
    for name, value in second_model(tmp_path).items():
        monkeypatch.setenv(name, value)
    assert "or set SIGLIP_MODEL and SIGLIP_WEIGHTS to what they were made with" in museum("search", "skib")

    both = Platform.from_settings()
    books = whole_pipeline.run_all(both, ["smk"])
    assert all(books["smk", name].done == books["smk", name].inputs > 0 for name in SECOND)
    assert not any(books["smk", name].done for name in CLIP), "CLIP's stay as they are"
    with both.database().connect() as conn:
        for name in SECOND:
            findings = {
                check.name: check.evaluate(both, conn, "smk") for check in checks_of(whole_pipeline.SPECS[name])
            }
            assert {check: finding.description for check, finding in findings.items() if not finding.passed} == {}

    by_looks = {model: vectors(both.vector_index(), f"image_{model}") for model in SEARCHED}
    number = next(each for each in by_looks["clip"] if len({alike(of, each)[0] for of in by_looks.values()}) == 2)
    stage_candidate(both.database(), both.production(), "smk")
    both.production_thumbnails().ensure_bucket()
    promote(release_desk(both), PromotionRequest("smk", "Ida", "test"))
    for model, of in by_looks.items():
        search_by(model)
        assert museum("similar", f"smk:{number}")[0]["object_number"] == alike(of, number)[0]
        assert museum("similar", f"smk:{number}", "--production")[0]["object_number"] == alike(of, number)[0]
        assert len(museum("search", "skib", "--limit", "3")) == 3
        assert museum("search", "skib", "--production")


def test_what_may_be_searched_by_is_one_list() -> None:
    allowed = Settings.model_json_schema()["properties"]["search_model"]["enum"]
    assert [*SEARCHED] == allowed
    assert all(vectors_of(model) for model in allowed)
    made = {(spec.vector.embedder, spec.vector.dimension) for spec in STAGES if spec.vector}
    assert {(spec.name, spec.dimension) for spec in SEARCHED.values()} <= made
