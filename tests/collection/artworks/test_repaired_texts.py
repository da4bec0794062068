"""A museum's broken text is stored repaired, and a person finds out which records had one."""

from __future__ import annotations

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.stages import STAGES
from museum_assets.collection.where import where
from museum_assets.loop.checks import rows_as_written
from museum_assets.museums import museum
from resources.postgres import Database
from tests.support import stages
from tests.support.transforms import payload, put, run


def test_the_row_its_page_and_its_story_say_what_was_repaired(database: Database) -> None:
    put(database, payload("a", "1", title="Michael\x92s"), payload("b", "2", title="Mo\u0308lln"), payload("c", "3"))
    assert run(database).done == 3
    with database.connect() as conn:
        found = conn.execute("SELECT title, search_text, text_repairs FROM staging.artwork ORDER BY record_id")
        assert [tuple(row.values()) for row in found] == [
            ("Michael’s", "Michael’s, painting", ["title: windows_1252"]),
            ("M\u00f6lln", "M\u00f6lln, painting", ["title: not_nfc"]),
            ("Title", "Title, painting", []),
        ]
        facts = stages.transform(museum("smk")).facts(conn, "smk")
        (story,) = where(conn, "smk:1", STAGES)
        assert rows_as_written(conn, "smk", transformed_artworks).passed
    assert facts == {
        "repaired texts": "title: not_nfc: 1 artworks, such as 2; title: windows_1252: 1 artworks, such as 1"
    }
    assert story["text_repairs"] == ["title: windows_1252"]
