"""Uploaded images: what is taken, what is refused, and that nothing of it stays."""

from __future__ import annotations

import io
import tempfile

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from museum_assets.readers.problems import MEDIA_TYPE
from museum_assets.readers.uploads import LARGEST

BY_IMAGE = "/api/search-by-image"
JPEG = {"Content-Type": "image/jpeg"}


def image(kind: str = "JPEG") -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_image_is_searched_by(client: TestClient, kind: str) -> None:
    plain = client.post(f"{BY_IMAGE}?limit=3", content=image(kind), headers=JPEG)
    assert plain.status_code == 200, plain.text
    form = client.post(f"{BY_IMAGE}?limit=3", files={"image": ("mine", image(kind))})
    assert form.json() == plain.json()
    page = client.post("/image", files={"image": ("mine.jpg", image(kind))})
    assert page.status_code == 200
    assert 'id="results"' in page.text


def test_a_works_own_picture_finds_the_work(client: TestClient) -> None:
    work = client.get("/api/search?image=true&limit=1&museum=smk").json()["hits"][0]["work"]
    picture = client.get(work["thumbnail"]).content
    first = client.post(f"{BY_IMAGE}?limit=1", content=picture, headers=JPEG).json()["hits"][0]
    assert first["work"] == work
    assert [each["reason"] for each in first["why"]] == ["looks like it"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": b"x" * (LARGEST + 1), "headers": JPEG}, 413),
        ({"content": (b"x" * (1 << 20) for _ in range(12)), "headers": JPEG}, 413),  # which declares no length
        ({"files": {"image": b"x" * (LARGEST + 1)}}, 413),
        ({"content": b"no image", "headers": JPEG}, 415),
        ({"content": image()[:300], "headers": JPEG}, 415),
        ({"content": image(), "headers": {"Content-Type": "text/plain"}}, 415),
        ({"content": b"", "headers": JPEG}, 400),
        ({"files": {"other": image()}}, 400),
        ({"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}}, 400),
        ({"content": b"--y\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}, 400),
    ],
)
def test_what_is_no_image_is_refused(client: TestClient, sent: dict, status: int) -> None:
    answer = client.post(BY_IMAGE, **sent)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)


def test_a_page_says_what_was_wrong_with_the_image(client: TestClient) -> None:
    answer = client.post("/image", files={"image": ("mine.jpg", b"no image")})
    assert answer.status_code == 415
    assert "cannot be read as an image" in answer.text


def test_an_image_never_touches_the_disk(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    rolled = []

    def rollover(file: object) -> None:
        rolled.append(file)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", rollover)
    assert client.post(BY_IMAGE, files={"image": b"x" * (9 << 20)}).status_code == 415
    assert rolled == []
