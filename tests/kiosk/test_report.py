"""A report as the materialization's metadata shows it."""

import dagster as dg  # noqa: TID251 - it is Dagster's metadata that is tried here
import pytest
from kiosk_presses import add_presses
from kiosk_tables import add_exhibitions

from museum_assets.kiosk.assets.exhibition_report import exhibition_report, report_metadata
from museum_assets.kiosk.report import LATEST, TABLES, read_report
from museum_assets.settings import Settings
from resources.configured import Postgres
from resources.postgres import Database

pytestmark = pytest.mark.integration


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
    assert shown == set(TABLES) - {"floors"}  # there are none
    rows = [record.data for record in made["exhibitions"].records]
    assert [row["code"] for row in rows] == ["EXH_00", "EXH_01", "EXH_02"]
    assert (rows[2]["reviews"], rows[2]["average rating"], rows[2]["incidents"]) == (0, "", 0)
    assert len(made["days"].records) == LATEST
    assert made["days"].records[-1].data["day"] == "2026-03-06"
    assert made["busiest hours"].records[0].data["hour"] == 10


def test_a_museum_without_anything_has_a_report_too(platform: Settings) -> None:
    """Materialized as Dagster does it, on an empty database."""
    found = dg.materialize([exhibition_report], partition_key="lms", resources={"postgres": Postgres()})
    (event,) = found.asset_materializations_for_node("exhibition_report")
    assert event.metadata["reviews"].value == 0
    assert "best liked" not in event.metadata
    assert "exhibitions" not in event.metadata


def test_no_table_has_the_name_of_a_number() -> None:
    assert not {"reviews", "incidents", "chart", "best liked", "least liked"} & set(TABLES)
