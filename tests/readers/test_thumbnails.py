"""Thumbnails: their caching, and that they follow the pointer."""

from __future__ import annotations

import io

from fastapi.testclient import TestClient
from PIL import Image

from museum_assets.readers.thumbnails import ASK_AGAIN, FOREVER


def a_thumbnail(client: TestClient) -> str:
    """The address of some work's thumbnail."""
    hits = client.get("/api/search", params={"image": "true", "limit": 1}).json()["hits"]
    return str(hits[0]["work"]["thumbnail"])


def test_a_thumbnail_is_a_picture_that_is_kept_for_ever(client: TestClient) -> None:
    address = a_thumbnail(client)
    answer = client.get(address)
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", FOREVER)
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.format == "JPEG"
    again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_without_the_pictures_id_a_thumbnail_is_asked_for_again(client: TestClient) -> None:
    address = a_thumbnail(client).partition("?")[0]
    for other in (address, f"{address}?v=of-another-release"):
        answer = client.get(other)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, ASK_AGAIN)


def test_no_other_object_of_the_bucket_is_served(client: TestClient) -> None:
    for address in ("/thumbnails/smk/nobody", "/thumbnails/tate/N1", "/thumbnails/smk/../smk", "/thumbnails/smk/%00"):
        assert client.get(address).status_code == 404


def test_a_thumbnail_is_read_from_the_bucket_once(client: TestClient) -> None:
    for _ in range(2):
        client.get(a_thumbnail(client))
    said = client.get("/metrics").text
    assert 'museum_readers_thumbnails_total{found="memory"}' in said
