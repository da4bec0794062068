"""The museum client against a real local server that misbehaves in every way museums have been seen to."""

from __future__ import annotations

import gzip
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool

from museum_assets.failures import Failure, Gone, Malformed, Refused, SlowDown, Unavailable
from museum_assets.museums.museum import Api
from resources.museum_http import MuseumClient, classify, retry_after_seconds
from resources.rate_limit import PATIENCE, RateLimiter

ROOT = Path(__file__).resolve().parents[2]
WALL = b"<html><head><title>Just a moment...</title></head></html>"
Answer = Callable[[BaseHTTPRequestHandler], None]


def answer(body: bytes = b"{}", status: int = 200, kind: str = "application/json", **headers: str) -> Answer:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Type": kind, "Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return send


class Server:
    """Answers each path from its script, the last entry for ever; keeps what was asked."""

    def __init__(self) -> None:
        self.scripts: dict[str, list[Answer]] = defaultdict(lambda: [answer(b"{}", 404)])
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.most_at_once = 0
        self._at_work: set[BaseHTTPRequestHandler] = set()
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.handle(self)

            def end_headers(self) -> None:
                # Before the answer leaves: the client may ask for the next before this handler has returned.
                outer.leave(self)
                super().end_headers()

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.asked.append((handler.path, dict(handler.headers)))
            script = self.scripts[handler.path.partition("?")[0]]
            step = script.pop(0) if len(script) > 1 else script[0]
            self._at_work.add(handler)
            self.most_at_once = max(self.most_at_once, len(self._at_work))
        try:
            step(handler)
        except (BrokenPipeError, ConnectionResetError):  # the client gave up, as some tests want
            handler.close_connection = True
        finally:
            self.leave(handler)

    def leave(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self._at_work.discard(handler)

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


Connect = Callable[..., MuseumClient]


@pytest.fixture
def connect(server: Server, pool: ConnectionPool) -> Iterator[Connect]:
    host = f"{uuid4()}.test"
    made: list[MuseumClient] = []

    def new(**options: object) -> MuseumClient:
        defaults: dict[str, Any] = {
            "limiter": RateLimiter(pool, host, 100_000),
            "user_agent": "test/1",
            "headers": {},
            "timeout": 5.0,
            "attempts": 3,
            "backoff": 0.001,
        }
        made.append(MuseumClient("smk", server.base, **defaults | options))
        return made[-1]

    yield new
    for client in made:
        client.close()


def truncated(handler: BaseHTTPRequestHandler) -> None:
    answer(b'{"items": [', Content_Length="500")(handler)
    handler.close_connection = True


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(0.5)
    handler.close_connection = True


def trickle(handler: BaseHTTPRequestHandler) -> None:
    answer(b"", Content_Length="10000")(handler)
    for _ in range(100):
        handler.wfile.write(b" ")
        time.sleep(0.03)


def broken_gzip(handler: BaseHTTPRequestHandler) -> None:
    answer(b"not gzip at all", Content_Encoding="gzip")(handler)


@pytest.mark.parametrize(
    ("status", "kind", "wanted"),
    [
        (200, "text/html", None),
        (204, "", None),
        (304, "", Refused),
        (400, "application/json", Refused),
        (401, "application/json", Refused),
        (403, "application/json", Refused),
        (403, "application/problem+json; charset=utf-8", Refused),
        (403, "text/html; charset=utf-8", SlowDown),
        (403, "", SlowDown),
        (404, "application/json", Gone),
        (406, "text/plain", Refused),
        (408, "", Unavailable),
        (410, "text/html", Gone),
        (429, "application/json", SlowDown),
        (500, "text/html", Unavailable),
        (502, "text/html", Unavailable),
        (503, "text/html", SlowDown),
        (504, "", Unavailable),
    ],
)
def test_classify(status: int, kind: str, wanted: type[Failure] | None) -> None:
    failure = classify(httpx.Response(status, headers={"Content-Type": kind}), "smk: GET https://x.test/1")
    assert type(failure) is (wanted or type(None))
    assert failure is None or str(failure).startswith(f"smk: GET https://x.test/1 was answered {status}")


def test_aic_says_invalid_number_of_results() -> None:
    records = ROOT.parent / "shared" / "data" / "museum_records"
    path = records / "aic" / "errors" / "403-search-window-over-1000.2026.json"
    if not path.exists():
        pytest.skip("the recorded errors of ../shared are not here")
    failure = classify(httpx.Response(403, headers={"Content-Type": "application/json"}, content=path.read_bytes()))
    assert isinstance(failure, Refused)
    assert "Invalid number of results" in str(failure)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [(None, None), ("", None), ("0", 0), (" 120 ", 120), ("-5", None), ("1.5", None), ("inf", None), ("²", None),
     ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 99 Oct 2015 07:28:00 GMT", None), ("9" * 5000, 1e9)],
)  # fmt: skip
def test_retry_after(value: str | None, wanted: float | None) -> None:
    assert retry_after_seconds(value) == wanted


@pytest.mark.parametrize("zone", ["GMT", "-0000"])
def test_retry_after_as_a_date(zone: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True).replace("GMT", zone)
    assert 85 < (retry_after_seconds(date) or 0) <= 90


@given(
    st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d{1,9} [A-Z][a-z]{2} \d{1,9} [\d:]{1,12} [+-]?\w{1,6}", fullmatch=True)
)
def test_retry_after_survives_anything(value: str) -> None:
    seconds = retry_after_seconds(value)
    assert seconds is None or 0 <= seconds < float("inf")


def test_a_good_answer(server: Server, connect: Connect) -> None:
    server.scripts["/art/search"] = [answer('{"items": ["Ø"]}'.encode(), kind="application/ld+json; charset=utf-8")]
    client: Api = connect(headers={"AIC-User-Agent": "{user_agent} (us)"}, user_agent="museums/2")
    assert client.json("/art/search?keys=*", {"offset": 10}) == {"items": ["Ø"]}
    path, headers = server.asked[0]
    assert parse_qsl(urlsplit(path).query) == [("keys", "*"), ("offset", "10")]
    assert (headers["User-Agent"], headers["AIC-User-Agent"]) == ("museums/2", "museums/2 (us)")
    assert headers["Accept"] == "application/json"


def test_a_full_url_on_the_same_host_is_taken_as_it_is(server: Server, connect: Connect) -> None:
    server.scripts["/next"] = [answer(b"[1]")]
    assert connect().json(f"{server.base}/next") == [1]


def test_text(server: Server, connect: Connect) -> None:
    server.scripts["/oai"] = [answer("<Ø/>".encode(), kind="text/xml")]
    server.scripts["/old"] = [answer("<Ø/>".encode("latin-1"), kind="text/xml; charset=ISO-8859-1")]
    assert [connect().text(path) for path in ("/oai", "/old")] == ["<Ø/>", "<Ø/>"]


@pytest.mark.parametrize(
    ("step", "wanted"),
    [
        (answer(WALL, 429, "text/html"), SlowDown),
        (answer(WALL, 503, "text/html"), SlowDown),
        (answer(WALL, 403, "text/html"), SlowDown),
        (answer(b"oops", 500), Unavailable),
        (truncated, Unavailable),
        (hang_up, Unavailable),
        (answer(WALL, 200, "text/html"), Malformed),
        (answer(b'{"items": ['), Malformed),
        (answer(b""), Malformed),
        (answer(b"[" * 100_000), Malformed),
        (broken_gzip, Malformed),
    ],
)
def test_what_may_pass_is_tried_again(server: Server, connect: Connect, step: Answer, wanted: type[Failure]) -> None:
    server.scripts["/good/after/two"] = [step, step, answer(b"{}")]
    server.scripts["/bad"] = [step]
    client = connect()
    assert client.json("/good/after/two") == {}
    assert (client.requests, client.retries) == (3, 2)
    with pytest.raises(wanted, match=f"smk: GET {server.base}/bad ") as caught:
        client.json("/bad")
    assert not caught.value.permanent
    assert (client.requests, client.retries) == (6, 4)


@pytest.mark.parametrize(
    ("step", "wanted"),
    [
        (answer(b"{}", 404), Gone),
        (answer(b"{}", 410), Gone),
        (answer(b'{"error":"Invalid limit"}', 403), Refused),
        (answer(b"{}", 400), Refused),
    ],
)
def test_what_cannot_pass_is_asked_once(server: Server, connect: Connect, step: Answer, wanted: type[Failure]) -> None:
    server.scripts["/1"] = [step]
    with pytest.raises(wanted):
        connect().json("/1")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("step", "wanted"),
    [(answer(WALL, kind="text/html"), Malformed), (answer("Ø".encode("latin-1"), kind="text/xml"), Malformed),
     (answer(b"x", kind="text/xml; charset=klingon"), Malformed)],
)  # fmt: skip
def test_text_that_is_none(server: Server, connect: Connect, step: Answer, wanted: type[Failure]) -> None:
    server.scripts["/1"] = [step]
    with pytest.raises(wanted):
        connect(attempts=1).text("/1")


