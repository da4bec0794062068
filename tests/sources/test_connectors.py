"""Each connector on what it reads from: the S3 endpoint, a broker, the simulated museums."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from museum_assets.archive_files.opening import open_client
from museum_assets.cli.app import app
from museum_assets.collection.harvest.harvest import harvest
from museum_assets.core.failures import MuseumError, RequestRefused, Unavailable
from museum_assets.core.wildcards import BadPattern
from museum_assets.museums import museum
from museum_assets.simulator.server import Running
from museum_assets.sources.connector import Connector, RecordRefusal, SourceRecord
from museum_assets.sources.registry import make_connector
from museum_assets.sources.s3 import S3Source
from resources.kafka import KafkaUnavailable
from resources.platform import Platform
from resources.s3 import ObjectStore
from resources.s3_failures import StorageMisconfigured
from tests.support import kafka_broker
from tests.support.web_server import Answer, Asked, WebServer, web_server

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def read(source: Connector) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """The records' values and the refusals' codes, by place."""
    found = list(source.extract())
    return ({each.place: dict(each.value) for each in found if isinstance(each, SourceRecord)},
            {each.place: each.code for each in found if isinstance(each, RecordRefusal)})  # fmt: skip


@pytest.fixture
def store(platform: Platform) -> ObjectStore:
    made = platform.bucket(f"sources-{os.getpid()}-{time.monotonic_ns()}")
    made.ensure_bucket()
    return made


def test_text_is_text_and_all_else_base64_with_type_size_and_etag(platform: Platform, store: ObjectStore) -> None:
    store.put("a/note.txt", "Grøn".encode(), content_type="text/plain")
    store.put("a/x/scan.png", PNG, content_type="application/octet-stream")
    store.put("a/odd.bin", b"\x00\xff", content_type="")
    store.put("b/other.txt", b"other", content_type="text/plain")
    records, refused = read(make_connector(platform, "s3", address=f"s3://{store.bucket}/a/**"))
    assert refused == {}
    assert records.keys() == {"a/note.txt", "a/odd.bin", "a/x/scan.png"}
    note, scan = records["a/note.txt"], records["a/x/scan.png"]
    assert (note["encoding"], note["content"], note["size"]) == ("text", "Grøn", 5)
    assert note["content_type"].startswith("text/plain")
    assert (scan["encoding"], scan["content_type"], scan["size"]) == ("base64", "image/png", len(PNG))
    assert base64.b64decode(scan["content"]) == PNG
    assert {key: value["etag"] for key, value in records.items()} == {f.key: f.etag for f in store.list("a/")}


def test_what_is_too_large_or_no_text_is_refused_with_a_reason(platform: Platform, store: ObjectStore) -> None:
    store.put("big.txt", b"x" * 101, content_type="text/plain")
    store.put("latin.txt", b"\xe6\xf8\xe5", content_type="text/plain")
    store.put("right.txt", b"\xe6\xf8\xe5", content_type="text/plain; charset=iso-8859-1")
    store.put("fine.txt", b"x" * 100, content_type="text/plain")
    source = make_connector(platform, "s3", address=f"s3://{store.bucket}/*.txt", max_bytes=100)
    records, refused = read(source)
    assert refused == {"big.txt": "too_large", "latin.txt": "undecodable"}
    assert records.keys() == {"fine.txt", "right.txt"}
    assert records["right.txt"]["content"] == "æøå"
    told = [each.message for each in source.extract() if isinstance(each, RecordRefusal)]
    assert "101 bytes, more than the 100" in told[0]
    assert "not UTF-8" in told[1]


def test_a_bucket_that_may_not_be_read_is_an_error_and_never_empty(platform: Platform, store: ObjectStore) -> None:
    assert read(make_connector(platform, "s3", address=f"s3://{store.bucket}/**")) == ({}, {})
    wrong = platform.with_settings(aws_access_key_id="nobody")
    for pattern in ("**", "no/such/key.txt"):
        with pytest.raises(StorageMisconfigured, match="AWS_ACCESS_KEY_ID"):
            read(make_connector(wrong, "s3", address=f"s3://{store.bucket}/{pattern}"))
    with pytest.raises(MuseumError, match="no-such-bucket"):
        read(make_connector(platform, "s3", address="s3://no-such-bucket-anywhere/**"))


LISTING = """<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>{more}</IsTruncated>{next}
{items}</ListBucketResult>"""
ITEM = (
    "<Contents><Key>{}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag>"
    "<Size>1</Size></Contents>"
)


def listing(*keys: str, more: bool = False) -> Answer:
    items = "".join(ITEM.format(key) for key in keys)
    after = "<NextContinuationToken>t</NextContinuationToken>" if more else ""
    text = LISTING.format(more=str(more).lower(), next=after, items=items)
    return Answer(200, text.encode(), {"Content-Type": "application/xml"})


def s3_error(status: int, code: str) -> Answer:
    return Answer(status, f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode())


OBJECT = Answer(
    200, b"x", {"ETag": '"e"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT", "Content-Type": "text/plain"}
)


@pytest.fixture
def stub() -> Iterator[WebServer]:
    """S3 for what the real endpoint never does: denying one request of an account and answering the next."""

    def s3(asked: Asked) -> Answer:
        return listing() if "list-type" in asked.path else OBJECT

    with web_server(s3) as server:
        yield server


def source(stub: WebServer, pattern: str = "**") -> S3Source:
    return S3Source(ObjectStore(stub.url, "k", "s", "us-east-1", "b", attempts=1), pattern)


@pytest.mark.parametrize(
    "answers", [[s3_error(403, "AccessDenied")], [listing("a", more=True), OBJECT, s3_error(403, "AccessDenied")]]
)
def test_a_listing_that_is_denied_is_an_error_also_in_the_middle(stub: WebServer, answers: list[Answer]) -> None:
    stub.next.extend(answers)
    with pytest.raises(StorageMisconfigured, match="AccessDenied"):
        list(source(stub).extract())


def test_a_listing_that_breaks_off_is_an_error(stub: WebServer) -> None:
    stub.next.append(s3_error(500, "InternalError"))
    with pytest.raises(Unavailable):
        list(source(stub).extract())
    stub.next.append(Answer(200, listing("a", "b").body[:200]))
    with pytest.raises(MuseumError):
        list(source(stub).extract())


def test_an_object_that_is_denied_or_gone_is_refused_and_the_others_are_read(stub: WebServer) -> None:
    stub.next.extend([listing("a", "b", "c"), s3_error(403, "AccessDenied"), s3_error(404, "NoSuchKey")])
    records, refused = read(source(stub))
    assert refused == {"a": "denied", "b": "gone"}
    assert records.keys() == {"c"}


def test_a_bucket_that_goes_away_in_the_middle_is_an_error_and_not_a_list_of_refusals(stub: WebServer) -> None:
    stub.next.append(listing(*"abcdef"))
    stub.always = lambda _: s3_error(500, "InternalError")
    found = source(stub).extract()
    assert [next(found).place for _ in range(2)] == ["a", "b"]
    with pytest.raises(Unavailable):
        next(found)


@pytest.mark.parametrize(("pattern", "prefix"), [("smk/2024/*/x.txt", "smk%2F2024%2F"), ("**/x", ""),
                                                 ("one/key.txt", "one%2Fkey.txt"), ("a/b?c/*", "a%2Fb")])  # fmt: skip
def test_only_the_part_of_the_bucket_that_can_match_is_listed(stub: WebServer, pattern: str, prefix: str) -> None:
    assert read(source(stub, pattern)) == ({}, {})
    (asked,) = stub.asked
    assert f"prefix={prefix}&" in f"{asked.path}&"


def test_an_object_is_got_in_one_request_and_not_looked_up_before(stub: WebServer) -> None:
    stub.next.append(listing("a", "b"))
    assert read(source(stub))[0].keys() == {"a", "b"}
    assert [(asked.method, asked.path.partition("?")[0]) for asked in stub.asked] == [
        ("GET", "/b"), ("GET", "/b/a"), ("GET", "/b/b")]  # fmt: skip


def test_a_pattern_outside_the_grammar_is_refused_before_anything_is_asked(platform: Platform, stub: WebServer) -> None:
    with pytest.raises(BadPattern, match="whole segment"):
        make_connector(platform, "s3", address="s3://b/a**", endpoint=stub.url)
    for address in ("documents/smk", "http://b/x", "s3://b", "s3:///x"):
        with pytest.raises(BadPattern, match="s3://documents/smk"):
            make_connector(platform, "s3", address=address, endpoint=stub.url)
    assert stub.asked == []


@pytest.mark.parametrize("name", ["museum.documents.example", "123-documents"])
def test_buckets_may_have_any_name_that_the_server_takes(platform: Platform, stub: WebServer, name: str) -> None:
    read(make_connector(platform, "s3", address="s3://older_names/*", endpoint=stub.url))
    assert stub.asked[0].path.startswith("/older_names?")
    store = platform.bucket(name)
    store.ensure_bucket()
    store.put("a.txt", b"x", content_type="text/plain")
    assert read(make_connector(platform, "s3", address=f"s3://{name}/*"))[0].keys() == {"a.txt"}


def test_an_endpoint_of_ones_own(platform: Platform, store: ObjectStore, stub: WebServer) -> None:
    read(make_connector(platform, "s3", address="s3://elsewhere/**", endpoint=stub.url))
    assert "/elsewhere?" in stub.asked[0].path


@pytest.fixture(scope="module")
def broker() -> Iterator[kafka_broker.Broker]:
    with kafka_broker.running_broker() as running:
        yield running


def test_a_topic_is_read_to_its_end_and_as_it_was_before(platform: Platform, broker: kafka_broker.Broker) -> None:
    topic = "looked-at"
    broker.produce(topic, [b"text", b"\xff\x00", None, *(str(n).encode() for n in range(97))])
    for _ in range(2):
        records, refused = read(make_connector(platform, "kafka", topic=topic, servers=broker.servers))
        assert refused == {}
        assert len(records) == 100
        values = {(each["encoding"], each["value"]) for each in records.values()}
        assert values >= {
            ("text", "text"),
            ("base64", base64.b64encode(b"\xff\x00").decode()),
            ("text", None),
            ("text", "96"),
        }
        assert records[f"{topic}/0/0"]["offset"] == 0
    few = read(make_connector(platform, "kafka", topic=topic, servers=broker.servers, limit=7))
    assert len(few[0]) == 7


def test_an_empty_topic_and_one_that_is_none(platform: Platform, broker: kafka_broker.Broker) -> None:
    broker.produce("emptied", [b"x"], partition=0)
    assert len(read(make_connector(platform, "kafka", topic="emptied", servers=broker.servers))[0]) == 1
    with pytest.raises(KafkaUnavailable, match="Kafka brokers 127"):
        source = make_connector(platform, "kafka", topic="t", servers="127.0.0.1:1")
        source.kafka.answer_within = 1.0  # type: ignore[attr-defined]
        read(source)
    with pytest.raises(MuseumError, match="KAFKA_BOOTSTRAP_SERVERS"):
        make_connector(platform, "kafka", topic="t")


def test_a_museum_is_read_from_its_api_and_nothing_is_kept(platform: Platform, simulator: Running) -> None:
    records, refused = read(make_connector(platform, "museum_api", museum="smk"))
    assert refused == {}
    assert len(read(make_connector(platform, "museum_api", museum="smk", limit=3))[0]) == 3
    with platform.database().connect() as conn:
        assert conn.execute("SELECT count(*) AS n FROM raw.record").fetchone() == {"n": 0}
    with open_client(platform, "smk") as api:
        harvest(platform.database(), museum("smk"), api)
    with platform.database().connect() as conn:
        stored = {row["record_id"]: row["payload"] for row in conn.execute("SELECT record_id, payload FROM raw.record")}
    assert records == stored != {}


def test_a_museum_whose_api_refuses_is_an_error(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    with web_server(lambda _: Answer(400, b"no")) as museum_api:
        monkeypatch.setenv("MUSEUM_API_SMK", museum_api.url)
        with pytest.raises(RequestRefused, match="400"):
            read(make_connector(platform, "museum_api", museum="smk"))


def command(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["sources", *arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output or str(result.exception)


def test_the_commands(platform: Platform, store: ObjectStore) -> None:
    kinds = {each["source"]: each for each in json.loads(command("list", "--json"))}
    assert kinds["simulated_logs"]["options"] == {"batch_size": 100, "seed": 1, "fail_percentage": 0.0}
    assert all(each["holds"] for each in kinds.values())
    assert "fail_percentage=0.0" in command("list")
    lines = [json.loads(line) for line in
             command("extract", "simulated_events", "batch_size=5", "seed=2", "--json").splitlines()]  # fmt: skip
    assert [line["place"] for line in lines] == [f"seed 2 record {n}" for n in range(5)]
    assert "2 records, 0 refused" in command("extract", "simulated_logs", "batch_size=9", "--limit", "2")
    store.put("a.txt", b"\xff", content_type="text/plain")
    store.put("b.txt", b"b", content_type="text/plain")
    address = f"address=s3://{store.bucket}/*"
    refused, read_ = (json.loads(line) for line in command("extract", "s3", address, "--json", code=1).splitlines())
    assert (refused["place"], refused["code"], read_["value"]["content"]) == ("a.txt", "undecodable", "b")
    assert "1 records, 1 refused" in command("extract", "s3", address, code=1)
    assert "is not NAME=VALUE" in command("extract", "s3", "address", code=2)
    assert "BATCH_SIZE" in command("extract", "simulated_logs", "batch_size=many", code=1)
    assert "choose from" in command("extract", "ftp", code=1)
    assert "must be a whole segment" in command("extract", "s3", "address=s3://b/a**", code=1)
