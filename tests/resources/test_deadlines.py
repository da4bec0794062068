"""No server holds a request longer than its deadline, however slowly it answers and whichever client asks."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpcore
import pytest

from museum_assets.archive_files.download.download import Downloader
from museum_assets.archive_files.download.transfer import Policy, RemoteFile
from museum_assets.core.failures import Failure
from museum_assets.images.fetch import ImageFetcher
from resources.deadlines import Deadline, Pace, TimedBackend, addresses_of
from resources.embedders.jina import JinaEmbedder
from resources.http_answers import http_failures
from resources.http_client import http_client
from resources.llm import Llm
from resources.mail import Mailer
from resources.museum_http import MuseumClient
from resources.webhook import Webhook
from tests.support.pace import NoPace
from tests.support.product_code import modules
from tests.support.raw_server import RawServer, raw_server

pytestmark = pytest.mark.slow  # it starts processes, or waits

FEW = 0.4
"""Seconds of the deadlines here; a byte comes every hundredth of them."""


@pytest.fixture
def trickler() -> Iterator[RawServer]:
    with raw_server() as server:
        yield server


def the_museum(server: RawServer, folder: Path) -> None:
    options: dict[str, Any] = {"limiter": NoPace(), "user_agent": "t", "headers": {}, "attempts": 1}
    with MuseumClient("smk", server.url, timeout=FEW / 10, **options) as client:
        client.json("/x")


def the_image(server: RawServer, folder: Path) -> None:
    options: dict[str, Any] = {"limiter_for": lambda _: NoPace(), "user_agent": "t", "attempts": 1}
    with ImageFetcher([server.place], timeout=FEW / 10, **options) as fetcher:
        fetcher.fetch(f"{server.url}/1.jpg")


def the_archive(server: RawServer, folder: Path) -> None:
    policy = Policy(attempts=1, backoff=0.001, patience=FEW)
    with Downloader(folder, [server.place], user_agent="t", policy=policy, timeout=FEW) as downloader:
        downloader.fetch(RemoteFile(f"{server.url}/dump.csv", "dump.csv"))


def the_webhook(server: RawServer, folder: Path) -> None:
    with Webhook(f"{server.url}/secret", NoPace(), timeout=FEW / 3) as hook:
        hook.post({})


def the_model(server: RawServer, folder: Path) -> None:
    with Llm(server.url, "m", timeout=FEW, retries=0) as model:
        model.answer([{"role": "user", "content": "x"}])


def the_embedder(server: RawServer, folder: Path) -> None:
    with JinaEmbedder("key", url=server.url, attempts=1) as jina:
        (result,) = jina.embed_texts(["x"])
        raise result  # type: ignore[misc] # a failure, or the test fails


def the_mail(server: RawServer, folder: Path) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = "museum@example.org", "ann@example.org"
    with Mailer("127.0.0.1", server.port, "none", "museum@example.org", "ann@example.org", timeout=FEW / 6) as mailer:
        mailer.send(mail)


CLIENTS = [the_museum, the_image, the_archive, the_webhook, the_model, the_embedder, the_mail]


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 9999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n98967f\r\n",
    ],
    ids=["status line", "header", "after a 100", "body", "chunk"],
)
@pytest.mark.parametrize("ask", CLIENTS)
def test_every_client_gives_up_at_its_deadline(
    trickler: RawServer,
    tmp_path: Path,
    ask: Callable[[RawServer, Path], None],
    begin: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("resources.embedders.jina.DEADLINE", FEW)
    trickler.begin = begin
    start = time.monotonic()
    if ask is the_webhook and b"Content-Type" in begin:
        ask(trickler, tmp_path)  # what a webhook says after its headers is not read
        return
    with pytest.raises(Failure) as caught:
        ask(trickler, tmp_path)
    assert time.monotonic() - start < 20 * FEW  # without a deadline: never
    assert not caught.value.permanent


@contextmanager
def late() -> Iterator[None]:
    with pytest.raises(Failure, match="got no answer in time"), http_failures("it"):
        yield


def test_a_server_that_takes_a_request_a_little_at_a_time_has_the_same_deadline(trickler: RawServer) -> None:
    trickler.taken = 1
    with http_client(timeout=FEW, deadline=FEW) as client, late():
        client.post(trickler.url, content=b"x" * (8 << 20))


def test_redirects_share_the_deadline_of_their_request(trickler: RawServer, server: Any) -> None:
    def slow(handler: Any) -> None:
        time.sleep(FEW / 2)
        handler.send_response(302)
        handler.send_header("Location", "/again")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.scripts["/again"] = [slow]
    with http_client(timeout=FEW, deadline=FEW, follow_redirects=True) as client, late():
        client.get(server.url("/again"))
    assert len(server.paths) <= 3


def test_a_proxy_of_the_environment_has_the_same_deadline(trickler: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", trickler.url)
    monkeypatch.setenv("NO_PROXY", "")
    trickler.begin = b"HTTP/1.1 200 OK\r\nX-Long: "
    with http_client(timeout=FEW, deadline=FEW) as client, late():
        client.get("http://museum.example/")


def test_loopback_goes_through_no_proxy(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with http_client(timeout=5) as client:
        assert client.get(server.url("/x")).status_code == 404


def test_a_name_that_is_not_resolved_in_time_is_given_up() -> None:
    def resolve(*_: object, **__: object) -> list[Any]:
        time.sleep(5)
        return []

    with pytest.raises(httpcore.ConnectTimeout, match=r"museum\.example was not resolved"):
        addresses_of("museum.example", 443, 0.05, resolve)


def test_a_host_that_no_resolver_takes_is_a_failure_to_connect() -> None:
    with pytest.raises(httpcore.ConnectError, match="cannot be resolved"):
        TimedBackend().connect_tcp("a" * 64 + ".example", 80, 5.0)


def test_a_deadline_is_not_moved_by_what_comes() -> None:
    deadline = Deadline(0.05)
    deadline.received(1 << 30, 0.0)
    time.sleep(0.06)
    assert deadline.left() == 0.0


def test_a_pace_gives_time_for_bytes_but_never_more_than_at_first() -> None:
    pace = Pace(10, bytes_per_second=100)
    pace.received(1 << 30, 1.0)
    assert pace.left() == 10
    for _ in range(5):
        pace.received(50, 1.0)
    assert pace.left() == pytest.approx(7.5)
    pace.received(0, 30.0)
    assert pace.left() == 0.0


MAKERS = {
    *("Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport"),
    *("get", "head", "post", "put", "patch", "delete", "options", "request", "stream"),
}
MODULES = {"requests", "urllib.request", "http.client", "httpx2", "aiohttp"}


def _makers_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if isinstance(node.func.value, ast.Name) and node.func.value.id == "httpx" and node.func.attr in MAKERS:
                yield f"httpx.{node.func.attr}"
        elif isinstance(node, ast.ClassDef):
            yield from {ast.unparse(base) for base in node.bases} & {"httpx.Client", "httpx.HTTPTransport"}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
            yield from names & (MODULES | {f"httpx.{name}" for name in MAKERS})
            yield from (name for name in names if "HttpxClient" in name)
        elif isinstance(node, ast.Import):
            yield from {alias.name for alias in node.names} & MODULES


def test_no_client_is_made_anywhere_else() -> None:
    places = [(path, tree) for path, tree in modules() if "simulator" not in path]
    found = {(path, name) for path, tree in places for name in _makers_in(tree)}
    allowed = {("resources/http_client.py", "httpx.Client"), ("resources/http_client.py", "httpx.HTTPTransport")}
    assert found == allowed, "make it with resources.http_client.http_client"
