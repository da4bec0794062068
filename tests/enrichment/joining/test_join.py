"""Joining over real tables: what is written, what a second run finds, and what goes with its maker."""

from __future__ import annotations

from typing import Any

from museum_assets.enrichment.assets.joined_identities import joining_metadata
from museum_assets.enrichment.joining.join import join
from resources.postgres import Database


def add(
    database: Database, museum: str, number: str, name: str, *, id_: str, qualifier: str = "", links: str = ""
) -> None:
    key = f"{museum}:{id_} ({qualifier})" if qualifier else f"{museum}:{id_}"
    with database.connect() as conn:
        conn.execute(
            "INSERT INTO staging.makers (museum, object_number, position, maker_key, name, qualifier, birth_year,"
            " death_year, museum_id, links) VALUES (%s, %s, 1, %s, %s, %s, 1626, 1679, %s, %s)",
            (museum, number, key, name, qualifier or None, id_, [links] if links else []),
        )


def rows(database: Database) -> dict[str, tuple[Any, ...]]:
    with database.connect() as conn:
        found = conn.execute("SELECT * FROM staging.joined_identities").fetchall()
    return {row["maker_key"]: (row["identity"], row["label"], row["method"]) for row in found}


def test_makers_are_joined_and_a_second_run_changes_nothing(database: Database) -> None:
    add(database, "smk", "KMS1", "Steen, Jan", id_="1")
    add(database, "smk", "KMS2", "Steen, Jan", id_="1", qualifier="after")
    add(database, "met", "49.1", "Jan Steen", id_="2")
    add(database, "met", "49.2", "Jan Steen", id_="2")
    done = join(database)
    assert (done.makers, done.identities, done.shared, done.changed) == (3, 2, 1, 3)
    assert rows(database) == {
        "met:2": ("met:2", "Jan Steen", "inferred"),
        "smk:1": ("met:2", "Jan Steen", "inferred"),
        "smk:1 (after)": ("smk:1 (after)", "Jan Steen (after)", "alone"),
    }
    assert done.largest == [{"artist": "Jan Steen", "identity": "met:2", "museums": "met, smk", "works": 3}]
    assert joining_metadata(done)["makers inferred"] == 2
    assert join(database).changed == 0


def test_decisions_links_and_the_authority_count_and_what_is_gone_goes(database: Database) -> None:
    add(database, "smk", "KMS1", "Steen, Jan", id_="1", links="http://vocab.getty.edu/ulan/500007")
    add(database, "met", "49.1", "Jan Steen", id_="2")
    add(database, "rma", "SK-A-1", "Jan Steen", id_="3")
    with database.connect() as conn:
        conn.execute(
            "INSERT INTO staging.artist_identities (museum, maker_key, authority, identity, label, method, score,"
            " candidates) VALUES ('met', 'met:2', 'ulan', '500007', 'Steen, Jan', 'reconciled', 0.95, '[]')"
        )
        conn.execute(
            "INSERT INTO ops.correction (museum, record_id, kind, field, value, why, made_by)"
            " VALUES ('rma', 'rma:3', 'split', 'met:2', '\"met:2\"', 'another Steen', 'Ida')"
        )
    join(database)
    found = rows(database)
    assert {key: each[0] for key, each in found.items()} == {
        "smk:1": "ulan:500007", "met:2": "ulan:500007", "rma:3": "rma:3"
    }  # fmt: skip
    assert (found["smk:1"][2], found["met:2"][2]) == ("given", "reconciled")
    with database.connect() as conn:
        conn.execute("DELETE FROM staging.makers WHERE museum = 'met'")
    join(database)
    # The one that it was kept from is gone.
    assert {key: each[::2] for key, each in rows(database).items()} == {
        "smk:1": ("ulan:500007", "given"), "rma:3": ("ulan:500007", "inferred")
    }  # fmt: skip


def test_whom_people_accepted_or_refused_counts_before_links_and_the_authority(database: Database) -> None:
    link = "http://vocab.getty.edu/ulan/500007"
    for museum in ("smk", "met", "rma", "aic"):
        add(database, museum, "1", f"Jan Steen {museum}", id_="1", links=link)
    decided = {
        "met": ("refuse", "ulan:500007", '{"authority": "ulan", "identity": "500007"}'),
        "rma": ("refuse", "", None),
        "aic": ("accept", "", '{"authority": "ulan", "identity": "9"}'),
    }
    with database.connect() as conn:
        for museum, (kind, field, value) in decided.items():
            conn.execute(
                "INSERT INTO ops.correction (museum, record_id, kind, field, value, why, made_by)"
                " VALUES (%s, %s, %s, %s, %s, 'seen', 'Ida')",
                (museum, f"{museum}:1", kind, field, value),
            )
        conn.execute("UPDATE staging.makers SET birth_year = NULL, death_year = NULL")
    join(database)
    assert {key: each[::2] for key, each in rows(database).items()} == {
        "smk:1": ("ulan:500007", "given"), "met:1": ("met:1", "alone"), "rma:1": ("rma:1", "alone"),
        "aic:1": ("ulan:9", "curated"),
    }  # fmt: skip
