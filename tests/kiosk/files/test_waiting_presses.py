"""Presses wait for the exhibition that they belong to, in whatever order the files come."""

from __future__ import annotations

from museum_assets.kiosk.stream.stream import consume
from resources.kafka import Kafka
from tests.support.feedback import HISTORY, letters, stored
from tests.support.kafka_broker import running_broker
from tests.support.kiosk_files import HEADER, Kiosks, exhibition


def test_presses_wait_for_their_exhibition_and_load_when_it_appears(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    wait = 2 * "2023-03-06 10:00:00,6,4,\n" + "2023-03-06 10:00:00,7,4,\n"
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + wait + "2023-03-06 10:00:00,0,1,\n2023-03-06 10:00:00,6,9,\n"})
    report = lmnh.load()
    assert (report.loaded, report.rejected) == (1, 4)
    lmnh.exhibitions(6)
    report = lmnh.load()
    assert (report.loaded, report.rejected, report.replayed, report.exhibitions) == (0, 0, 2, 1)
    assert stored(lmnh) == [("03-06 10:00:00", 0, 1, None), *2 * [("03-06 10:00:00", 6, 4, None)]]
    assert lmnh.outcomes() == {"lmnh_hist_data_0.csv": ("loaded", 5, 3, 0, 2)}
    assert sorted(letter.reasons for letter in letters(lmnh)) == [["unknown_site"], ["val_out_of_range"]]
    # The same presses in another file, now that the exhibition is there: no third press.
    lmnh.put({"lmnh_hist_data_1.csv": HEADER + 2 * "2023-03-06 10:00:00,6,4,\n"})
    lmnh.load()
    assert lmnh.outcomes()["lmnh_hist_data_1.csv"] == ("loaded", 2, 0, 2, 0)


def test_messages_of_the_stream_that_waited_for_the_exhibition_load_with_its_file(lmnh: Kiosks) -> None:
    with running_broker() as broker:
        broker.produce("lmnh", [b'{"at": "2024-10-21T09:21:24.254719+01:00", "site": "6", "val": 4}'])
        kafka = Kafka({"bootstrap.servers": broker.servers})
        assert consume(lmnh.database, lmnh.museum, kafka, lambda: False, catch_up=True).rejected == 1
    lmnh.exhibitions(6)
    assert lmnh.load().replayed == 1
    assert stored(lmnh) == [("10-21 08:21:24", 6, 4, None)]


def test_the_order_in_which_exhibitions_arrive_does_not_matter(lmnh: Kiosks) -> None:
    for site in (5, 0, 3):
        lmnh.exhibitions(site)
        lmnh.load()
    with lmnh.database.connect() as conn:
        rows = conn.execute(
            "SELECT site, exhibition_id, exhibition_code FROM kiosk.exhibition ORDER BY site"
        ).fetchall()
    assert [tuple(row.values()) for row in rows] == [(0, 1, "EXH_00"), (3, 4, "EXH_03"), (5, 6, "EXH_05")]


def test_a_renamed_and_moved_exhibition_is_updated_and_keeps_its_presses(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY})
    lmnh.load()
    lmnh.put({"lmnh_exhibition_0.json": exhibition(0, EXHIBITION_NAME="New", FLOOR="Vault", DEPARTMENT="Botany")})
    report = lmnh.load()
    assert (report.exhibitions, [file.key for file in report.files]) == (1, ["lmnh_exhibition_0.json"])
    with lmnh.database.connect() as conn:
        shown = conn.execute(
            "SELECT exhibition, department, floors, reviews FROM kiosk.exhibition_feedback WHERE reviews = 1"
            " AND exhibition_code = 'EXH_00'"
        ).fetchone()
    assert shown == {"exhibition": "New", "department": "Botany", "floors": "Vault", "reviews": 1}
    # Back to what it was: an ETag that was seen before.
    lmnh.exhibitions(0)
    assert (lmnh.load().exhibitions, lmnh.load().files) == (1, [])
    with lmnh.database.connect() as conn:
        assert [row["name"] for row in conn.execute("SELECT name FROM kiosk.department WHERE museum = 'lmnh'")] == [
            "Zoology"
        ]


def test_two_files_that_claim_one_code(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    lmnh.put({"lmnh_exhibition_zebra.json": exhibition(0, EXHIBITION_NAME="Usurper")})
    lmnh.load()
    (letter,) = letters(lmnh)
    assert (letter.reasons, letter.place.partition("@")[0]) == (["exhibition_code_taken"], "lmnh_exhibition_zebra.json")
    assert "delete one of the two files" in (letter.message or "")
    # When the first is gone, the second one's turn has come.
    lmnh.source.delete_many(["lmnh_exhibition_0.json"])
    lmnh.load()
    with lmnh.database.connect() as conn:
        assert [row["name"] for row in conn.execute("SELECT name FROM kiosk.exhibition")] == ["Usurper"]
    assert letters(lmnh) == []
