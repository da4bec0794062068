"""The museum client against a real local server that misbehaves in every way museums have been seen to."""

from __future__ import annotations

import gzip
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

import pytest
from psycopg_pool import ConnectionPool

from museum_assets.core.failures import Failure, Gone, Malformed, RequestRefused, SlowDown, Unavailable
from museum_assets.museums.museum import Api
from resources.museum_http import MuseumClient
from resources.rate_limit import PATIENCE, RateLimiter
from tests.support.clock import Clock
from tests.support.museum_clients import Connect
from tests.support.scripted_server import Answer, ScriptedServer, answer

WALL = b"<html><head><title>Just a moment...</title></head></html>"


def truncated(handler: BaseHTTPRequestHandler) -> None:
    answer(b'{"items": [', Content_Length="500")(handler)
    handler.close_connection = True


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def silent(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)  # returns when the client hangs up
    handler.close_connection = True


def trickle(handler: BaseHTTPRequestHandler) -> None:
    answer(b"", Content_Length=str(10**7))(handler)
    while True:  # until the client hangs up
        handler.wfile.write(b" ")
        time.sleep(0.03)


def broken_gzip(handler: BaseHTTPRequestHandler) -> None:
    answer(b"not gzip at all", Content_Encoding="gzip")(handler)


def test_a_good_answer(server: ScriptedServer, connect: Connect) -> None:
    server.scripts["/art/search"] = [answer('{"items": ["Ø"]}'.encode(), kind="application/ld+json; charset=utf-8")]
    client: Api = connect(headers={"AIC-User-Agent": "{user_agent} (us)"}, user_agent="museums/2")
    assert client.json("/art/search?keys=*", {"offset": 10}) == {"items": ["Ø"]}
    path, headers = server.asked[0]
    assert parse_qsl(urlsplit(path).query) == [("keys", "*"), ("offset", "10")]
    assert (headers["User-Agent"], headers["AIC-User-Agent"]) == ("museums/2", "museums/2 (us)")
    assert headers["Accept"] == "application/json"


def test_a_full_url_on_the_same_host_is_taken_as_it_is(server: ScriptedServer, connect: Connect) -> None:
    server.scripts["/next"] = [answer(b"[1]")]
    assert connect().json(f"{server.base}/next") == [1]


def test_text(server: ScriptedServer, connect: Connect) -> None:
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
def test_what_may_pass_is_tried_again(
    server: ScriptedServer, connect: Connect, step: Answer, wanted: type[Failure]
) -> None:
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
        (answer(b'{"error":"Invalid limit"}', 403), RequestRefused),
        (answer(b"{}", 400), RequestRefused),
    ],
)
def test_what_cannot_pass_is_asked_once(
    server: ScriptedServer, connect: Connect, step: Answer, wanted: type[Failure]
) -> None:
    server.scripts["/1"] = [step]
    with pytest.raises(wanted):
        connect().json("/1")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("step", "wanted"),
    [(answer(WALL, kind="text/html"), Malformed), (answer(b"odd", kind="text/xml; charset=utf-16"), Malformed),
     *((answer(b"x", kind=f"text/xml; charset={name}"), Malformed)
       for name in ("klingon", "undefined", "idna", "utf-7", "unicode_escape", "punycode"))],
)  # fmt: skip
def test_text_that_is_none(server: ScriptedServer, connect: Connect, step: Answer, wanted: type[Failure]) -> None:
    server.scripts["/1"] = [step]
    with pytest.raises(wanted):
        connect(attempts=1).text("/1")


def test_a_byte_that_is_no_utf_8_is_left_to_the_reader_of_the_record(server: ScriptedServer, connect: Connect) -> None:
    server.scripts["/1"] = [answer("<a>Ø</a>".encode("latin-1"), kind="text/xml")]
    assert connect(attempts=1).text("/1") == "<a>\udcd8</a>"


def test_an_entry_that_is_no_json_spoils_neither_its_page_nor_asks_for_it_again(
    server: ScriptedServer, connect: Connect
) -> None:
    server.scripts["/list"] = [answer(b'{"items": [{"id": 1}, {"id": 2, "t": "\\ud800"}]}')]
    good, bad = connect().json("/list")["items"]
    assert good == {"id": 1}
    assert (bad.raw, bad.field("id")) == (b'{"id": 2, "t": "\\ud800"}', 2)
    assert len(server.asked) == 1


