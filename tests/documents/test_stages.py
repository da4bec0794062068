from __future__ import annotations

import base64

import pytest

from museum_assets.catalogue import letter_sources
from museum_assets.core.wildcards import compile_pattern
from museum_assets.dead_letters.letters import LetterFilter, list_letters
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.documents.checks import documents_stored
from museum_assets.documents.listing import document_id, store_listing
from museum_assets.documents.prompt import extraction_contract
from museum_assets.loop.run import run_stage
from resources.s3 import ObjectStore
from resources.s3_failures import StorageMisconfigured
from tests.support.documents import REPORT, Place, files_stage
from tests.support.fake_llm import FakeLlm


def test_from_the_bucket_to_records_and_again_without_work(place: Place, fake: FakeLlm) -> None:
    assert place.stage() == (2, 0, 0, 0)
    assert place.read() == (2, 0, 0, 0)
    id_ = document_id("smk", place.store.bucket, "smk/condition/1.txt")
    assert place.rows("SELECT document_id, object_number, date::text FROM documents.condition_report") == [
        (id_, "KMS1", "2024-03-01")
    ]
    assert place.rows('SELECT lender, "from"::text FROM documents.loan_letter') == [("A Lender", "2024-01-01")]
    assert (place.stage(), place.read()) == ((0, 2, 0, 0), (0, 2, 0, 0))
    assert len(fake.asked) == 2
    # Another model reads again, and the bucket is not asked: it may as well be gone.
    place.store.delete_many([found.key for found in place.store.list()])
    assert place.read("other") == (2, 0, 0, 0)
    with place.database.connect() as conn:
        assert documents_stored(conn, "smk").passed
        conn.execute("DELETE FROM documents.record WHERE kind = 'loan_letter'")
        assert not documents_stored(conn, "smk").passed


def test_a_new_version_keeps_its_uuid_and_what_is_gone_is_removed(place: Place) -> None:
    place.stage(), place.read()
    place.store.put("smk/condition/1.txt", REPORT.replace(b"good", b"bad"), content_type="text/plain")
    place.store.delete_many(["smk/loan/2.txt"])
    assert place.stage() == (1, 0, 0, 1)
    assert place.read() == (1, 0, 0, 1)
    assert place.rows("SELECT condition FROM documents.condition_report") == [("bad",)]
    assert place.rows("SELECT version FROM documents.file") == [(2,)]
    assert place.rows("SELECT count(*) FROM documents.record") == [(1,)]


def test_a_bucket_that_cannot_be_listed_is_an_error_and_nothing_is_gone(place: Place) -> None:
    place.stage()
    closed = ObjectStore(place.store.endpoint_url, "nobody", "wrong", "us-east-1", place.store.bucket)
    place.store = closed
    with pytest.raises(StorageMisconfigured):
        place.stage()
    assert place.rows("SELECT count(*) FROM documents.object WHERE gone_at IS NOT NULL") == [(0,)]


def test_a_file_that_cannot_be_staged_is_a_letter_and_the_others_are_staged(place: Place) -> None:
    place.store.put("smk/loan/big.txt", b"x" * 1001, content_type="text/plain")
    place.store.put("smk/loan/latin.txt", b"\xe6\xf8", content_type="text/plain")
    assert place.stage() == (2, 0, 2, 0)
    letters = "SELECT reasons[1] FROM ops.dead_letter WHERE source = 'document_files' AND state = 'open' ORDER BY 1"
    assert place.rows(letters) == [("too_large",), ("undecodable",)]
    with place.database.connect() as conn:
        listed = list_letters(conn, LetterFilter("document_files"), 10)
    assert {row["key"] for row in listed} == {"smk/loan/big.txt", "smk/loan/latin.txt"}


def test_a_charset_that_is_none_is_that_files_failure(place: Place) -> None:
    names = ("undefined", "idna", "utf-7", "unicode_escape", "punycode")
    for name in names:
        place.store.put(f"smk/loan/{name}.txt", b"a" * 900, content_type=f"text/plain; charset={name}")
    assert place.stage() == (2, 0, 5, 0)
    letters = "SELECT reasons[1], message LIKE '%no charset of texts%' FROM ops.dead_letter WHERE state = 'open'"
    assert place.rows(letters) == [("undecodable", True)] * len(names)


def test_a_bad_answer_is_a_letter_with_the_answer_until_it_is_mended(place: Place, fake: FakeLlm) -> None:
    place.store.put("smk/notes/9.txt", REPORT, content_type="text/plain")
    place.stage()
    fake.always = lambda record: record | {"object_number": ""}
    assert place.read() == (0, 0, 3, 0)
    letters = "SELECT state, reasons[1], convert_from(body, 'UTF8') LIKE '%record_id%' FROM ops.dead_letter ORDER BY 2"
    assert place.rows(letters) == [("open", "invalid", True)] * 2 + [("open", "unknown_kind", False)]
    fake.always = None
    assert place.read(retry_failed=True) == (2, 0, 1, 0)
    assert [row[0] for row in place.rows(letters)] == ["replayed", "replayed", "open"]


def test_an_outage_of_the_model_leaves_all_for_a_later_run(place: Place, fake: FakeLlm) -> None:
    place.stage()
    fake.always = (503, {}, {"error": {"message": "down"}})
    assert place.read() == (0, 0, 2, 0)
    assert place.rows("SELECT count(*) FROM ops.dead_letter") == [(0,)]
    fake.always = None
    assert place.read() == (2, 0, 0, 0)


