"""A body takes no more memory than its cap, whatever codings a server lays around it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from functools import cache
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.core.failures import Failure, Malformed, RequestRefused
from resources.http_answers import http_failures, read_body
from resources.http_bodies import Body, Coding
from resources.http_client import http_client
from tests.support.image_hosts import Build, failure_of
from tests.support.museum_clients import Connect
from tests.support.scripted_server import ScriptedServer, answer

pytestmark = pytest.mark.slow  # it starts processes, or waits

raw_deflate = zlib.compressobj(wbits=-15)
RAW = raw_deflate.compress(b'{"a": 1}') + raw_deflate.flush()
PLAIN = b'{"a": 1}'


@cache
def bomb(layers: int) -> bytes:
    """Return `layers` of gzip around 1 GB of zeros: 1 MB in one layer, 3 kB in two; it takes 6 s."""
    if layers > 1:
        return gzip.compress(bomb(layers - 1))
    zeros = zlib.compressobj(9, wbits=31)
    block = bytes(1 << 20)
    return b"".join(zeros.compress(block) for _ in range(1024)) + zeros.flush()


CODED = {
    "gzip": ("gzip", gzip.compress(PLAIN)),
    "its old name": ("x-gzip", gzip.compress(PLAIN)),
    "capitals": ("GZIP", gzip.compress(PLAIN)),
    "beside identity": ("identity, gzip", gzip.compress(PLAIN)),
    "two members": ("gzip", gzip.compress(PLAIN[:3]) + gzip.compress(PLAIN[3:])),
    "deflate": ("deflate", zlib.compress(PLAIN)),
    "raw deflate": ("deflate", RAW),
    "identity": ("identity", PLAIN),
    "empty": ("", PLAIN),
}


@pytest.mark.parametrize(("coding", "body"), CODED.values(), ids=CODED)
def test_an_api_may_code_its_answers_once(server: ScriptedServer, connect: Connect, coding: str, body: bytes) -> None:
    server.scripts["/1"] = [answer(body, Content_Encoding=coding)]
    assert connect().json("/1") == {"a": 1}
    assert server.asked[0][1]["Accept-Encoding"] == "gzip, deflate"


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip, gzip, gzip", "deflate, gzip", "br", "zstd", "klingon"])
def test_an_api_that_codes_them_otherwise_is_malformed(server: ScriptedServer, connect: Connect, coding: str) -> None:
    server.scripts["/1"] = [answer(bomb(2), Content_Encoding=coding)]
    with pytest.raises(Malformed, match=f"smk: GET .* coded as {coding}") as caught:
        connect().json("/1")
    assert (caught.value.code, caught.value.permanent, len(server.asked)) == ("encoded_body", True, 1)


def test_two_headers_are_two_layers(server: ScriptedServer, connect: Connect) -> None:
    def twice(handler: Any) -> None:
        handler.send_response(200)
        for name, value in (
            ("Content-Encoding", "gzip"),
            ("Content-Encoding", "gzip"),
            ("Content-Length", len(bomb(2))),
        ):
            handler.send_header(name, str(value))
        handler.end_headers()
        handler.wfile.write(bomb(2))

    server.scripts["/1"] = [twice]
    with pytest.raises(Malformed, match="gzip, gzip"):
        connect().json("/1")


@pytest.mark.parametrize("cut", [1, 9, 20])
def test_a_coded_body_that_ends_early_may_come_whole_another_time(
    server: ScriptedServer, connect: Connect, cut: int
) -> None:
    server.scripts["/1"] = [answer(gzip.compress(PLAIN)[:-cut], Content_Encoding="gzip")]
    with pytest.raises(Malformed, match="ends in the middle") as caught:
        connect(attempts=1).json("/1")
    assert not caught.value.permanent


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip", "br"])
def test_an_image_is_taken_as_it_is_or_not_at_all(server: ScriptedServer, build: Build, coding: str) -> None:
    server.scripts["/1.jpg"] = [answer(bomb(1), kind="image/jpeg", Content_Encoding=coding)]
    failure = failure_of(build(), server.url("/1.jpg"))
    assert (failure.code, failure.permanent, len(server.paths)) == ("encoded_body", True, 1)


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip", "br"])
def test_what_a_refusal_says_is_read_no_further_than_it_is_quoted(
    server: ScriptedServer, connect: Connect, build: Build, coding: str
) -> None:
    server.scripts["/1"] = [answer(bomb(1) if coding == "gzip" else bomb(2), 400, Content_Encoding=coding)]
    server.scripts["/2"] = [answer(bomb(2), 404, Content_Encoding=coding)]
    with pytest.raises(RequestRefused, match="was answered 400"):
        connect().json("/1")
    assert failure_of(build(), server.url("/1")).code == "refused"
    assert failure_of(build(), server.url("/2")).code == "gone"


MEMORY = """
import json, resource, sys
from resources.http_client import http_client
from resources.http_answers import http_failures, read_body
from museum_assets.core.failures import Failure
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
with http_client(timeout=20, max_bytes=8 << 20) as client:
    client.get(sys.argv[1] + "/small")
    before, codes = peak(), []
    for path in sys.argv[2:]:
        for read in (lambda r: read_body(r, "it"), lambda r: r.read()):
            try:
                with http_failures("it"), client.stream("GET", sys.argv[1] + path) as response:
                    read(response)
            except Failure as failure:
                codes.append(failure.code)
