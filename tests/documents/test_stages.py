from __future__ import annotations

import pytest
from documents import REPORT, Place
from fake_llm import FakeLlm

from museum_assets.documents.audit import documents_stored
from museum_assets.documents.listing import document_id
from resources.s3 import ObjectStore, StorageMisconfigured

pytestmark = pytest.mark.integration


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


def test_a_bad_answer_is_a_letter_with_the_answer_until_it_is_mended(place: Place, fake: FakeLlm) -> None:
    place.store.put("smk/notes/9.txt", REPORT, content_type="text/plain")
    place.stage()
    fake.always = lambda records: [r | {"object_number": ""} for r in records]
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
