"""What the connections of the platform do besides psycopg's own."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from resources.copying import copy_rows
from resources.postgres import Busy, Database, flushed_later, scalar

TEXTS = st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), max_size=8)


@hypothesis_settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=TEXTS)
def test_tuples_of_texts_are_arrays_of_texts(database: Database, texts: list[str]) -> None:
    with database.connect() as conn:
        assert scalar(conn, "SELECT %s", (tuple(texts),)) == texts
        conn.execute("CREATE TEMP TABLE kept (texts text[])")
        copy_rows(conn, "kept", ("texts",), ("text[]",), [(tuple(texts),), (texts,)])
        assert [row["texts"] for row in conn.execute("SELECT texts FROM kept")] == [texts, texts]


@pytest.mark.usefixtures("impatient")
def test_a_lock_is_free_again_at_once(database: Database) -> None:
    for _ in range(20):
        with database.lock("smk", "stage"), pytest.raises(Busy), database.lock("smk", "stage"):
            pass


def test_flushed_later_ends_with_waiting_for_the_disk(database: Database) -> None:
    with database.connect() as conn:
        with flushed_later(conn):
            assert scalar(conn, "SHOW synchronous_commit") == "off"
        assert scalar(conn, "SHOW synchronous_commit") == "on"
        with pytest.raises(ValueError, match="inside"), flushed_later(conn):
            raise ValueError("inside")
        assert scalar(conn, "SHOW synchronous_commit") == "on"
