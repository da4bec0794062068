"""The image fetcher against addresses it must never reach, however they are written or led to."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool

from museum_assets.images.fetch import ImageFetcher
from resources.public_http import is_public
from resources.rate_limit import RateLimiter
from tests.support.image_hosts import IMAGE, Build, answer, failure_of, resolver
from tests.support.scripted_server import ScriptedServer


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
def test_no_redirect_leaves_the_allow_list(server: ScriptedServer, build: Build, location: str, code: str) -> None:
    server.scripts["/1.jpg"] = [answer(b"", 302, Location=location.format(port=server.port))]
    failure = failure_of(build(), server.url("/1.jpg"))
    assert (failure.code, failure.permanent, server.paths) == (code, True, ["/1.jpg"])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "bad_image_url"),
        ("not a url", "bad_image_url"),
        ("http://", "bad_image_url"),
        ("data:image/png;base64,AAAA", "bad_image_url"),
        ("http://a.test/\x00", "bad_image_url"),
        ("http://xn--/", "bad_image_url"),
        ("http://xn--zzzzzzzzzz99999/", "bad_image_url"),
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
def test_an_allowed_name_must_be_public(server: ScriptedServer, build: Build, addresses: list[str]) -> None:
    server.scripts["/1.jpg"] = [answer()]
    place = f"images.museum.test:{server.port}"
    failure = failure_of(build(place, resolve=resolver(*addresses)), f"http://{place}/1.jpg")
    assert (failure.code, failure.permanent, server.paths) == ("private_address", True, [])
    assert "images.museum.test" in str(failure)


def test_the_address_that_was_checked_is_the_one_connected_to(
    server: ScriptedServer, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.scripts["/1.jpg"] = [answer()]
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


def test_localhost_is_allowed_by_name_only_when_listed(server: ScriptedServer, build: Build) -> None:
    server.scripts["/1.jpg"] = [answer()]
    url = f"http://localhost:{server.port}/1.jpg"
    assert failure_of(build(), url).code == "host_not_allowed"
    assert build(f"localhost:{server.port}").fetch(url).body == IMAGE


def test_every_host_on_the_way_has_its_own_limiter(server: ScriptedServer, build: Build, pool: ConnectionPool) -> None:
    hosts: list[str] = []

    def limiter_for(run: object, host: str) -> RateLimiter:
        hosts.append(host)
        return RateLimiter(pool, f"{run}.{host}", 1000)

    server.scripts["/1.jpg"] = [answer(b"", 302, Location=f"http://localhost:{server.port}/2.jpg")]
    server.scripts["/2.jpg"] = [answer()]
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


HOSTS = st.text() | st.builds("{}{}".format, st.sampled_from(["xn--", "images.museum.test", "[", "[::1%"]), st.text())


OTHERS = HOSTS.filter(lambda host: re.split(r"[/?#]", host.strip().lower())[0].rstrip(":") != "images.museum.test")


@given(st.text() | st.builds("{}://{}".format, st.sampled_from(["http", "https", "HTTP", "file"]), OTHERS))
@example("http://xn--/")
@example("http://xn--a.images.museum.test/")
@example("http://images.museum.test:65536/")
def test_no_address_whatever_is_asked_or_breaks_the_fetcher(asking_nobody: ImageFetcher, url: str) -> None:
    assert failure_of(asking_nobody, url).permanent


PUBLIC = [
    *("93.184.216.34", "1.1.1.1", "172.32.0.1", "2606:2800:220:1::1", "2a00:1450:4001:830::200e"),
    # An IPv4 address in each of its wrappings: mapped, compatible, NAT64, 6to4, Teredo (server 1.1.1.1).
    *("::ffff:93.184.216.34", "::93.184.216.34", "64:ff9b::93.184.216.34", "2002:5db8:d822::1"),
    "2001:0:101:101:8000:63bf:a247:27dd",
]
PRIVATE = [
    # IPv4: this network, private use, shared (RFC 6598), loopback, link-local, protocol assignments, documentation,
    # relays of 6to4, benchmarks, multicast, reserved, broadcast.
    *("0.0.0.0", "0.1.2.3", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255"),
    *("127.0.0.1", "127.255.255.255", "169.254.169.254", "192.0.0.1", "192.0.0.9", "192.0.0.170", "192.0.2.1"),
    *("198.51.100.1", "203.0.113.1", "192.88.99.1", "198.18.0.1", "198.19.255.255"),
    *("224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    # IPv6: unspecified, loopback, link-local, site-local, unique local, multicast, documentation, discard, benchmarks,
    # ORCHID, SRv6, the NAT64 prefix for local use, and what IANA has not given out.
    *("::", "::1", "fe80::1", "fec0::1", "feff::1", "fd00::1", "fc00::1", "ff02::1", "ff0e::1"),
    *("2001:db8::1", "3fff::1", "100::1", "2001:2::1", "2001:10::1", "2001:20::1", "5f00::1", "4000::1", "8000::1"),
    *("64:ff9b:1::1", "64:ff9b:1::93.184.216.34", "64:ff9b:1:fffe::10.0.0.1"),
    # A private IPv4 address in each wrapping.
    *("::ffff:10.0.0.1", "::10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::169.254.169.254"),
    *("2002:7f00:1::", "2002:a00:1::1", "2001:0:101:101:8000:63bf:f5ff:fffe", "2001:0:a00:1:8000:63bf:a247:27dd"),
    "::ffff:0:10.0.0.1",
    # With a zone, and what is no address.
    *("fe80::1%eth0", "2606:2800:220:1::1%eth0", "::ffff:93.184.216.34%1", "", "localhost", "1.2.3", "01.2.3.4"),
]


@pytest.mark.parametrize(
    ("address", "public"), [*((address, True) for address in PUBLIC), *((address, False) for address in PRIVATE)]
)
def test_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public
