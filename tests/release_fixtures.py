"""A workplace on the real services, and a museum staged there as the pipeline leaves it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from museum_assets.releases.candidate import make_candidate
from museum_assets.releases.promotion import Promoted, Request, promote
from museum_assets.releases.workplace import Workplace, workplace
from museum_assets.settings import Settings
from resources.platform import production_thumbnails, thumbnails
from tests.release_tables import stage

Publish = Callable[..., Promoted]


@pytest.fixture
def work(platform: Settings) -> Workplace:
    """Where releases are made, with the buckets and the working collection there."""
    production_thumbnails(platform).ensure_bucket()
    made = workplace(platform)
    with made.index.open() as session:
        session.ensure_collection()
    return made


@pytest.fixture
def publish(work: Workplace, platform: Settings) -> Publish:
    """Stage so many works of a museum, make the candidate and promote it."""

    def publish(museum: str = "smk", works: int = 10, **kwargs: object) -> Promoted:
        say = str(kwargs.pop("say", ""))
        stage(work.platform, museum, works, say=say, bucket=thumbnails(platform))
        make_candidate(work.platform, work.production, museum)
        return promote(work, Request(museum, "Ida", "test", **kwargs))  # type: ignore[arg-type]

    return publish
