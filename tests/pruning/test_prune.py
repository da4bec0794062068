"""History is removed by age; what the UI, the sensors and the books go by stays."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, LiteralString

import dagster as dg  # noqa: TID251 - it is Dagster's storage that is pruned
import pytest

from museum_assets.archive_files.download.transfer import Downloaded
from museum_assets.archives.imports import imports, roll_back
from museum_assets.archives.load import load
from museum_assets.pruning.dagster_history import prune_snapshots
from museum_assets.pruning.prune import prune
from resources.embedded.dagster_instance import write_configuration
from resources.platform import Platform
from resources.postgres import Connection, Database
from tests.support.a_year import PLATFORM_DAY, copy_run, size
from tests.support.archive_files import HEADER, declared
from tests.support.new_database import NewDatabase

MONTH, YEAR, WEEK = 30, 365, 7
MET_ENDS = 100
"""The last day on which a run for this museum succeeds."""
COUNTS = """
    SELECT (SELECT count(*) FROM ops.harvest) AS harvests, (SELECT count(*) FROM ops.dead_letter) AS letters,
           (SELECT count(*) FROM ops.notice) AS notices, (SELECT count(*) FROM ops.notice_event) AS events
"""
USED = """
    WITH failing AS (
        INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, code, permanent)
        VALUES ('smk', 'stored_thumbnails', 'closed, and still failing', '', '', 'failed', 'image_too_large', true)
    )
    INSERT INTO ops.dead_letter (source, museum, place, reasons, body, arrived_at, state, settled_at)
    VALUES ('stored_thumbnails', 'smk', 'closed, and still failing', '{image_too_large}', '', %(at)s, 'closed', %(at)s),
           ('stored_thumbnails', 'smk', 'closed, and gone', '{image_too_large}', '', %(at)s, 'closed', %(at)s),
           ('kiosk_stream', 'lmnh', 'open', '{unknown_site}', '', %(at)s, 'open', NULL)
"""
BEGAN = datetime.now(UTC)
museums = dg.StaticPartitionsDefinition(["smk", "met"])


@dg.asset(partitions_def=museums, check_specs=[dg.AssetCheckSpec("books_balance", asset="raw")])
def raw(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """An asset with a check, as the platform's are."""
    context.log.info("z" * 1000)
    return dg.MaterializeResult(metadata={"done": 10}, check_results=[dg.AssetCheckResult(passed=True)])


