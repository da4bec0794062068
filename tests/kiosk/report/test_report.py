"""A report as the materialization's metadata shows it."""

import dagster as dg  # noqa: TID251 - it is Dagster's metadata that is tried here
import pytest

from museum_assets.definitions import build_definitions
from museum_assets.kiosk.assets.exhibition_report import exhibition_report, report_metadata
from museum_assets.kiosk.report.report import LATEST, REPORT_TABLES, read_report
from resources.dagster_resources import configured_resources
from resources.platform import Platform
from resources.postgres import Database
from tests.support.kiosk_files import Kiosks
from tests.support.kiosk_presses import add_presses
from tests.support.kiosk_tables import add_exhibitions


@pytest.fixture
def tables(database: Database) -> Database:
    add_exhibitions(database, "lmnh", range(3))
    with database.connect() as conn:
        add_presses(conn, "lmnh", [(f"2026-{month}-06 10:00:00", 0, 4, None) for month in ("01", "03")])
        add_presses(conn, "lmnh", [("2026-03-06 11:00:00", 1, 1, None), ("2026-03-06 12:00:00", 1, -1, 0)])
    return database


def test_numbers_chart_and_every_table_are_there(tables: Database) -> None:
    with tables.connect() as conn:
        made = report_metadata(read_report(conn, "lmnh"), "A museum")
    assert made["reviews"] == 3
    assert made["incidents"] == 1
    assert made["average rating, 0 Terrible to 4 Amazing"] == 3.0
    assert (made["best liked"], made["least liked"]) == ("Exhibition 0 (4.00)", "Exhibition 1 (1.00)")
    assert made["chart"].value.startswith("![Visitor feedback of A museum](data:image/svg+xml;base64,")
    shown = {name for name, value in made.items() if isinstance(value, dg.TableMetadataValue)}
    assert shown == set(REPORT_TABLES) - {"floors"}  # there are none
    rows = [record.data for record in made["exhibitions"].records]
    assert [row["code"] for row in rows] == ["EXH_00", "EXH_01", "EXH_02"]
    assert (rows[2]["reviews"], rows[2]["average rating"], rows[2]["incidents"]) == (0, "", 0)
    assert len(made["days"].records) == LATEST
    assert made["days"].records[-1].data["day"] == "2026-03-06"
    assert made["busiest hours"].records[0].data["hour"] == 10


def test_a_museum_without_anything_has_a_report_too(platform: Platform) -> None:
    """Materialized as Dagster does it, on an empty database."""
    found = dg.materialize([exhibition_report], partition_key="lms", resources=configured_resources())
    (event,) = found.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert metadata["reviews"].value == 0
    assert "best liked" not in metadata
    assert "exhibitions" not in metadata


def test_a_museum_without_presses_has_no_busiest_hour(tables: Database) -> None:
    add_exhibitions(tables, "lms", range(1))
    with tables.connect() as conn:
        busiest = read_report(conn, "lmnh").tables["busiest hours"]
        report = read_report(conn, "lms")
    assert {row["hour"] for row in busiest} == {10, 11, 12}, "an hour without a press is none of them"
    assert [row["reviews"] for row in report.tables["exhibitions"]] == [0]
    assert report.tables["busiest hours"] == []
    assert {row["reviews"] + row["incidents"] for row in report.tables["hours"]} == {0}, "it is open all the same"


def test_no_table_has_the_name_of_a_number() -> None:
    assert not {"reviews", "incidents", "chart", "best liked", "least liked"} & set(REPORT_TABLES)


def test_files_alone_make_a_report_where_everything_is_materialized_at_once(
    lms: Kiosks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without brokers there is no live stream to read, which keeps nothing else back."""
    monkeypatch.setenv("MUSEUM_KIOSK_BUCKET_LMS", lms.source.bucket)
    monkeypatch.setenv("KIOSK_COMBINED_BUCKET", lms.combined.bucket)
    group = build_definitions().resolve_asset_graph().asset_keys_for_group("kiosk")
    job = build_definitions().resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        found = job.execute_in_process(partition_key="lms", asset_selection=sorted(group), instance=instance)
    made = {event.asset_key for event in found.all_events if event.is_step_materialization}
    assert group - made == {dg.AssetKey("live_feedback")}
