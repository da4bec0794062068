"""What every museum must do: the suite of `museum conform`, over all of them."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.cli.museum_conform import RULES, conform
from museum_assets.core.failures import MuseumError
from museum_assets.museums import MUSEUMS, museum
from museum_assets.museums.museum import Page
from museum_assets.simulator.dialects import dialects

WORKS = 10


@pytest.mark.slow
@pytest.mark.parametrize("slug", [slug for slug in MUSEUMS if slug in dialects()])
def test_every_museum_conforms(slug: str) -> None:
    found = conform(slug, works=WORKS)
    assert [each.rule for each in found] == list(RULES)
    assert [each for each in found if not each.passed] == []


@pytest.mark.slow
def test_a_museum_that_does_not_is_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: Any = museum("tate")
    harvest, read = type(chosen).harvest, type(chosen).read

    def forgetful(self: Any, api: Any, *, checkpoint: Any = None, **given: Any) -> list[Page]:
        pages = list(harvest(self, api, checkpoint=checkpoint, **given))
        return pages[1:] if checkpoint else pages

    def fragile(self: Any, payload: Any) -> Any:
        if payload["title"] is None:
            raise KeyError("title")
        return read(self, payload)

    monkeypatch.setattr(type(chosen), "harvest", forgetful)
    monkeypatch.setattr(type(chosen), "read", fragile)
    monkeypatch.setattr(type(chosen), "image_hosts", ())
    broken = {each.rule: each.told for each in conform("tate", works=WORKS) if not each.passed}
    assert broken.keys() == {"it is resumed after every page", "reading never raises"}
    assert "misses" in broken["it is resumed after every page"]
    assert "KeyError: 'title'" in broken["reading never raises"]


def test_an_unknown_museum_is_refused() -> None:
    with pytest.raises(MuseumError, match="unknown museum"):
        conform("louvre")
