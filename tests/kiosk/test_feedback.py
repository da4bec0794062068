"""Files of a bucket into the tables: what each case comes to, file by file and press by press."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from kafka_broker import running_broker
from kiosk_files import HEADER, NOW, Kiosks, exhibition
from kiosk_tables import presses

from museum_assets.audit import kiosk as audit
from museum_assets.dead_letters.letters import Chosen, StoredLetter, list_letters, open_letters
from museum_assets.failures import Failure, MuseumError, Unavailable
from museum_assets.kiosk import feedback, source_files
from museum_assets.kiosk.combined import keys, opened
from museum_assets.kiosk.feedback import load
from museum_assets.kiosk.load import load_staged
from museum_assets.kiosk.outcomes import files_accounted
from museum_assets.kiosk.stream import consume
from resources.kafka import Kafka
from resources.postgres import Busy, Database

pytestmark = pytest.mark.integration

ROWS = "2023-03-06 10:00:00,0,4,\n2023-03-06 10:00:01,1,-1,0.0\n2023-03-06 10:00:02,1,0,\n"
HISTORY = HEADER + ROWS


def stored(kiosks: Kiosks) -> list[tuple[Any, ...]]:
    with kiosks.database.connect() as conn:
        found = presses(conn, kiosks.museum.slug)
        balance = audit.books_agree(conn, kiosks.museum.slug)
    assert balance.passed, balance.description
    return [(at.astimezone(UTC).strftime("%m-%d %H:%M:%S"), *rest) for at, *rest in found]


def letters(kiosks: Kiosks) -> list[StoredLetter]:
    with kiosks.database.connect() as conn:
        return list(open_letters(conn, "kiosk_file", kiosks.museum.slug))


THREE = [("03-06 10:00:00", 0, 4, None), ("03-06 10:00:01", 1, -1, 0), ("03-06 10:00:02", 1, 0, None)]


@pytest.mark.parametrize(
    "body",
    [
        HISTORY,
        HISTORY.rstrip("\n"),
        "\ufeff" + HISTORY,
        HISTORY.replace("\n", "\r\n"),
        HISTORY.replace("\n", "\n\n"),
        HISTORY + HISTORY.splitlines()[0] + "\n",
        "type,val,extra,site,AT\n,4,x,0,06/03/2023 10:00:00\n0,-1.0,,1,06/03/23 10:00:01\n,0.0,,1,2023-03-06T10:00:02Z",
    ],
    ids=["plain", "no newline at the end", "byte order mark", "CRLF", "blank lines", "repeated header", "columns"],
)
def test_the_same_three_presses_however_they_are_written(lmnh: Kiosks, body: str) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": body})
    assert lmnh.load().loaded == 3
    assert stored(lmnh) == THREE
    assert lmnh.outcomes() == {"lmnh_hist_data_0.csv": ("loaded", 3, 3, 0, 0)}


def test_every_file_has_a_stated_outcome_and_decoys_have_none(lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(source_files.LARGEST, "history", 10_000)
    lmnh.exhibitions(0, 1)
    files = {
        "lmnh_hist_data_0.csv": HISTORY,
        "lmnh_hist_data_1.csv": "",
        "lmnh_hist_data_2.csv": HEADER,
        "lmnh_hist_data_3.csv": "when,where\n1,2\n",
        "lmnh_hist_data_4.csv": HEADER.encode() + b"2023-03-06 10:00:00,\xff,1,\n",
        "lmnh_hist_data_5.csv": HEADER + ROWS * 200,
        "lmnh_hist_data_6.csv": HEADER + "2023-03-06 10:00:00,0,9,\n2023-03-06 10:00:05,0,1,\n",
        "lmnh_hist_data_7.csv": HISTORY,
    }
    lmnh.put(files)
    lmnh.put({"lmnh_hist_data_8.csv.bak": HISTORY, "lmnh_exhibition": "", "archive/lmnh_hist_data_9.csv": HISTORY,
              "chipotle_stores.csv": HISTORY, "lms_hist_data_0.csv": HISTORY})  # fmt: skip
    fed = lmnh.load()
    assert lmnh.outcomes() == {
        "lmnh_hist_data_0.csv": ("loaded", 3, 3, 0, 0),
        "lmnh_hist_data_1.csv": ("empty", 0, 0, 0, 0),
        "lmnh_hist_data_2.csv": ("empty", 0, 0, 0, 0),
        "lmnh_hist_data_3.csv": ("refused", 0, 0, 0, 0),
        "lmnh_hist_data_4.csv": ("refused", 0, 0, 0, 0),
        "lmnh_hist_data_5.csv": ("refused", 0, 0, 0, 0),
        "lmnh_hist_data_6.csv": ("loaded", 2, 1, 0, 1),
        "lmnh_hist_data_7.csv": ("same_content", 0, 0, 0, 0),
    }
    assert {letter.place.partition("@")[0]: letter.reasons for letter in letters(lmnh)} == {
        "lmnh_hist_data_3.csv": ["missing_column"],
        "lmnh_hist_data_4.csv": ["not_utf8"],
        "lmnh_hist_data_6.csv": ["val_out_of_range"],
    }
    messages = {file.key: file.message for file in fed.files}
    assert messages["lmnh_hist_data_7.csv"] == "its content is that of lmnh_hist_data_0.csv"
    assert "split it" in (messages["lmnh_hist_data_5.csv"] or "")
    with lmnh.database.connect() as conn:
        assert files_accounted(conn, lmnh.museum, lmnh.source).passed


def test_a_rejected_row_is_kept_as_it_came_with_every_reason(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + "\n2023-03-06 10:00:00,x,-1,7\n"})
    lmnh.load()
    (letter,) = letters(lmnh)
    assert letter.body == b"2023-03-06 10:00:00,x,-1,7"
    assert letter.reasons == ["site_not_a_number", "type_out_of_range"]
    assert (letter.context["file"], letter.context["line"]) == ("lmnh_hist_data_0.csv", 3)


def test_the_content_of_a_loaded_file_under_another_name_is_not_loaded_again(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY})
    lmnh.load()
    lmnh.source.delete_many(["lmnh_hist_data_0.csv"])
    lmnh.put({"lmnh_hist_data_1.csv": HISTORY})
    lmnh.load()
    assert lmnh.outcomes()["lmnh_hist_data_1.csv"] == ("same_content", 0, 0, 0, 0)
    assert stored(lmnh) == THREE


def test_overlapping_files_count_a_press_once_at_a_time_and_in_one_load(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY})
    lmnh.load()
    more = "2023-03-07 10:00:00,0,4,\n"
    lmnh.put({"lmnh_hist_data_1.csv": HISTORY + more, "lmnh_hist_data_2.csv": HEADER + more + ROWS})
    assert (lmnh.load().loaded, len(stored(lmnh))) == (1, 4)
    outcomes = lmnh.outcomes()
    assert outcomes["lmnh_hist_data_1.csv"] == ("loaded", 4, 1, 3, 0)
    assert outcomes["lmnh_hist_data_2.csv"] == ("loaded", 4, 0, 4, 0)


def test_identical_rows_of_a_file_are_presses_of_their_own_and_of_several_files_the_same(lmnh: Kiosks) -> None:
    """Decision 0007: a file is one export, in which a row that comes twice was pressed twice."""
    lmnh.exhibitions(0)
    twice = 2 * "2023-03-06 10:00:00,0,4,\n"
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + twice, "lmnh_hist_data_1.csv": HEADER + twice + twice.splitlines()[0]})
    lmnh.load()
    assert stored(lmnh) == 3 * [("03-06 10:00:00", 0, 4, None)]
    assert lmnh.outcomes() == {
        "lmnh_hist_data_0.csv": ("loaded", 2, 2, 0, 0),
        "lmnh_hist_data_1.csv": ("loaded", 3, 1, 2, 0),
    }


def test_a_replaced_file_adds_what_is_new_and_takes_nothing_away(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY + "2023-03-06 10:00:09,0,77,\n2023-03-06 11:00:00,5,1,\n"})
    lmnh.load()
    assert sorted(letter.reasons for letter in letters(lmnh)) == [["unknown_site"], ["val_out_of_range"]]
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + "2023-03-06 10:00:00,0,4,\n2023-03-06 10:00:09,0,2,\n"})
    assert lmnh.load().loaded == 1
    assert stored(lmnh) == [*THREE, ("03-06 10:00:09", 0, 2, None)]
    # What was wrong in the old version is settled; a press that waits for its exhibition goes on waiting.
    assert [letter.reasons for letter in letters(lmnh)] == [["unknown_site"]]
    with lmnh.database.connect() as conn:
        (closed,) = list_letters(conn, Chosen("kiosk_file", "lmnh", state="closed"), 9)
    assert "replaced by version" in closed["note"]
    lmnh.exhibitions(5)
    assert lmnh.load().replayed == 1
    assert ("03-06 11:00:00", 5, 1, None) in stored(lmnh)


def test_presses_wait_for_their_exhibition_and_load_when_it_appears(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    wait = 2 * "2023-03-06 10:00:00,6,4,\n" + "2023-03-06 10:00:00,7,4,\n"
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + wait + "2023-03-06 10:00:00,0,1,\n2023-03-06 10:00:00,6,9,\n"})
    fed = lmnh.load()
    assert (fed.loaded, fed.rejected) == (1, 4)
    lmnh.exhibitions(6)
    fed = lmnh.load()
    assert (fed.loaded, fed.rejected, fed.replayed, fed.exhibitions) == (0, 0, 2, 1)
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
    fed = lmnh.load()
    assert (fed.exhibitions, [file.key for file in fed.files]) == (1, ["lmnh_exhibition_0.json"])
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


def test_clock_changes_and_dates_are_those_of_the_museum(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    times = ["01/07/19 10:00:00", "2023-03-26 00:59:59", "2023-03-26 01:30:00", "2023-03-26 02:00:00",
             "2023-10-29 01:30:00", "2023-10-29 02:00:00"]  # fmt: skip
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + "".join(f"{at},0,1,\n" for at in times)})
    lmnh.load()
    assert [at for at, *_ in stored(lmnh)] == [
        "07-01 09:00:00", "03-26 00:59:59", "03-26 01:00:00", "10-29 00:30:00", "10-29 02:00:00",
    ]  # fmt: skip
    assert [letter.reasons for letter in letters(lmnh)] == [["at_skipped_by_the_clock"]]


def test_a_second_museum_needs_no_code_of_its_own_and_touches_nobody_elses_rows(lmnh: Kiosks, lms: Kiosks) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY})
    lmnh.load()
    lms.exhibitions(0)
    lms.put({"lms_hist_data_0.csv": HISTORY})
    fed = lms.load()
    assert (fed.loaded, fed.rejected) == (1, 2)
    assert stored(lms) == [THREE[0]]
    assert stored(lmnh) == THREE
    assert {letter.reasons[0] for letter in letters(lms)} == {"unknown_site"}


def test_a_row_of_the_future_is_rejected_beyond_the_tolerance(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + "2026-01-01 00:00:04,0,1,\n2026-01-01 00:00:06,0,1,\n"})
    lmnh.load(datetime(2026, 1, 1, tzinfo=UTC))
    assert lmnh.outcomes()["lmnh_hist_data_0.csv"] == ("loaded", 2, 1, 0, 1)
    assert [letter.reasons for letter in letters(lmnh)] == [["in_the_future"]]


def test_a_failure_at_any_point_leaves_the_tables_as_they_were(lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY + "2023-03-06 10:00:09,0,77,\n"})
    for name in ("_record", "_settle_letters", "write_letters"):
        with monkeypatch.context() as patch:
            patch.setattr(feedback, name, _explode)
            with pytest.raises(ZeroDivisionError):
                lmnh.load()
        assert stored(lmnh) == []
        assert (letters(lmnh), lmnh.outcomes()) == ([], {})
    assert (lmnh.load().loaded, stored(lmnh)) == (3, THREE)


def _explode(*_: Any, **__: Any) -> None:
    raise ZeroDivisionError


@pytest.mark.usefixtures("impatient")
def test_two_loads_at_a_time(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    with lmnh.database.lock("lmnh", "visitor_feedback"), pytest.raises(Busy):
        lmnh.load()


def test_combined_files_that_do_not_belong_together(lmnh: Kiosks, database: Database) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY})
    lmnh.combine()
    lmnh.source.delete_many(["lmnh_exhibition_1.json"])
    lmnh.combine()
    good, bad = keys("lmnh", "history")
    with opened(lmnh.combined, "lmnh", "exhibition") as exhibitions:
        lmnh.exhibitions(1)
        lmnh.combine()
        with opened(lmnh.combined, "lmnh", "history") as history, pytest.raises(MuseumError, match=r"sites \[1\]"):
            load(database, lmnh.museum, exhibitions, history)
    half = lmnh.combined.get(bad)
    lmnh.combine()
    lmnh.combined.put(bad, half, content_type="")
    with pytest.raises(MuseumError, match="half written"), opened(lmnh.combined, "lmnh", "history"):
        pass
    lmnh.combined.delete_many([good])
    with pytest.raises(MuseumError, match="materialize combined_kiosk_data"), opened(lmnh.combined, "lmnh", "history"):
        pass


def test_a_file_that_cannot_be_fetched_keeps_no_other_waiting_and_is_told(
    lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch
) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY, "lmnh_hist_data_1.csv": HEADER + "2023-03-07 10:00:00,0,4,\n"})
    fetch = type(lmnh.source).fetch

    def denied(self: Any, key: str, max_bytes: int) -> Any:
        if key == "lmnh_hist_data_0.csv":
            raise Failure("lmnh_hist_data_0.csv may not be read", code="denied")
        return fetch(self, key, max_bytes)

    with monkeypatch.context() as patch:
        patch.setattr(type(lmnh.source), "fetch", denied)
        _, made = lmnh.combine()
        assert made.unreadable == {"lmnh_hist_data_0.csv": "lmnh_hist_data_0.csv may not be read"}
        assert lmnh.load().loaded == 1
        lmnh.source.delete_many(["lmnh_hist_data_1.csv"])
        with pytest.raises(Unavailable, match="none of 1 history files could be fetched"):
            lmnh.combine()
    with lmnh.database.connect() as conn:
        found = files_accounted(conn, lmnh.museum, lmnh.source)
    assert (found.passed, found.metadata["first"]) == (False, ["lmnh_hist_data_0.csv"])
    assert lmnh.load().loaded == 3


def test_a_bucket_that_is_not_there(lmnh: Kiosks) -> None:
    lmnh.source.bucket = "no-such-bucket"
    with pytest.raises(MuseumError, match="no-such-bucket"):
        lmnh.combine()


def test_what_other_code_inserts_is_noticed(lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files' books are compared with what was inserted before anything is committed."""
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY})

    def short(conn: Any, staged: Any) -> Any:
        conn.execute(
            "DELETE FROM kiosk_staged_review AS s USING kiosk_staged_kind AS k WHERE k.kind = s.kind AND k.button = 4"
        )
        return load_staged(conn, staged)

    monkeypatch.setattr(feedback, "load_staged", short)
    with pytest.raises(MuseumError, match="books say otherwise"):
        lmnh.load(NOW)
    assert stored(lmnh) == []
