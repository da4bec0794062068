"""Records that could not be fetched are asked for again, by themselves, before a harvest counts as complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from museum_assets.archive_files.opening import open_client
from museum_assets.collection.harvest.checks import harvest_complete
from museum_assets.collection.harvest.harvest import harvest
from museum_assets.collection.harvest.stage import raw_metadata
from museum_assets.core.failures import Failure, Unavailable
from museum_assets.museums import museum
from museum_assets.museums.museum import Api
from museum_assets.simulator.server import Simulator, running
from resources.platform import Platform
from tests.support.museum_apis import MuseumApi


class Outage(MuseumApi):
    """A museum's API for which single objects are unavailable."""

    def __init__(self, api: Api, lost: set[str]) -> None:
        self.api = api
        self.base = api.base
        self.lost = lost

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self.api.json(path, params)

    def json_each(self, paths: Iterable[str]) -> Iterator[tuple[str, Any | Failure]]:
        for path, answer in self.api.json_each(paths):
            lost = path.rsplit("/", 1)[-1] in self.lost
            yield path, Unavailable(f"{path}: HTTP 503, for this test") if lost else answer


def test_an_object_that_fails_keeps_the_harvest_open_and_is_fetched_alone(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, lost = platform.database(), {"430003", "430004"}
    with running(Simulator(works_per_museum=40)) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        with open_client(platform, "met") as api:
            first = harvest(db, museum("met"), Outage(api, lost))
        assert (first.state, first.failed) == ("open", len(lost))
        with db.connect() as conn:
            finding = harvest_complete(conn, "met", raw_metadata)
        assert not finding.passed
        assert "2 records to fetch again" in finding.description

        server.reset_counts()
        with open_client(platform, "met") as api:
            second = harvest(db, museum("met"), api)
        assert (second.state, second.resumed, second.failed) == ("complete", True, 0)
        assert second.new == first.new + len(lost)
        assert server.counts()["met"]["object"] == len(lost)


def test_a_record_that_fails_twice_is_settled_by_the_third_run(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, lost = platform.database(), {"430003"}
    with running(Simulator(works_per_museum=20)) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        with open_client(platform, "met") as api:
            states = [harvest(db, museum("met"), Outage(api, lost)).state for _ in range(2)]
            states.append(harvest(db, museum("met"), api).state)
    assert states == ["open", "open", "complete"]


def test_retry_failed_asks_for_what_was_given_up_and_for_nothing_else(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, lost = platform.database(), {"430003", "430004"}
    with running(Simulator(works_per_museum=20)) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        with open_client(platform, "met") as api:
            harvest(db, museum("met"), Outage(api, lost))
            with db.connect() as conn:
                conn.execute("UPDATE ops.ledger SET permanent = true")
            server.reset_counts()
            report = harvest(db, museum("met"), api, retry_failed=True)
        assert (report.state, report.new, report.failed) == ("retried", len(lost), 0)
        assert server.counts()["met"] == {"object": len(lost)}
