"""What one file loaded is taken back: the tables are as if it had never come, and the books say so."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from museum_assets.core.failures import MuseumError
from museum_assets.dead_letters.letters import LetterFilter, list_letters
from museum_assets.kiosk import checks
from museum_assets.kiosk.files.new_files import WatchState, known_versions, list_bucket
from museum_assets.kiosk.files.unload import UnloadReport, file_body, load_again, unload_file
from tests.support.feedback import stored
from tests.support.kiosk_files import HEADER, Kiosks

A, B, C = (f"lmnh_hist_data_{n}.csv" for n in range(3))


def row(n: int, val: int = 4, site: int = 0) -> str:
    return f"2023-03-06 10:00:{n:02},{site},{val},{'0' if val == -1 else ''}\n"


def unload(kiosks: Kiosks, name: str, **options: bool) -> UnloadReport:
    body = file_body(kiosks.source, kiosks.museum, name)
    return unload_file(kiosks.database, kiosks.museum, kiosks.source, body, "ann", **options)


def seconds(kiosks: Kiosks) -> list[int]:
    """Return the second of every press, when the books balance."""
    return sorted(int(at[-2:]) for at, *_ in stored(kiosks))


@pytest.fixture
def loaded(lmnh: Kiosks) -> Kiosks:
    """Three files: seconds 0 to 3, 2 to 5 with an incident and two bad rows, and 5 twice."""
    lmnh.exhibitions(0)
    lmnh.put({A: HEADER + "".join(map(row, range(4)))})
    lmnh.load()
    lmnh.put({
        B: HEADER + "".join(map(row, range(2, 6))) + row(9, -1) + row(1, 9) + row(1, 4, 7),
        C: HEADER + row(5) + row(5),
    })  # fmt: skip
    lmnh.load()
    assert lmnh.outcomes() == {A: ("loaded", 4, 4, 0, 0), B: ("loaded", 7, 3, 2, 2), C: ("loaded", 2, 1, 1, 0)}
    return lmnh


def test_what_only_that_file_holds_goes_and_what_others_hold_stays(loaded: Kiosks) -> None:
    assert unload(loaded, B) == UnloadReport(B, rows_read=7, removed=2, kept=3, letters=2)
    assert seconds(loaded) == [0, 1, 2, 3, 5, 5]
    assert loaded.outcomes() == {A: ("loaded", 4, 4, 0, 0), B: ("unloaded", 0, 0, 0, 0), C: ("loaded", 2, 2, 0, 0)}
    with loaded.database.connect() as conn:
        assert list_letters(conn, LetterFilter("kiosk_file", "lmnh"), 10) == []
        said = conn.execute("SELECT message FROM kiosk.file WHERE key = %s", (B,)).fetchone()
    assert said is not None
    assert said["message"].startswith("taken back by ann: of 7 rows, 2 presses left the tables, and 3 stay")


def test_it_is_not_loaded_again_by_itself_nor_as_a_copy_until_somebody_says_so(loaded: Kiosks) -> None:
    unload(loaded, B)
    kept = stored(loaded)
    assert unload(loaded, B) == UnloadReport(B, before=True)
    loaded.put({"lmnh_hist_data_9.csv": file_body(loaded.source, loaded.museum, B)})
    assert loaded.load().loaded == 0
    assert loaded.outcomes()["lmnh_hist_data_9.csv"] == ("same_content", 0, 0, 0, 0)
    assert loaded.combine()[1].rows == 6, "the combined file lacks it too"
    listing = list_bucket(loaded.source, loaded.museum, "")
    with loaded.database.connect() as conn:
        known = {key for key, _ in known_versions(conn, "lmnh", listing, WatchState())}
        assert B in known
    assert stored(loaded) == kept
    body = file_body(loaded.source, loaded.museum, B)
    assert load_again(loaded.database, loaded.museum, body) == B
    assert unload(loaded, B) == UnloadReport(B, before=True), "somebody thinks better of it"
    assert loaded.load().loaded == 0
    assert load_again(loaded.database, loaded.museum, body) == B
    with loaded.database.connect() as conn:
        assert B not in {key for key, _ in known_versions(conn, "lmnh", listing, WatchState())}, "the sensor loads it"
    assert loaded.load().loaded == 2
    assert loaded.outcomes()[B] == ("loaded", 7, 2, 3, 2)
    assert seconds(loaded) == [0, 1, 2, 3, 4, 5, 5, 9]


def test_a_version_that_was_replaced_is_taken_back_by_a_copy_of_it(loaded: Kiosks, tmp_path) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes(file_body(loaded.source, loaded.museum, B))
    loaded.put({B: HEADER + row(20)})
    loaded.load()
    assert unload(loaded, str(copy)).removed == 2
    assert seconds(loaded) == [0, 1, 2, 3, 5, 5, 20]


def test_while_another_loaded_file_is_missing_nothing_is_taken_back_unless_asked(loaded: Kiosks) -> None:
    loaded.source.delete_many([A])
    before = stored(loaded)
    with pytest.raises(MuseumError, match=f"{A} loaded presses too, and .* --although-missing"):
        unload(loaded, C)
    assert stored(loaded) == before
    assert unload(loaded, C, although_missing=True).removed == 1
    assert seconds(loaded) == [0, 1, 2, 3, 4, 5, 9]
    # B counted two presses as duplicates that A loaded: without A they would go, and the books would not add up.
    with pytest.raises(MuseumError, match="fewer than its bytes"):
        unload(loaded, B, although_missing=True)
    assert seconds(loaded) == [0, 1, 2, 3, 4, 5, 9]


def test_a_file_that_loaded_nothing_says_what_became_of_it(loaded: Kiosks) -> None:
    loaded.put({"lmnh_hist_data_5.csv": "when,where\n1,2\n"})
    loaded.load()
    with pytest.raises(MuseumError, match=r"lmnh_hist_data_5.csv is refused"):
        unload(loaded, "lmnh_hist_data_5.csv")
    with pytest.raises(MuseumError, match=r"there is no lmnh_hist_data_6.csv in bucket"):
        unload(loaded, "lmnh_hist_data_6.csv")
    with pytest.raises(MuseumError, match="was not taken back"):
        load_again(loaded.database, loaded.museum, file_body(loaded.source, loaded.museum, A))


def test_what_was_loaded_with_an_impossible_time_is_taken_back_too(lmnh: Kiosks) -> None:
    """An earlier version loaded a press of the year 1."""
    lmnh.exhibitions(0)
    lmnh.put({A: HEADER + "0001-01-02 10:00:00,0,4,\n" + row(1)})
    assert lmnh.load().rejected == 1
    with lmnh.database.connect() as conn:
        conn.execute(
            "INSERT INTO kiosk.review (at, exhibition_id, rating, occurrence, origin, museum)"
            " VALUES (timestamp '0001-01-02 10:00' AT TIME ZONE 'Europe/London', 1, 4, 1, 'f', 'lmnh')"
        )
        conn.execute("UPDATE kiosk.file SET loaded = 2, rejected = 0 WHERE key = %s", (A,))
        assert not checks.plausible_times(conn, "lmnh").passed
    assert unload(lmnh, A).removed == 2
    assert stored(lmnh) == []


FILES = st.lists(st.lists(st.integers(0, 6), max_size=8), min_size=3, max_size=3)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FILES, st.sampled_from(list(permutations(range(3)))))
def test_whatever_files_hold_together_the_rest_is_what_the_others_hold(
    lmnh: Kiosks, files: list[list[int]], order: tuple[int, ...]
) -> None:
    with lmnh.database.connect() as conn:
        conn.execute("TRUNCATE kiosk.review, kiosk.incident, kiosk.file, ops.dead_letter")
    lmnh.source.delete_many([file.key for file in lmnh.source.list()])
    lmnh.exhibitions(0)
    # A comment column makes each content its own, even where the rows are alike.
    bodies = {
        key: f"at,site,val,type,file{n}\n" + "".join(row(second).rstrip("\n") + ",\n" for second in rows)
        for n, (key, rows) in enumerate(zip((A, B, C), files, strict=True))
    }
    for n in order:
        key = (A, B, C)[n]
        lmnh.put({key: bodies[key]})
        lmnh.load()
    for left in range(1, 3):
        if files[order[left - 1]]:
            unload(lmnh, (A, B, C)[order[left - 1]])
        rest = [files[n] for n in order[left:]]
        most = [max(rows.count(second) for rows in rest) for second in range(7)]
        assert seconds(lmnh) == [second for second in range(7) for _ in range(most[second])]
