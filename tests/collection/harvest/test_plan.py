"""The plan of a harvest is what then happens."""

import json
import os
from pathlib import Path

import dagster as dg  # noqa: TID251 - it is Dagster that shows the plan beside what happened
import pytest

from museum_assets.cli.planning import show_plans
from museum_assets.collection.harvest.plan import plan_and_fact, plan_harvest
from museum_assets.definitions import build_definitions
from museum_assets.museums import MUSEUMS
from museum_assets.museums.museum import Leg, Page
from museum_assets.simulator.server import Running, Simulator, running
from resources.embedded.dagster_instance import write_configuration
from resources.platform import Platform
from tests.support.new_database import NewDatabase

WORKS = dict.fromkeys(MUSEUMS, 30) | {"aic": 130, "rma": 300}
"""More than a page of AIC and of OAI-PMH holds, and more than the objects of MET's sample."""


def test_the_plan_of_a_harvest_is_what_happens(
    platform: Platform,
    new_database: NewDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_configuration(Path(os.environ["DAGSTER_HOME"]))
    job = build_definitions().resolve_job_def("harvest")
    with running(Simulator(works_per_museum=WORKS)) as simulator, new_database() as url:
        for name, value in {**simulator.environment, "DAGSTER_POSTGRES_URL": url}.items():
            monkeypatch.setenv(name, value)
        assert show_plans(MUSEUMS, as_json=True) == 0
        plans = json.loads(capsys.readouterr().out)
        simulator.reset_counts()
        with dg.DagsterInstance.get() as instance:
            for slug in MUSEUMS:
                ran = job.execute_in_process(partition_key=slug, instance=instance)
                (made,) = ran.asset_materializations_for_node("raw_metadata")
                fact = {name: value.value for name, value in made.metadata.items()}
                assert plans[slug]["requests"] == fact["requests"], slug
                assert fact["bytes"] == pytest.approx(plans[slug]["bytes"], rel=0.2), slug
                assert f"| requests | {fact['requests']:,} | {fact['requests']:,} | +0% |" in str(fact["plan"])
        again = plan_harvest(platform, "tate")
        assert (again.requests, again.bytes) == (1, 0), "the edition on this machine is still the newest"


def test_a_host_that_asked_for_less_takes_longer(platform: Platform, simulator: Running) -> None:
    before = plan_harvest(platform, "smk")
    with platform.database().connect() as conn:
        conn.execute("UPDATE ops.host_rate SET rate = rate / 4")
    after = plan_harvest(platform, "smk")
    assert (before.requests, before.seconds) == (after.requests, (after.seconds or 0) / 4)


def test_a_scope_takes_as_many_requests_as_it_has_pages() -> None:
    first = Page("maleri", [], {"scope": "maleri", "offset": 2000}, listed=2000, total=4001)
    assert Leg.of(first) == Leg("maleri", 3, 4001, 2000 / 4001)
    nothing_counted = Page("all", [], {"scope": "all", "token": "t"}, listed=50, total=None)
    assert Leg.of(nothing_counted) == Leg("all", None, None, 1.0)


def test_what_was_not_known_is_not_compared() -> None:
    table = plan_and_fact({"requests": 4}, {"requests": 5, "bytes": 1000})
    assert table.splitlines()[2:] == ["| requests | 4 | 5 | +25% |", "| bytes | not known | 1,000 |  |"]
