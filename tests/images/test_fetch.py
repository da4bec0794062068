"""The image fetcher against a real local server that misbehaves, and against addresses it must never reach."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool

from museum_assets.failures import Failure
from museum_assets.images.fetch import Fetched, ImageFetcher
from resources.public_http import is_public
from resources.rate_limit import RateLimiter

IMAGE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8
Answer = Callable[[BaseHTTPRequestHandler], None]


def answer(body: bytes = IMAGE, status: int = 200, kind: str | None = "image/jpeg", **headers: str) -> Answer:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Type": kind, "Content_Length": str(len(body)), **headers}.items():
            if value is not None:
                handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return send


def truncated(handler: BaseHTTPRequestHandler) -> None:
    answer(Content_Length=str(len(IMAGE) + 1))(handler)
    handler.close_connection = True


def truncated_chunks(handler: BaseHTTPRequestHandler) -> None:
    answer(b"5\r\nhello\r\n", Content_Length=None, Transfer_Encoding="chunked")(handler)  # type: ignore[arg-type]
    handler.close_connection = True


def endless(handler: BaseHTTPRequestHandler) -> None:
    answer(b"", Content_Length=None)(handler)  # type: ignore[arg-type]
    handler.close_connection = True
    while True:
        handler.wfile.write(b"x" * 65536)


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(0.4)
    handler.close_connection = True


def picky(handler: BaseHTTPRequestHandler) -> None:
    """Answer as images.metmuseum.org does."""
    (answer() if "image/" in handler.headers["Accept"] else answer(b"", 406))(handler)


def flaky(first: Answer) -> Answer:
    steps = iter([first])

    def send(handler: BaseHTTPRequestHandler) -> None:
        next(steps, answer())(handler)

    return send


class Server:
    """Answers by `routes`; keeps the paths that were asked for."""

    def __init__(self) -> None:
        self.routes: dict[str, Answer] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.asked.append(self.path)
                try:
                    outer.routes[self.path](self)
                except (BrokenPipeError, ConnectionResetError):  # the client gave up, as some tests want
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.port = self._http.server_port
        self.place = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://{self.place}{path}"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


Build = Callable[..., ImageFetcher]


@pytest.fixture
def build(server: Server, pool: ConnectionPool) -> Iterator[Build]:
    run = uuid4()
    made: list[ImageFetcher] = []

    def new(*more_hosts: str, **options: object) -> ImageFetcher:
        defaults: dict[str, Any] = {
            "limiter_for": lambda host: RateLimiter(pool, f"{run}.{host}", 100_000),
            "user_agent": "test/1",
            "timeout": 5.0,
            "attempts": 2,
            "backoff": 0.001,
        }
        made.append(ImageFetcher([server.place, *more_hosts], **defaults | options))
        return made[-1]

    yield new
    for fetcher in made:
        fetcher.close()


def failure_of(fetcher: ImageFetcher, url: str) -> Failure:
    with pytest.raises(Failure) as caught:
        fetcher.fetch(url)
    return caught.value


def resolver(*addresses: str) -> Callable[..., list[Any]]:
    def resolve(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


def test_an_image_with_its_validators(server: Server, build: Build) -> None:
    server.routes["/1.jpg"] = answer(ETag='"v1"', Last_Modified="yesterday")
    url = server.url("/1.jpg")
    assert build().fetch(url) == Fetched(IMAGE, "image/jpeg", '"v1"', "yesterday", url)


def test_an_unasked_for_304_is_a_failure(server: Server, build: Build) -> None:
    server.routes["/1.jpg"] = answer(b"", 304)
    assert failure_of(build(), server.url("/1.jpg")).code == "refused"


def test_the_body_is_asked_for_as_it_is(server: Server, build: Build) -> None:
    server.routes["/1.jpg"] = lambda handler: answer(handler.headers["Accept-Encoding"].encode())(handler)
    assert build().fetch(server.url("/1.jpg")).body == b"identity"


def test_the_host_of_the_met_is_asked_for_an_image(server: Server, build: Build) -> None:
    server.routes["/1.jpg"] = picky
    assert build().fetch(server.url("/1.jpg")).body == IMAGE


def test_spaces_and_letters_beyond_ascii_are_quoted(server: Server, build: Build) -> None:
    server.routes["/CRDImages/DP%20%C3%98.jpg"] = answer()
    assert build().fetch(server.url("/CRDImages/DP Ø.jpg")).body == IMAGE


@pytest.mark.parametrize("kind", ["image/webp", "IMAGE/JPEG; q=1", "application/octet-stream", None])
def test_types_that_may_be_images(server: Server, build: Build, kind: str | None) -> None:
    server.routes["/1.jpg"] = answer(kind=kind)
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
def test_failures(server: Server, build: Build, step: Answer, code: str, how: tuple[bool, int]) -> None:
    server.routes["/1.jpg"] = step
    failure = failure_of(build(max_bytes=2500, timeout=0.2), server.url("/1.jpg"))
    assert (failure.code, failure.permanent, len(server.asked)) == (code, *how)
    assert server.url("/1.jpg") in str(failure)


@pytest.mark.parametrize("step", [answer(b""), truncated, answer(b"<html>", 403, "text/html"), answer(b"", 500)])
def test_what_passes_is_fetched_after_all(server: Server, build: Build, step: Answer) -> None:
    server.routes["/1.jpg"] = flaky(step)
    assert build().fetch(server.url("/1.jpg")).body == IMAGE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: Server, build: Build, status: int) -> None:
    server.routes["/1.jpg"] = answer(b"", status, Location="/843/1.jpg")
    server.routes["/843/1.jpg"] = answer()
    assert build().fetch(server.url("/1.jpg")).final_url == server.url("/843/1.jpg")


@pytest.mark.parametrize(("hops", "reached"), [(5, True), (6, False)])
def test_five_redirects_are_enough(server: Server, build: Build, hops: int, reached: bool) -> None:
    for hop in range(hops):
        server.routes[f"/{hop}"] = answer(b"", 302, Location=f"/{hop + 1}")
    server.routes[f"/{hops}"] = answer()
    if reached:
        assert build().fetch(server.url("/0")).body == IMAGE
    else:
        failure = failure_of(build(), server.url("/0"))
        assert (failure.code, failure.permanent, len(server.asked)) == ("too_many_redirects", True, 6)


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://127.0.0.1:1/x", "host_not_allowed"),
        ("http://127.0.0.1/x", "host_not_allowed"),
        ("http://localhost:{port}/x", "host_not_allowed"),
        ("http://2130706433:{port}/x", "host_not_allowed"),
        ("http://[::1]:{port}/x", "host_not_allowed"),
        ("http://169.254.169.254/latest/meta-data/", "host_not_allowed"),
        ("//evil.test/x", "host_not_allowed"),
        ("file:///etc/passwd", "bad_image_url"),
        ("ftp://127.0.0.1:{port}/x", "bad_image_url"),
        ("http://user:secret@127.0.0.1:{port}/x", "bad_image_url"),
    ],
)
def test_no_redirect_leaves_the_allow_list(server: Server, build: Build, location: str, code: str) -> None:
    server.routes["/1.jpg"] = answer(b"", 302, Location=location.format(port=server.port))
    failure = failure_of(build(), server.url("/1.jpg"))
    assert (failure.code, failure.permanent, server.asked) == (code, True, ["/1.jpg"])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "bad_image_url"),
        ("not a url", "bad_image_url"),
        ("http://", "bad_image_url"),
        ("data:image/png;base64,AAAA", "bad_image_url"),
        ("http://a.test/\x00", "bad_image_url"),
        ("http://a.test:99999/", "host_not_allowed"),
        ("https://a.test/" + "x" * 70_000, "bad_image_url"),
        ("https://evil.test/x.jpg", "host_not_allowed"),
        ("https://images.museum.test.evil.test/x.jpg", "host_not_allowed"),
        ("https://sub.images.museum.test/x.jpg", "host_not_allowed"),
        ("https://images.museum.test:8443/x.jpg", "host_not_allowed"),
    ],
)
def test_addresses_that_are_not_asked(build: Build, url: str, code: str) -> None:
    def resolve(*_: object, **__: object) -> list[Any]:
        pytest.fail("it was resolved")

    failure = failure_of(build("images.museum.test", resolve=resolve), url)
    assert (failure.code, failure.permanent) == (code, True)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.7"], ["93.184.216.34", "192.168.1.1"], ["169.254.169.254"], ["::1"], ["::ffff:127.0.0.1"]],
)
def test_an_allowed_name_must_be_public(server: Server, build: Build, addresses: list[str]) -> None:
    server.routes["/1.jpg"] = answer()
    place = f"images.museum.test:{server.port}"
    failure = failure_of(build(place, resolve=resolver(*addresses)), f"http://{place}/1.jpg")
    assert (failure.code, failure.permanent, server.asked) == ("private_address", True, [])
    assert "images.museum.test" in str(failure)


def test_the_address_that_was_checked_is_the_one_connected_to(
    server: Server, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.routes["/1.jpg"] = answer()
    asked: list[tuple[str, int]] = []
    real = socket.create_connection

    def connect(address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:
        asked.append(address)
        return real(("127.0.0.1", server.port), *args, **options)  # stands in for the public internet

    monkeypatch.setattr(socket, "create_connection", connect)
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])  # rebinding: a second look would find the loopback address
    fetcher = build("images.museum.test", resolve=lambda host, port, **_: resolver(*next(answers))(host, port))
    assert fetcher.fetch("http://images.museum.test/1.jpg").body == IMAGE
    assert asked == [("93.184.216.34", 80)]


def test_the_next_addresses_are_tried_but_not_all(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def refuse(address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        asked.append(address[0])
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket, "create_connection", refuse)
    public = [f"93.184.216.{number}" for number in range(24)]
    fetcher = build("images.museum.test", resolve=resolver(*public), attempts=1)
    assert failure_of(fetcher, "http://images.museum.test/1.jpg").code == "unavailable"
    assert asked == public[:3]


def test_a_name_that_does_not_resolve_is_unavailable(build: Build) -> None:
    def resolve(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror("no such name")

    failure = failure_of(build("images.museum.test", resolve=resolve), "http://images.museum.test/1.jpg")
    assert (failure.code, failure.permanent) == ("unavailable", False)


def test_localhost_is_allowed_by_name_only_when_listed(server: Server, build: Build) -> None:
    server.routes["/1.jpg"] = answer()
    url = f"http://localhost:{server.port}/1.jpg"
    assert failure_of(build(), url).code == "host_not_allowed"
    assert build(f"localhost:{server.port}").fetch(url).body == IMAGE


def test_every_host_on_the_way_has_its_own_limiter(server: Server, build: Build, pool: ConnectionPool) -> None:
    hosts: list[str] = []

    def limiter_for(run: object, host: str) -> RateLimiter:
        hosts.append(host)
        return RateLimiter(pool, f"{run}.{host}", 1000)

    server.routes["/1.jpg"] = answer(b"", 302, Location=f"http://localhost:{server.port}/2.jpg")
    server.routes["/2.jpg"] = answer()
    fetcher = build(f"localhost:{server.port}", limiter_for=partial(limiter_for, uuid4()))
    for _ in range(2):
        fetcher.fetch(server.url("/1.jpg"))
    assert hosts == [server.place, f"localhost:{server.port}"]


@pytest.fixture(scope="module")
def asking_nobody() -> Iterator[ImageFetcher]:
    def limiter_for(host: str) -> RateLimiter:
        pytest.fail(f"{host} would have been asked")

    with ImageFetcher(["images.museum.test"], limiter_for=limiter_for, user_agent="test/1", timeout=1) as fetcher:
        yield fetcher


@given(st.text() | st.builds("{}://{}".format, st.sampled_from(["http", "https", "HTTP", "file"]), st.text()))
def test_no_address_whatever_is_asked_or_breaks_the_fetcher(asking_nobody: ImageFetcher, url: str) -> None:
    assert failure_of(asking_nobody, url).permanent


PUBLIC = ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "::ffff:93.184.216.34"]
PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "0.0.0.0"),
    *("224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fd00::1", "ff02::1"),
    *("::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
]


@pytest.mark.parametrize(
    ("address", "public"), [*((address, True) for address in PUBLIC), *((address, False) for address in PRIVATE)]
)
def test_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public