@pytest.mark.parametrize(("step", "said"), [(silent, "no answer in time"), (trickle, r"sent only \d+ bytes in 1 s")])
def test_slowness_ends(server: Server, connect: Connect, step: Answer, said: str) -> None:
    server.scripts["/slow"] = [step]
    start = time.monotonic()
    with pytest.raises(Unavailable, match=said):
        connect(timeout=0.1, attempts=1).json("/slow")
    assert time.monotonic() - start < 2.5


def test_nobody_listens(pool: ConnectionPool) -> None:
    limiter = RateLimiter(pool, "nobody.test", 1000)
    with (
        MuseumClient(
            "met", "http://127.0.0.1:9", limiter=limiter, user_agent="t", headers={}, timeout=1, attempts=1
        ) as met,
        pytest.raises(Unavailable, match=r"met: GET http://127\.0\.0\.1:9/x broke off"),
    ):
        met.json("/x")


@pytest.mark.parametrize(
    "step",
    [answer(b'"' + b"x" * 2000 + b'"'), answer(gzip.compress(b" " * 50_000_000), Content_Encoding="gzip")],
    ids=["declared", "gzip bomb"],
)
def test_a_body_beyond_the_cap_is_refused(server: Server, connect: Connect, step: Answer) -> None:
    server.scripts["/big"] = [step]
    with pytest.raises(Failure, match="more than 1,000 bytes") as caught:
        connect(max_bytes=1000).json("/big")
    assert (caught.value.code, caught.value.permanent) == ("body_too_large", True)
    assert len(server.asked) == 1


