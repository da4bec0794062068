"""Imports of declared sources into a real Postgres: books, duplicates, rollback, years."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable

import pytest

from museum_assets.archive_files.download.transfer import Downloaded
from museum_assets.archives import load as loading
from museum_assets.archives.imports import IMPORT_LETTERS, imports, roll_back
from museum_assets.archives.load import load
from museum_assets.core.failures import Failure, MuseumError
from museum_assets.dead_letters.letters import open_letters
from resources.postgres import Database
from tests.support.archive_files import HEADER, balanced, declared, rows, zipped

Files = Callable[..., Downloaded]


def test_rows_keep_their_zeros_quotes_and_accents(database: Database, file: Files) -> None:
    body = (HEADER + '0021660000004   \t1.50\t6" pipe, caf\xe9\n0021660000005\t\tback\\slash\\N\n').encode("iso-8859-1")
    found = load(database, declared(), [file(body)])
    assert (found.state, found.rows_read, found.loaded, found.current) == ("loaded", 2, 2, True)
    with database.connect() as conn:
        assert rows(conn, "loans", "number, value::text, note") == [
            ("0021660000004", "1.50", '6" pipe, café'),
            ("0021660000005", None, "back\\slash\\N"),
        ]


def test_the_first_of_a_key_is_kept_and_the_others_are_counted_and_noted(database: Database, file: Files) -> None:
    body = HEADER + "".join(f"{n % 7:02}\t{n}\t\n" for n in range(20))
    found = load(database, declared(), [file(body)])
    assert (found.rows_read, found.loaded, found.duplicate, balanced(found)) == (20, 7, 13, True)
    with database.connect() as conn:
        assert sorted(rows(conn, "loans", "number, value::int")) == [(f"{n:02}", n) for n in range(7)]
        noted = conn.execute("SELECT position, first_position FROM ops.archive_duplicate ORDER BY 1").fetchall()
    assert [tuple(row.values()) for row in noted] == [(n, n % 7) for n in range(7, 20)]


def test_rejected_rows_are_dead_letters_and_hold_the_import_until_a_partial_one_is_asked_for(
    database: Database, file: Files
) -> None:
    body = (HEADER + "01\t5\tgood\n02\tmuch\t\n\t7\tno number\n03\t8\n04\tnan\t\n05\t9\tx\ty\n").encode()
    files = [file(body + b"06\t1\tnul\x00\n")]
    found = load(database, declared(), files)
    assert (found.state, found.rows_read, found.loaded, found.rejected) == ("held", 7, 1, 6)
    assert found.codes == {"field_count": 2, "not_a_number": 2, "missing_value": 1, "nul_character": 1}
    with database.connect() as conn:
        letters = list(open_letters(conn, IMPORT_LETTERS, "loans"))
        assert rows(conn, "loans") == []
    assert {
        letter.context["line"]: (letter.reasons[0], letter.context["field"], letter.body) for letter in letters
    } == {
        3: ("not_a_number", "value", b"02\tmuch\t"),
        4: ("missing_value", "number", b"\t7\tno number"),
        5: ("field_count", None, b"03\t8"),
        6: ("not_a_number", "value", b"04\tnan\t"),
        7: ("field_count", None, b"05\t9\tx\ty"),
        8: ("nul_character", None, b"06\t1\tnul\x00"),
    }
    assert load(database, declared(), files).outcome == "unchanged"
    published = load(database, declared(), files, partial=True)
    assert (published.id, published.outcome, published.state, published.partial) == (
        found.id,
        "published",
        "loaded",
        True,
    )
    with database.connect() as conn:
        assert rows(conn, "loans", "number") == [("01",)]


def test_a_key_that_no_index_takes_is_its_rows_refusal(database: Database, file: Files) -> None:
    long = "".join(random.Random(1).choices("0123456789abcdefghijklmnopqrstuvwxyz", k=3_000))
    found = load(database, declared(), [file(f"{HEADER}01\t1\t\n{long}\t2\t\n02\t3\t\n".encode())], partial=True)
    assert (found.rows_read, found.loaded, found.codes) == (3, 2, {"key_too_long": 1})


def test_bytes_that_do_not_decode_are_an_error_and_never_dropped(database: Database, file: Files) -> None:
    found = load(database, declared(encoding="utf-8"), [file(b"number\tvalue\n1\t2\n\xff3\t4\n")], partial=True)
    assert (found.codes, found.loaded) == ({"undecodable": 1}, 1)
    with database.connect() as conn:
        (letter,) = open_letters(conn, IMPORT_LETTERS)
    assert (letter.body, letter.message) == (b"\xff3\t4", "byte 1 of the line is 0xff, which is not utf-8")


def test_a_missing_declared_column_fails_the_import_and_leaves_nothing(database: Database, file: Files) -> None:
    with pytest.raises(Failure, match="lacks the declared columns value; it has number, cost") as caught:
        load(database, declared(), [file("number\tcost\n1\t2\n")])
    assert caught.value.code == "missing_column"
    with database.connect() as conn:
        (found,) = imports(conn)
        tables = conn.execute("SELECT relname FROM pg_class WHERE relname ~ '^loans__[0-9]+$'").fetchall()
    assert (found.state, tables) == ("failed", [])


def test_an_alias_stands_for_a_column_and_what_is_not_declared_is_left_out(database: Database, file: Files) -> None:
    load(database, declared(), [file("Owner\tLOAN_NO\tValue\r\nsecret\t007\t1\r\n")])
    with database.connect() as conn:
        assert rows(conn, "loans", "number, value::int, note") == [("007", 1, None)]


def test_importing_the_same_again_does_nothing_and_forcing_replaces(database: Database, file: Files) -> None:
    files = [file(HEADER + "1\t2\t\n")]
    first = load(database, declared(), files)
    again = load(database, declared(), files)
    assert (again.id, again.outcome) == (first.id, "unchanged")
    forced = load(database, declared(), files, force=True)
    assert (forced.id > first.id, forced.current) == (True, True)
    with database.connect() as conn:
        assert rows(conn, "loans", "number") == [("1",)]


def test_rollback_brings_back_the_import_before(database: Database, file: Files) -> None:
    first = load(database, declared(), [file(HEADER + "1\told\t\n1\t2\t\n", "a.txt")], partial=True)
    second = load(database, declared(), [file(HEADER + "1\t3\t\n", "b.txt")])
    assert second.current
    assert roll_back(database, second.id, "a test").id == first.id
    with database.connect() as conn:
        assert rows(conn, "loans", "value::int") == [(2,)]
    roll_back(database, first.id, "a test")
    with database.connect() as conn:
        assert rows(conn, "loans") == []
        assert [each.state for each in imports(conn)] == ["rolled_back", "rolled_back"]
        assert list(open_letters(conn)) == []
    with pytest.raises(MuseumError, match="already"):
        roll_back(database, first.id, "a test")
    with pytest.raises(MuseumError, match="no import 99"):
        roll_back(database, 99, "a test")


def test_an_empty_file_and_one_that_lost_much_do_not_take_the_place_of_the_current_import(
    database: Database, file: Files
) -> None:
    whole = load(database, declared(), [file(HEADER + "".join(f"{n}\t1\t\n" for n in range(10)), "a.txt")], year=2025)
    for body in (HEADER, ""):
        with pytest.raises(Failure, match="no rows") as caught:
            load(database, declared(), [file(body, "b.txt")], year=2026)
        assert caught.value.code == "no_rows"
    files = [file(HEADER + "1\t1\t\n", "c.txt")]
    short = load(database, declared(), files, year=2026)
    assert short.state == "held"
    assert (short.message or "").startswith(f"it has 1 rows where import {whole.id} has 10: mend the source, or")
    assert "`museum archive import loans --year 2026 --partial`" in (short.message or "")
    assert load(database, declared(), files, year=2026, partial=True).current


def test_an_older_year_is_history_and_never_current(database: Database, file: Files) -> None:
    newer = load(database, declared(), [file(HEADER + "1\t2026\t\n", "a.txt")], year=2026)
    older = load(database, declared(), [file(HEADER + "1\t2025\t\n", "b.txt")], year=2025)
    assert (newer.current, older.state, older.current) == (True, "loaded", False)
    with database.connect() as conn:
        assert rows(conn, "loans", "value::int") == [(2026,)]
        assert sorted(rows(conn, "loans__all", "value::int")) == [(2025,), (2026,)]


def test_last_years_file_under_this_years_name_is_refused(database: Database, file: Files) -> None:
    files = [file(HEADER + "1\t2\t\n")]
    load(database, declared(), files, year=2025)
    with pytest.raises(Failure, match="byte for byte, what was imported as 2025") as caught:
        load(database, declared(), files, year=2026)
    assert caught.value.code == "stale_year"


def test_a_row_of_another_year_fails_the_import(database: Database, file: Files) -> None:
    source = declared(year_column="yr", columns={"number": {}, "yr": {"type": "integer"}})
    with pytest.raises(Failure, match="line 3: yr is 2025, but 2026 was asked for") as caught:
        load(database, source, [file("number\tyr\n1\t2026\n2\t2025\n")], year=2026)
    assert caught.value.code == "stale_year"
    assert load(database, source, [file("number\tyr\n1\t2026\n")], year=2026).current


def test_a_declaration_may_gain_a_column_but_not_change_a_type(database: Database, file: Files) -> None:
    load(database, declared(columns={"number": {}}), [file("number\tvalue\n1\t2\n", "a.txt")])
    load(
        database,
        declared(columns={"number": {}, "value": {"type": "integer"}}),
        [file("number\tvalue\n1\t3\n", "b.txt")],
    )
    with database.connect() as conn:
        assert rows(conn, "loans", "number, value") == [("1", 3)]
    with pytest.raises(Failure, match="was bigint and is declared as text") as caught:
        load(database, declared(columns={"number": {}, "value": {}}), [file("number\tvalue\n1\t4\n", "c.txt")])
    assert caught.value.code == "changed_type"


def test_a_file_that_the_declaration_does_not_fit_is_given_up(
    database: Database, file: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "MOST_REJECTED", 5)
    with pytest.raises(Failure, match="does not fit") as caught:
        load(database, declared(), [file(HEADER + "1\tx\t\n" * 10)], partial=True)
    assert caught.value.code == "too_many_rejected"
    with database.connect() as conn:
        assert list(open_letters(conn)) == []


def test_an_archive_without_the_member_or_damaged_is_refused_before_anything_is_made(
    database: Database, file: Files
) -> None:
    source = declared(members="**/loans.txt")
    for body, code in (
        (zipped(**{"other.txt": HEADER}), "no_members"),
        (zipped(**{"loans.txt": HEADER})[:-9], "truncated_archive"),
    ):
        with pytest.raises(Failure) as caught:
            load(database, source, [file(body, "loans.zip")])
        assert caught.value.code == code
    with database.connect() as conn:
        assert imports(conn) == []


def test_the_same_members_in_another_archive_are_the_same_import(database: Database, file: Files) -> None:
    """Zipped anew they have other times, another compression and so other bytes."""
    source = declared(members="**/*.txt")
    body = HEADER + "1\t2\t\n"
    first = load(database, source, [file(zipped(**{"loans.txt": body, "readme.md": "2025"}), "a.zip")], year=2025)
    again = zipped(zipfile.ZIP_STORED, **{"loans.txt": body, "readme.md": "made anew"})
    found = load(database, source, [file(again, "b.zip")], year=2025)
    assert (found.id, found.outcome) == (first.id, "unchanged")


@pytest.mark.parametrize("name", ["loans.txt", "loans_2026.txt"])
def test_last_years_members_in_a_new_archive_are_not_this_year(database: Database, file: Files, name: str) -> None:
    source = declared(members="**/*.txt")
    body = HEADER + "1\t2\t\n"
    first = load(database, source, [file(zipped(**{"loans.txt": body}), "a.zip")], year=2025)
    renewed = zipped(zipfile.ZIP_STORED, **{name: body, "readme.md": "the edition of 2026"})
    with pytest.raises(
        Failure, match=r"2026 is not published yet.*`museum archive import loans --year 2026`"
    ) as caught:
        load(database, source, [file(renewed, "b.zip")], year=2026)
    assert caught.value.code == "stale_year"
    with database.connect() as conn:
        assert [each.id for each in imports(conn, states=["loading", "held", "loaded"])] == [first.id]


def test_an_unfinished_import_does_not_go_on_in_another_archive(
    database: Database, file: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its checkpoint counts the members of the archive that it was made of."""
    source = declared(members="**/*.txt")
    body = HEADER + "1\t2\t\n2\t3\t\n"
    with monkeypatch.context() as patched:
        patched.setattr(loading, "finish", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            load(database, source, [file(zipped(**{"loans.txt": body}), "a.zip")])
    other = zipped(**{"a readme.md": "new", "loans.txt": body})
    found = load(database, source, [file(other, "b.zip")])
    assert (found.outcome, found.rows_read, found.loaded) == ("imported", 2, 2)