print(json.dumps([codes, peak() - before]))
"""


def test_a_bomb_takes_no_more_memory_than_the_cap(server: ScriptedServer) -> None:
    zeros = zlib.compressobj(9, wbits=-15)
    empty = gzip.compress(b"") * 50_000  # members that hold nothing
    deflated = b"".join(zeros.compress(bytes(1 << 20)) for _ in range(256)) + zeros.flush()
    server.scripts["/one"] = [answer(bomb(1), Content_Encoding="gzip")]
    server.scripts["/two"] = [answer(bomb(2), Content_Encoding="gzip, gzip")]
    server.scripts["/deflate"] = [answer(deflated, Content_Encoding="deflate")]
    server.scripts["/empty"] = [answer(empty + bomb(1), Content_Encoding="gzip")]
    server.scripts["/error"] = [answer(bomb(1), 500, Content_Encoding="gzip")]
    paths = ["/one", "/two", "/deflate", "/empty", "/error"]
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, server.base, *paths], capture_output=True, text=True, check=True
    )
    codes, grown = json.loads(done.stdout)
    assert codes == [code for path in paths for code in 2 * [("body_too_large", "encoded_body")[path == "/two"]]]
    assert grown < 40, f"{grown:.0f} MB for bodies of at most 8"


@given(st.binary(max_size=400), st.text(max_size=20) | st.sampled_from(["gzip", "deflate", "gzip,gzip", "deflate "]))
def test_any_body_under_any_coding_is_a_body_or_a_failure(body: bytes, coding: str) -> None:
    headers = [(b"Content-Encoding", coding.encode("utf-8", "replace"))]
    for taken in Coding:
        sent = httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))
        try:
            with http_failures("it"):
                read = read_body(Body.bounded(sent, taken, 300), "it")
        except Failure as failure:
            assert failure.code in {"encoded_body", "body_too_large", "malformed"}
        else:
            assert len(read) <= 300


@given(st.binary(max_size=3000), st.integers(1, 50), st.sampled_from(["gzip", "deflate"]))
def test_what_was_coded_is_read_whatever_pieces_it_comes_in(body: bytes, size: int, coding: str) -> None:
    coded = gzip.compress(body) if coding == "gzip" else zlib.compress(body)

    class Pieces(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            return (coded[start : start + size] for start in range(0, len(coded), size))

    sent = httpx.Response(200, headers={"Content-Encoding": coding}, stream=Pieces())
    assert read_body(Body.bounded(sent, Coding.ONE, 5000), "it") == body


def test_headers_without_end_are_refused(server: ScriptedServer) -> None:
    def endless(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 90) for n in range(5000)))

    server.scripts["/1"] = [endless]
    with http_client(timeout=5) as client, pytest.raises(Failure) as caught, http_failures("it"):
        client.get(server.url("/1"))
    assert caught.value.code == "unavailable"