def test_retry_after_is_obeyed_by_every_client(server: Server, connect: Connect) -> None:
    server.scripts["/1"] = [answer(b"", 429, Retry_After="1"), answer(b"{}")]
    server.scripts["/2"] = [answer(b"{}")]
    one, two = connect(attempts=1), connect()
    start = time.monotonic()
    with pytest.raises(SlowDown) as caught:
        one.json("/1")
    assert caught.value.retry_after == 1
    two.json("/2")
    assert time.monotonic() - start >= 0.99


def test_a_refusal_without_retry_after_pauses_too(server: Server, connect: Connect) -> None:
    server.scripts["/1"] = [answer(WALL, 403, "text/html"), answer(b"{}")]
    start = time.monotonic()
    connect(backoff=0.01).json("/1")
    assert time.monotonic() - start >= 0.3


def test_a_retry_after_beyond_patience_ends_it_for_every_client(server: Server, connect: Connect) -> None:
    server.scripts["/1"] = [answer(b"", 503, Retry_After=str(int(PATIENCE) + 60))]
    for client in (connect(), connect()):
        with pytest.raises(SlowDown) as caught:
            client.json("/1")
        assert (caught.value.retry_after or 0) > PATIENCE
        assert client.retries == 0
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/", "file:///etc/passwd", "//evil.test/"]
)
def test_no_redirect_leads_to_another_host(server: Server, connect: Connect, location: str) -> None:
    server.scripts["/1"] = [answer(b"", 302, Location=location)]
    with pytest.raises(Refused, match="not one of its hosts"):
        connect().json("/1")


