"""S3 that answers badly: what every reader of objects gets is a Failure with a code, and in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from museum_assets.core.failures import Failure, Malformed, RequestRefused, Unavailable
from museum_assets.sources.connector import RecordRefusal
from museum_assets.sources.s3 import S3Source
from resources.s3 import ObjectStore, StoredObject
from resources.s3_failures import StorageMisconfigured
from tests.support.raw_server import RawServer, raw_server

FEW = 0.1
HEADERS = {
    "Date": "Mon, 30 Nov 2026 00:00:00 GMT",
    "ETag": '"1"',
    "Last-Modified": "Mon, 30 Nov 2026 00:00:00 GMT",
    "Content-Type": "text/plain",
}


def answered(body: bytes = b"", status: str = "200 OK", **changed: str | None) -> bytes:
    """An answer of S3 with these headers changed (named with _ for -); None leaves one out."""
    headers = {**HEADERS, "Connection": "close", **{name.replace("_", "-"): value for name, value in changed.items()}}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items() if value is not None)]
    return "\r\n".join([*lines, "", ""]).encode() + body


def bucket(server: RawServer, attempts: int = 1) -> ObjectStore:
    return ObjectStore(server.url, "key", "secret", "us-east-1", "b", read_timeout=FEW, attempts=attempts)


READERS: dict[str, Callable[[ObjectStore, Path], object]] = {
    "get": lambda store, _: store.get("k"),
    "fetch": lambda store, _: store.fetch("k", 10**8),
    "get_file": lambda store, folder: store.get_file("k", folder / "file"),
}
LIST = b'<?xml version="1.0"?><ListBucketResult><Contents><Key>k</Key></Contents></ListBucketResult>'


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    ("begin", "then", "kind"),
    [
        (answered(b"half", Content_Length="8"), "close", Unavailable),
        (answered(b"half", Content_Length="8"), "reset", Unavailable),
        (answered(b"half", Content_Length="8"), "silence", Unavailable),
        (answered(b"4\r\nhalf\r\n", Transfer_Encoding="chunked"), "close", Failure),
        (answered(b"zz\r\nhalf\r\n", Transfer_Encoding="chunked"), "close", Failure),
        (answered(b"whole, or not?"), "close", Malformed),
        (answered(b"half", Content_Length="4", ETag=None), "close", Malformed),
        (answered(b"half", Content_Length="4", Last_Modified=None), "close", Malformed),
        (answered(b"half", Content_Length="4", Last_Modified="soon"), "close", Malformed),
        (answered(b"half", Content_Length="four"), "close", Failure),
        (answered(b"<html>", "500 Oops", Content_Length="6"), "close", Unavailable),
        (answered(b"<a", "400 Bad", Content_Length="2"), "close", Failure),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "close", Unavailable),
        (b"", "close", Unavailable),
    ],
)  # fmt: skip
def test_a_body_that_is_not_whole_is_a_failure_that_may_pass(
    begin: bytes, then: str, kind: type[Failure], read: Callable[[ObjectStore, Path], object], tmp_path: Path
) -> None:
    with raw_server(begin, then) as server:  # type: ignore[arg-type]
        if read is READERS["get_file"] and b"Last-Modified" not in begin and b"ETag" in begin:
            pytest.skip("a file is known by its bytes alone")
        with pytest.raises(kind, match=r"k") as caught:
            read(bucket(server), tmp_path)
    assert caught.value.code in {"unavailable", "malformed", "refused"}
    assert not list(tmp_path.iterdir())


def test_a_file_that_broke_off_is_continued(tmp_path: Path) -> None:
    with raw_server(answered(b"hal", Content_Length="8"), "close") as server:
        asked: list[bytes] = []
        rest = answered(b"f more", "206 Partial Content", Content_Length="6", Content_Range="bytes 3-8/9")

        def serve(connection: socket.socket) -> None:
            asked.append(connection.recv(1 << 16))
            connection.sendall(server.begin if len(asked) == 1 else rest)
            connection.close()

        server.serve = serve  # type: ignore[method-assign]
        bucket(server, attempts=3).get_file("k", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"half more"
    assert b"Range: bytes=3-\r\n" in asked[1]
    assert b'If-Match: "1"\r\n' in asked[1]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_chunked_body_is_read_whole() -> None:
    with raw_server(answered(b"5\r\nhello\r\n0\r\n\r\n", Transfer_Encoding="chunked"), "close") as server:
        assert bucket(server).fetch("k", 5).body == b"hello"
        with pytest.raises(RequestRefused, match="more than the 4") as caught:
            bucket(server).fetch("k", 4)
    assert caught.value.code == "too_large"


@pytest.mark.parametrize("body", [b"<html>", b"\x00", LIST, LIST.replace(b"k", b"\xff")])
def test_a_listing_that_is_none_is_malformed(body: bytes) -> None:
    page = answered(body, Content_Length=str(len(body)), Content_Type="application/xml")
    with raw_server(page, "close") as server, pytest.raises(Failure):
        list(bucket(server).list())


def test_a_source_refuses_the_object_and_goes_on() -> None:
    with raw_server(answered(b"half", Content_Length="8"), "close") as server:

        class Bucket(ObjectStore):
            def list(self, prefix: str = "", *, start_after: str = "") -> Iterator[StoredObject]:
                return (StoredObject(f"{prefix}{name}.txt", 8, "1", datetime.now(UTC)) for name in "ab")

        store = Bucket(server.url, "key", "secret", "us-east-1", "b", read_timeout=FEW, attempts=1)
        refused = list(S3Source(store, "x/*").extract())
    assert [(type(each), each.place) for each in refused] == [(RecordRefusal, "x/a.txt"), (RecordRefusal, "x/b.txt")]


@pytest.mark.parametrize("read", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 100 Continue\r\n",
        answered(Content_Length="9999999"),
        answered(b"98967f\r\n", Transfer_Encoding="chunked"),
    ],
    ids=["status line", "header", "100", "body", "chunk"],
)
def test_no_answer_takes_longer_than_the_deadline(
    begin: bytes, read: Callable[[ObjectStore, Path], object], tmp_path: Path
) -> None:
    with raw_server(begin) as server:
        start = time.monotonic()
        with pytest.raises(Failure):
            read(bucket(server), tmp_path)
    assert time.monotonic() - start < 30 * FEW * 5


@pytest.mark.parametrize("begin", [b"HTTP/1.1 100 Continue\r\n", b"HTTP/1.1 100 Continue\r\nX: "])
@pytest.mark.parametrize("then", ["close", "trickle"])
def test_storing_ends_when_the_server_hangs_up_in_the_middle_of_a_100(begin: bytes, then: str) -> None:
    with raw_server(begin, then) as server, pytest.raises(Failure):  # type: ignore[arg-type]
        bucket(server).put("k", b"x" * 100, content_type="text/plain")


@pytest.mark.parametrize("endpoint", ["http://u:s3#cret@h", "s3cret", "http://u:s3cret@[", "https:///s3cret"])
def test_an_endpoint_that_is_no_address_is_refused_unquoted(endpoint: str) -> None:
    with pytest.raises((StorageMisconfigured, Failure)) as caught:
        ObjectStore(endpoint, "k", "s", "us-east-1", "b", attempts=1).get("k")
    assert "s3" not in str(caught.value).replace("https://s3.example.org", "")


def test_buckets_of_a_server_share_a_client_unless_they_wait_differently() -> None:
    one, other = (ObjectStore("http://127.0.0.1:1", "key", "secret", "us-east-1", name) for name in ("one", "other"))
    assert one.client is other.client
    assert one.within(1).client is not one.client
    assert ObjectStore("http://127.0.0.1:1", "key", "another", "us-east-1", "one").client is not one.client