@pytest.fixture
def instance(
    platform: Platform, new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    """Dagster as the platform configures it, in a database of its own."""
    write_configuration(tmp_path / "dagster")
    with new_database() as url:
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", url)
        with dg.DagsterInstance.get() as made:
            made.optimize_for_webserver(statement_timeout=0, pool_recycle=-1, max_overflow=5)
            yield made


@pytest.fixture
def storage(instance: dg.DagsterInstance) -> Database:
    """Dagster's database."""
    return Database(os.environ["DAGSTER_POSTGRES_URL"])


def rows(conn: Connection, statement: LiteralString) -> dict[str, Any]:
    """Return {first column: second column} of what is asked."""
    pairs: list[tuple[str, Any]] = [tuple(row.values()) for row in conn.execute(statement)]  # type: ignore[misc]
    return dict(pairs)


def run(instance: dg.DagsterInstance, slug: str) -> str:
    """Materialize the asset for a museum; return the run's id."""
    return dg.materialize([raw], instance=instance, partition_key=slug).run_id


def test_a_year_of_daily_runs_leaves_both_databases_as_large_as_a_month(
    platform: Platform, instance: dg.DagsterInstance, storage: Database
) -> None:
    smk, met = run(instance, "smk"), run(instance, "met")
    sizes = []
    with platform.database().connect() as conn, storage.connect() as dagster:
        written = 0
        for day in range(MONTH, YEAR, WEEK):
            for each in range(written + 1, day + 1):
                conn.execute(PLATFORM_DAY, {"began": BEGAN, "day": each})
                smk = copy_run(dagster, smk)
                met = copy_run(dagster, met) if each <= MET_ENDS else met
            written = day
            prune(platform, instance, now=BEGAN + timedelta(days=day))
            sizes.append((size(conn, "ops"), size(dagster, "public")))
        counts = conn.execute(COUNTS).fetchone()
        left = rows(dagster, "SELECT partition, count(*) AS n FROM runs GROUP BY 1")
    assert all(late <= 2 * early for early, late in zip(sizes[0], sizes[-1], strict=True)), sizes
    assert counts == {"harvests": 2 * 31, "letters": 200 * 31, "notices": 20 * 31, "events": 100 * 8}
    assert left == {"smk": 31, "met": 1}, "the newest of what has not run since stays"
    assert instance.get_materialized_partitions(raw.key) == {"smk", "met"}
    assert [made.run_id for made in instance.fetch_materializations(raw.key, limit=40).records].count(met) == 1


def test_what_is_in_use_stays_and_a_dry_run_counts_the_rest(
    platform: Platform, instance: dg.DagsterInstance, storage: Database
) -> None:
    first = run(instance, "smk")
    instance.report_runless_asset_event(dg.AssetMaterialization("promoted_database", partition="smk"))
    instance.report_runless_asset_event(dg.AssetMaterialization("promoted_database", partition="smk"))
    output = Path(os.environ["DAGSTER_HOME"]) / "storage"
    assert (output / first).is_dir()
    with platform.database().connect() as conn, storage.connect() as dagster:
        conn.execute(PLATFORM_DAY, {"began": BEGAN, "day": 0})
        conn.execute(PLATFORM_DAY, {"began": BEGAN, "day": 1})
        conn.execute(USED, {"at": BEGAN})
        copy_run(dagster, first)
        later = BEGAN + timedelta(days=100)
        counted, done, again = (prune(platform, instance, now=later, dry_run=dry) for dry in (True, False, True))
        assert [count for _, count in counted] == [count for _, count in done] == [1, 1, 0, 0, 2, 401, 40, 200, 0, 0]
        assert {count for _, count in again} == {0}
        assert rows(conn, "SELECT place, 1 FROM ops.dead_letter").keys() == {"open", "closed, and still failing"}
        assert rows(conn, "SELECT museum, count(*) FROM ops.harvest GROUP BY 1") == {"smk": 1, "met": 1}
    assert not (output / first).exists()


def test_snapshots_of_jobs_go_with_their_last_run(instance: dg.DagsterInstance) -> None:
    @dg.asset(partitions_def=museums, deps=[raw])
    def derived() -> None:
        """Another asset of the same job, so that a run of one asset has a snapshot within the job's."""

    whole = dg.Definitions([raw, derived], jobs=[dg.define_asset_job("all")]).resolve_job_def("all")
    first = run(instance, "smk")
    part = whole.execute_in_process(instance=instance, partition_key="smk", asset_selection=[derived.key]).dagster_run
    before = instance.get_run_by_id(part.run_id)
    assert before and before.job_snapshot_id and before.execution_plan_snapshot_id
    (parent,) = [instance.get_job_snapshot(before.job_snapshot_id).lineage_snapshot]
    assert parent and instance.has_job_snapshot(parent.parent_snapshot_id)
    assert prune_snapshots(instance, BEGAN) == 0, "each has its run"
    instance.delete_run(first)
    assert prune_snapshots(instance, BEGAN) == 2, "the job and its plan"
    assert instance.get_historical_job(before.job_snapshot_id).parent_job_snapshot
    assert instance.get_execution_plan_snapshot(before.execution_plan_snapshot_id)
    instance.delete_run(part.run_id)
    assert prune_snapshots(instance, BEGAN) == 3
    assert run(instance, "smk"), "a job whose snapshots were pruned runs as before"


def test_imports_go_when_two_newer_ones_are_loaded(
    platform: Platform, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    database = platform.database()
    for number in range(4):
        path = tmp_path / f"{number}.txt"
        path.write_text(f"{HEADER}{number}\t5\t\n")
        load(database, declared(), [Downloaded(path, sha256(path.read_bytes()).hexdigest(), path.as_uri())])
    done = {kind.what: count for kind, count in prune(platform, instance, now=datetime.now(UTC) + timedelta(days=31))}
    assert done["superseded imports"] == 2
    with database.connect() as conn:
        assert [each.state for each in imports(conn)] == ["loaded", "loaded", "rolled_back", "rolled_back"]
        assert rows(conn, "SELECT number, 1 FROM archive.loans") == {"3": 1}
    assert roll_back(database, 4, "a test").id == 3
