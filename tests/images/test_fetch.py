"""The image fetcher against a real local server that misbehaves."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler

import pytest

from museum_assets.images.fetch import FetchedImage
from tests.support.image_hosts import IMAGE, Build, answer, failure_of
from tests.support.scripted_server import Answer, ScriptedServer


def truncated(handler: BaseHTTPRequestHandler) -> None:
    answer(Content_Length=str(len(IMAGE) + 1))(handler)
    handler.close_connection = True


def truncated_chunks(handler: BaseHTTPRequestHandler) -> None:
    answer(b"5\r\nhello\r\n", Content_Length=None, Transfer_Encoding="chunked")(handler)
    handler.close_connection = True


def endless(handler: BaseHTTPRequestHandler) -> None:
    answer(b"", Content_Length=None)(handler)
    handler.close_connection = True
    while True:
        handler.wfile.write(b"x" * 65536)


def silent(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)  # returns when the client hangs up
    handler.close_connection = True


def picky(handler: BaseHTTPRequestHandler) -> None:
    """Answer as images.metmuseum.org does."""
    (answer() if "image/" in handler.headers["Accept"] else answer(b"", 406))(handler)


def test_an_image_with_its_validators(server: ScriptedServer, build: Build) -> None:
    server.scripts["/1.jpg"] = [answer(ETag='"v1"', Last_Modified="yesterday")]
    url = server.url("/1.jpg")
    assert build().fetch(url) == FetchedImage(IMAGE, "image/jpeg", '"v1"', "yesterday", url)


def test_an_unasked_for_304_is_a_failure(server: ScriptedServer, build: Build) -> None:
    server.scripts["/1.jpg"] = [answer(b"", 304)]
    assert failure_of(build(), server.url("/1.jpg")).code == "refused"


def test_the_body_is_asked_for_as_it_is(server: ScriptedServer, build: Build) -> None:
    server.scripts["/1.jpg"] = [lambda handler: answer(handler.headers["Accept-Encoding"].encode())(handler)]
    assert build().fetch(server.url("/1.jpg")).body == b"identity"


def test_the_host_of_the_met_is_asked_for_an_image(server: ScriptedServer, build: Build) -> None:
    server.scripts["/1.jpg"] = [picky]
    assert build().fetch(server.url("/1.jpg")).body == IMAGE


def test_spaces_and_letters_beyond_ascii_are_quoted(server: ScriptedServer, build: Build) -> None:
    server.scripts["/CRDImages/DP%20%C3%98.jpg"] = [answer()]
    assert build().fetch(server.url("/CRDImages/DP Ø.jpg")).body == IMAGE


@pytest.mark.parametrize("kind", ["image/webp", "IMAGE/JPEG; q=1", "application/octet-stream", None])
def test_types_that_may_be_images(server: ScriptedServer, build: Build, kind: str | None) -> None:
    server.scripts["/1.jpg"] = [answer(kind=kind)]
    assert build().fetch(server.url("/1.jpg")).body == IMAGE


PERMANENT, TRANSIENT = (True, 1), (False, 2)


@pytest.mark.parametrize(
    ("step", "code", "how"),
    [
        (answer(b"<html>", kind="text/html; charset=utf-8"), "not_an_image", TRANSIENT),
        (answer(b"{}", kind="application/json"), "not_an_image", TRANSIENT),
        (answer(b""), "empty_image", TRANSIENT),
        (truncated, "truncated_image", TRANSIENT),
        (truncated_chunks, "truncated_image", TRANSIENT),
        (answer(b"x" * 3000), "image_too_large", PERMANENT),
        (endless, "image_too_large", PERMANENT),
        (answer(b"", 404), "gone", PERMANENT),
        (answer(b"", 410), "gone", PERMANENT),
        (answer(b"", 406, "text/html"), "refused", PERMANENT),
        (answer(b"", 400), "refused", PERMANENT),
        (answer(b"<html>", 403, "text/html"), "slow_down", TRANSIENT),
        (answer(b"", 429), "slow_down", TRANSIENT),
        (answer(b"", 503), "slow_down", TRANSIENT),
        (answer(b"", 500), "unavailable", TRANSIENT),
        (silent, "unavailable", TRANSIENT),
        (answer(b"", 302, Location="http://127.0.0.1:port/x"), "unavailable", TRANSIENT),
        (answer(b"", 302), "refused", PERMANENT),
        (lambda handler: setattr(handler, "close_connection", True), "unavailable", TRANSIENT),
    ],
)
def test_failures(server: ScriptedServer, build: Build, step: Answer, code: str, how: tuple[bool, int]) -> None:
    server.scripts["/1.jpg"] = [step]
    failure = failure_of(build(max_bytes=2500, timeout=0.2), server.url("/1.jpg"))
    assert (failure.code, failure.permanent, len(server.paths)) == (code, *how)
    assert server.url("/1.jpg") in str(failure)


@pytest.mark.parametrize("step", [answer(b""), truncated, answer(b"<html>", 403, "text/html"), answer(b"", 500)])
def test_what_passes_is_fetched_after_all(server: ScriptedServer, build: Build, step: Answer) -> None:
    server.scripts["/1.jpg"] = [step, answer()]
    assert build().fetch(server.url("/1.jpg")).body == IMAGE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: ScriptedServer, build: Build, status: int) -> None:
    server.scripts["/1.jpg"] = [answer(b"", status, Location="/843/1.jpg")]
    server.scripts["/843/1.jpg"] = [answer()]
    assert build().fetch(server.url("/1.jpg")).final_url == server.url("/843/1.jpg")


@pytest.mark.parametrize(("hops", "reached"), [(5, True), (6, False)])
def test_five_redirects_are_enough(server: ScriptedServer, build: Build, hops: int, reached: bool) -> None:
    for hop in range(hops):
        server.scripts[f"/{hop}"] = [answer(b"", 302, Location=f"/{hop + 1}")]
    server.scripts[f"/{hops}"] = [answer()]
    if reached:
        assert build().fetch(server.url("/0")).body == IMAGE
    else:
        failure = failure_of(build(), server.url("/0"))
        assert (failure.code, failure.permanent, len(server.paths)) == ("too_many_redirects", True, 6)
