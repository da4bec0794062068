"""Assets of stages: which of them follow what they are made from by themselves."""

from __future__ import annotations

import pytest

from museum_assets.collection.stages import STAGES
from museum_assets.kit.assets import stage_asset
from museum_assets.loop.spec import StageSpec

FOLLOWING = [spec for spec in STAGES if spec.open and spec.follows and spec.deps]


def follows(spec: StageSpec) -> bool:
    return any(each.automation_condition for each in stage_asset(spec).specs)


def test_only_what_is_in_use_follows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JINA_API_KEY", raising=False)
    before = [follows(spec) for spec in FOLLOWING]
    monkeypatch.setenv("JINA_API_KEY", "a key")
    monkeypatch.setenv("SIGLIP_WEIGHTS", "a/model/file.safetensors")
    assert all(follows(spec) for spec in FOLLOWING)
    assert True in before
    assert False in before
