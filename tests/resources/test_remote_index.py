"""The vector index on a server alone: its place and its errors."""

from __future__ import annotations

import pytest

from museum_assets.failures import Unavailable
from museum_assets.settings import Settings
from resources.platform import vector_place
from resources.vector_index.index import COLLECTION
from resources.vector_index.remote import RemoteSession, RemoteVectorIndex


def test_the_place_of_a_server_holds_no_credentials():
    chosen = Settings(qdrant_url="https://qdrant.example:6334/base")
    expected = f"https://qdrant.example:6334/base/{chosen.qdrant_collection}"
    assert vector_place(chosen) == expected
    secret = chosen.model_copy(update={"qdrant_url": "https://u:s3cret@qdrant.example:6334/base?api_key=s3cret"})
    assert vector_place(secret) == expected


@pytest.mark.parametrize(
    "code, kind, says",
    [
        ("UNAVAILABLE", "Unavailable", "QDRANT_URL"),
        ("503", "Unavailable", "QDRANT_URL"),
        ("RESOURCE_EXHAUSTED", "SlowDown", "later"),
        ("UNAUTHENTICATED", "MuseumError", "QDRANT_API_KEY"),
        ("403", "MuseumError", "QDRANT_API_KEY"),
        ("NOT_FOUND", "MuseumError", "ensure_collection"),
        ("INVALID_ARGUMENT", "MuseumError", "vectors image_clip"),
    ],
)
def test_a_server_error_names_the_host_and_what_to_do(code, kind, says):
    error = RemoteSession(None, "https://user:secret@qdrant.example:6334", COLLECTION)._failure(code, "text")
    assert type(error).__name__ == kind
    assert says in str(error)
    assert "qdrant.example" in str(error)
    assert "secret" not in str(error)


def test_a_server_that_is_not_there_is_unavailable(monkeypatch):
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    with (
        RemoteVectorIndex("http://127.0.0.1:9").open() as session,
        pytest.raises(Unavailable, match=r"127\.0\.0\.1"),
    ):
        session.count()
