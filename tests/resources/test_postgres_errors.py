"""What Postgres says reaches a person in its true words: only a server that is away is called unavailable."""

from __future__ import annotations

import psycopg
import pytest

from resources.postgres import Database, DatabaseRefused, DatabaseUnavailable, DiskFull, explained, refuses_data

URL = "postgresql://someone:secret@db.example.org/museums"


def error(state: str) -> psycopg.Error:
    return psycopg.errors.lookup(state)("the words of Postgres")


@pytest.mark.parametrize("state", ["08000", "08006", "57P01", "57P02", "57P03", "57P05", "53300"])
def test_a_server_that_is_away_is_unavailable(state: str) -> None:
    said = explained(URL, error(state))
    assert isinstance(said, DatabaseUnavailable)
    assert "cannot be used: the words of Postgres. Check that it runs" in str(said)


@pytest.mark.parametrize("said", [psycopg.OperationalError("server closed"), psycopg.InterfaceError("it is closed")])
def test_a_connection_that_broke_is_unavailable(said: psycopg.Error) -> None:
    assert isinstance(explained(URL, said), DatabaseUnavailable)


def test_a_full_disk_is_called_that() -> None:
    said = explained(URL, error("53100"))
    assert isinstance(said, DiskFull)
    assert "no room left on its disk: the words of Postgres. Free some" in str(said)
    assert "secret" not in str(said)


@pytest.mark.parametrize("state", ["54000", "40001", "55P03", "57014", "53200"])
def test_any_other_trouble_keeps_its_words(state: str) -> None:
    said = explained(URL, error(state))
    assert type(said) is DatabaseRefused
    assert f"refused: the words of Postgres [{state}]" in str(said)


@pytest.mark.parametrize(("state", "data"), [("22021", True), ("22P05", True), ("23505", True), ("23514", True),
                                             ("54000", True), ("40001", False), ("53100", False), ("57P01", False),
                                             ("42P01", False)])  # fmt: skip
def test_which_errors_are_about_data(state: str, data: bool) -> None:
    assert refuses_data(error(state)) is data


def test_what_psycopg_refuses_before_sending_is_about_data(database: Database) -> None:
    with database.connect() as conn, pytest.raises(psycopg.DataError) as refused:
        conn.execute("SELECT %s::text", ("a\x00b",))
    assert refuses_data(refused.value)


def test_an_index_row_that_is_too_large_is_not_an_absent_server(database: Database) -> None:
    with pytest.raises(DatabaseRefused, match=r"refused: index row size .* \[54000\]"), database.connect() as conn:
        conn.execute("CREATE TABLE keys (key text PRIMARY KEY)")
        conn.execute("INSERT INTO keys SELECT string_agg(md5(n::text), '') FROM generate_series(1, 160) AS n")


def test_what_the_role_may_not_do_is_refused_with_what_to_do(database: Database) -> None:
    told = r"refused: permission denied for table ledger \[42501\]\. Give DATABASE_URL the role"
    with pytest.raises(DatabaseRefused, match=told), database.connect() as conn, conn.transaction(force_rollback=True):
        conn.execute("CREATE ROLE test_nobody")
        conn.execute("GRANT USAGE ON SCHEMA ops TO test_nobody")
        conn.execute("SET LOCAL ROLE test_nobody")
        conn.execute("SELECT 1 FROM ops.ledger")


def test_a_terminated_connection_and_a_wrong_address_are_unavailable(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="cannot be used"), database.connect() as conn:
        with database.connect() as other:
            other.execute("SELECT pg_terminate_backend(%s)", (conn.info.backend_pid,))
        conn.execute("SELECT 1")
    name = str(psycopg.conninfo.conninfo_to_dict(database.url)["dbname"])
    absent = Database(database.url.replace(name, "no_such_one"))
    with pytest.raises(DatabaseUnavailable, match="no_such_one"), absent.connect():
        pass