def test_an_object_that_came_whole_and_is_no_json_is_given_up_with_its_bytes(
    server: ScriptedServer, connect: Connect
) -> None:
    server.scripts["/1"] = [answer(b'{"id": 1, "t": "\\ud800"}')]
    ((_, failure),) = connect().json_each(["/1"])
    assert isinstance(failure, Malformed)
    assert (failure.permanent, failure.evidence, len(server.asked)) == (True, b'{"id": 1, "t": "\\ud800"}', 1)


@pytest.mark.parametrize(
    ("step", "said"), [(silent, "no answer in time"), (trickle, r"sent only \d+ bytes, not complete after 1 s")]
)
def test_slowness_ends(server: ScriptedServer, connect: Connect, step: Answer, said: str) -> None:
    server.scripts["/slow"] = [step]
    with pytest.raises(Unavailable, match=said):
        connect(timeout=0.1, attempts=1).json("/slow")


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
def test_a_body_beyond_the_cap_is_refused(server: ScriptedServer, connect: Connect, step: Answer) -> None:
    server.scripts["/big"] = [step]
    with pytest.raises(Failure, match="more than 1,000 bytes") as caught:
        connect(max_bytes=1000).json("/big")
    assert (caught.value.code, caught.value.permanent) == ("body_too_large", True)
    assert len(server.asked) == 1


def test_retry_after_is_obeyed_by_every_client(server: ScriptedServer, connect: Connect, clock: Clock) -> None:
    server.scripts["/1"] = [answer(b"", 429, Retry_After="60"), answer(b"{}")]
    server.scripts["/2"] = [answer(b"{}")]
    one, two = connect(attempts=1), connect()
    start = clock.monotonic()
    with pytest.raises(SlowDown) as caught:
        one.json("/1")
    assert caught.value.retry_after == 60
    two.json("/2")
    assert clock.monotonic() - start >= 60


def test_a_refusal_without_retry_after_pauses_too(server: ScriptedServer, connect: Connect, clock: Clock) -> None:
    server.scripts["/1"] = [answer(WALL, 403, "text/html"), answer(b"{}")]
    start = clock.monotonic()
    connect(backoff=0.01).json("/1")
    assert clock.monotonic() - start >= 0.3


def test_a_retry_after_beyond_patience_ends_it_for_every_client(server: ScriptedServer, connect: Connect) -> None:
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
def test_no_redirect_leads_to_another_host(server: ScriptedServer, connect: Connect, location: str) -> None:
    server.scripts["/1"] = [answer(b"", 302, Location=location)]
    with pytest.raises(RequestRefused, match="not one of its hosts"):
        connect().json("/1")


def test_redirects_on_the_host_are_followed_but_not_for_ever(server: ScriptedServer, connect: Connect) -> None:
    server.scripts["/1"] = [answer(b"", 303, Location="/2")]
    server.scripts["/2"] = [answer(b"[2]")]
    server.scripts["/loop"] = [answer(b"", 302, Location="/loop")]
    client = connect()
    assert client.json("/1") == [2]
    assert client.requests == 2
    with pytest.raises(RequestRefused):
        client.json("/loop")


def test_more_hosts_are_allowed_by_name(server: ScriptedServer, connect: Connect) -> None:
    server.scripts["/1"] = [answer(b"[1]")]
    named = server.base.replace("127.0.0.1", "localhost")
    with pytest.raises(RequestRefused, match="localhost"):
        connect().json(f"{named}/1")
    assert connect(more_hosts=[named.removeprefix("http://")]).json(f"{named}/1") == [1]


def test_connections_are_kept_alive(server: ScriptedServer, connect: Connect) -> None:
    ports: set[int] = set()

    def note(handler: BaseHTTPRequestHandler) -> None:
        ports.add(handler.client_address[1])
        answer(b"{}")(handler)

    server.scripts["/1"] = [note]
    client = connect()
    for _ in range(5):
        client.json("/1")
    assert len(ports) == 1