def test_redirects_on_the_host_are_followed_but_not_for_ever(server: Server, connect: Connect) -> None:
    server.scripts["/1"] = [answer(b"", 303, Location="/2")]
    server.scripts["/2"] = [answer(b"[2]")]
    server.scripts["/loop"] = [answer(b"", 302, Location="/loop")]
    client = connect()
    assert client.json("/1") == [2]
    assert client.requests == 2
    with pytest.raises(Refused):
        client.json("/loop")


def test_more_hosts_are_allowed_by_name(server: Server, connect: Connect) -> None:
    server.scripts["/1"] = [answer(b"[1]")]
    named = server.base.replace("127.0.0.1", "localhost")
    with pytest.raises(Refused, match="localhost"):
        connect().json(f"{named}/1")
    assert connect(more_hosts=[named.removeprefix("http://")]).json(f"{named}/1") == [1]


def test_connections_are_kept_alive(server: Server, connect: Connect) -> None:
    ports: set[int] = set()

    def note(handler: BaseHTTPRequestHandler) -> None:
        ports.add(handler.client_address[1])
        answer(b"{}")(handler)

    server.scripts["/1"] = [note]
    client = connect()
    for _ in range(5):
        client.json("/1")
    assert len(ports) == 1


def after(seconds: float, body: bytes = b"{}", status: int = 200) -> Answer:
    def wait(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        answer(body, status)(handler)

    return wait


def test_each_keeps_the_order_and_yields_failures(server: Server, connect: Connect) -> None:
    for number in range(20):
        server.scripts[f"/{number}"] = [after((20 - number) * 0.01, b"%d" % number, 404 if number % 5 == 3 else 200)]
    client = connect(concurrency=4)
    found = list(client.json_each(f"/{number}" for number in range(20)))
    assert [path for path, _ in found] == [f"/{number}" for number in range(20)]
    for number, (_, outcome) in enumerate(found):
        assert isinstance(outcome, Gone) if number % 5 == 3 else outcome == number
    assert 2 <= server.most_at_once <= 4
    assert client.requests == 20


def test_text_each(server: Server, connect: Connect) -> None:
    server.scripts["/1"] = [answer(b"<a/>", kind="text/xml")]
    (one, text), (two, failure) = connect().text_each(["/1", "/2"])
    assert (one, text, two, type(failure)) == ("/1", "<a/>", "/2", Gone)


def test_each_of_nothing(connect: Connect) -> None:
    assert list(connect().json_each([])) == []


def test_each_takes_no_more_than_it_needs_and_stops_when_closed(server: Server, connect: Connect) -> None:
    taken: list[int] = []

    def paths() -> Iterator[str]:
        for number in count():
            taken.append(number)
            server.scripts[f"/{number}"] = [after(0.3 if number else 0)]
            yield f"/{number}"

    each = connect(concurrency=2).json_each(paths())
    assert taken == []
    assert next(each)[0] == "/0"
    assert taken == [0, 1, 2, 3]
    each.close()  # type: ignore[attr-defined]
    time.sleep(0.5)
    assert {path for path, _ in server.asked} == {"/0", "/1", "/2"}  # the fourth was waiting for its turn
    assert taken == [0, 1, 2, 3]


def test_a_fault_of_ours_is_raised_not_yielded(connect: Connect) -> None:
    with pytest.raises(AttributeError):
        list(connect().json_each([None]))  # type: ignore[list-item]