def test_a_bad_answer_is_no_record_and_its_letter_leads_to_the_document(place: Place, fake: FakeLlm) -> None:
    place.stage()
    place.read()
    place.store.put("smk/condition/1.txt", REPORT.replace(b"good", b"bad"), content_type="text/plain")
    place.stage()
    fake.always = lambda record: record | {"object_number": ""}
    assert place.read() == (0, 1, 1, 0)
    id_ = document_id("smk", place.store.bucket, "smk/condition/1.txt")
    # Neither the error nor what an earlier version said passes for the record of this one.
    assert place.rows(f"SELECT count(*) FROM documents.record WHERE document_id = '{id_}'") == [(0,)]
    letters = "SELECT source, museum, place, context ->> 'key' AS key, context ->> 'contract' AS c FROM ops.dead_letter"
    assert place.rows(letters) == [
        ("document_records", "smk", str(id_), "smk/condition/1.txt", extraction_contract("m"))
    ]
    # Replaying makes it due; what is refused again stays open.
    assert replay_letters(place.database, letter_sources(), LetterFilter("document_records"), "ann").due == 1
    assert place.read() == (0, 1, 1, 0)
    assert place.rows("SELECT state FROM ops.dead_letter") == [("open",)]
    fake.always = None
    assert replay_letters(place.database, letter_sources(), LetterFilter("document_records"), "ann").due == 1
    assert place.read() == (1, 1, 0, 0)
    assert place.rows("SELECT state FROM ops.dead_letter") == [("replayed",)]


def test_another_prompt_reads_again_without_staging_and_asks_no_bucket(
    place: Place, fake: FakeLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.stage(), place.read()
    staged = place.rows("SELECT document_id, staged_at FROM documents.file ORDER BY 1")
    place.store.delete_many([found.key for found in place.store.list()])
    monkeypatch.setattr("museum_assets.documents.prompt.prompt_digest", lambda: "edited")
    assert place.read() == (2, 0, 0, 0)
    assert place.rows("SELECT document_id, staged_at FROM documents.file ORDER BY 1") == staged
    assert place.rows("SELECT DISTINCT contract FROM documents.record") == [("prompt:edited:model:m",)]


def test_all_that_is_staged_is_read_however_much_it_is(place: Place, fake: FakeLlm) -> None:
    with place.database.connect() as conn:
        conn.execute(
            "INSERT INTO documents.file (museum, document_id, version, key, etag, content_type, encoding, content,"
            " size, sha256) SELECT 'smk', gen_random_uuid(), 1, 'smk/loan/' || n || '.txt', 'e', 'text/plain', 'text',"
            " 'Object number: KMS' || n || E'\\nLender: A Lender', 1, sha256(n::text::bytea)"
            " FROM generate_series(1, 1200) AS n"
        )
    assert place.read() == (1200, 0, 0, 0)
    assert len(fake.asked) == 1200
    wrong = "SELECT count(*) FROM documents.record r JOIN documents.file f USING (museum, document_id)"
    assert place.rows(f"{wrong} WHERE f.content NOT LIKE 'Object number: ' || r.object_number || E'\\n%'") == [(0,)]


def test_scans_and_texts_are_read_in_one_run_each_with_its_own_content(place: Place, fake: FakeLlm) -> None:
    for number in range(3):
        place.store.put(f"smk/condition/scan{number}.png", b"\x89PNG%d" % number, content_type="image/png")
    place.store.put("smk/condition/list.zip", b"PK\x03\x04\x00", content_type="application/zip")
    place.store.put("smk/condition/empty.txt", b" ", content_type="text/plain")
    assert place.stage()[0] == 7
    scans: list[str] = []

    def look(record):
        bodies = [body["messages"][1]["content"] for body in list(fake.bodies)]
        sent = next(body for body in bodies if record["record_id"] in str(body))
        if isinstance(sent, str):
            return record
        scans.append(base64.b64decode(sent[1]["image_url"]["url"].partition(",")[2]).decode("latin-1"))
        return record | {"object_number": f"S{scans[-1][-1]}", "condition": "good"}

    fake.always = look
    assert place.read() == (5, 0, 2, 0)
    assert sorted(scans) == ["\x89PNG0", "\x89PNG1", "\x89PNG2"]
    found = "SELECT f.key, r.object_number FROM documents.record r JOIN documents.file f USING (museum, document_id)"
    assert place.rows(f"{found} WHERE f.key LIKE '%scan%' ORDER BY 1") == [
        (f"smk/condition/scan{n}.png", f"S{n}") for n in range(3)
    ]
    codes = "SELECT code FROM ops.ledger WHERE stage = 'document_records' AND outcome = 'failed' ORDER BY 1"
    assert place.rows(codes) == [("empty",), ("unsupported_type",)]


def test_a_file_is_got_in_one_request_and_a_version_that_came_between_waits(place: Place) -> None:
    listed = list(place.store.list("smk/condition/"))
    with place.database.connect() as conn:
        store_listing(conn, "smk", place.store, compile_pattern("smk/**"))
    place.store.put("smk/condition/1.txt", REPORT + b" new", content_type="text/plain")
    counts = run_stage(place.database, "smk", files_stage(place.store))
    assert (counts.done, dict(counts.codes)) == (1, {"replaced": 1})
    assert place.rows(f"SELECT count(*) FROM documents.file WHERE etag = '{listed[0].etag}'") == [(0,)]
    assert place.stage() == (1, 1, 0, 0)
    assert place.rows("SELECT version FROM documents.file WHERE key LIKE '%condition%'") == [(2,)]
