"""A museum's run over its documents with a model that is away, refuses, costs too much or writes nonsense."""

from __future__ import annotations

import signal

import pytest

from museum_assets.documents.prompt import extraction_contract
from museum_assets.documents.records import BudgetSpent
from museum_assets.documents.stages import document_records
from museum_assets.loop.books import books
from museum_assets.loop.isolation import StageStalled
from tests.support.documents import LETTER, REPORT, Place
from tests.support.fake_llm import KEY, FakeLlm
from tests.support.killable import Killable


def test_a_model_that_writes_nul_is_refused_that_record_and_not_asked_again(place: Place, fake: FakeLlm) -> None:
    place.stage()
    fake.always = lambda record: record | ({"condition": "go\x00od"} if record["object_number"] == "KMS1" else {})
    assert place.read() == (1, 0, 1, 0)
    codes = "SELECT code, permanent FROM ops.ledger WHERE stage = 'document_records' AND outcome = 'failed'"
    assert place.rows(codes) == [("control_characters", True)]
    asked = len(fake.asked)
    assert place.read() == (0, 2, 0, 0)
    assert len(fake.asked) == asked
    letters = "SELECT reasons[1], position('u0000' IN convert_from(body, 'UTF8')) > 0 FROM ops.dead_letter"
    assert place.rows(letters) == [("control_characters", True)]


def test_a_refusal_of_every_document_is_the_fault_of_the_request(place: Place, fake: FakeLlm) -> None:
    place.stage()
    fake.always = (400, {}, {"error": {"message": "max_tokens is unknown"}})
    codes = "SELECT code, permanent FROM ops.ledger WHERE stage = 'document_records' AND outcome = 'failed' ORDER BY 1"
    assert place.read() == (0, 0, 2, 0)
    assert place.rows(codes) == [("refused_all", False)] * 2
    place.store.put("smk/loan/3.txt", LETTER, content_type="text/plain")
    place.stage()
    fake.always = None
    assert place.read() == (3, 0, 0, 0)


def test_a_document_that_the_model_refuses_after_it_read_others_is_refused_for_good(
    place: Place, fake: FakeLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("museum_assets.documents.records.DocumentRecords.concurrency", 1)
    place.stage()
    fake.mishaps += [None, (400, {}, {"error": {"message": "no"}})]
    assert place.read() == (1, 0, 1, 0)
    codes = "SELECT code, permanent FROM ops.ledger WHERE stage = 'document_records' AND outcome = 'failed'"
    assert place.rows(codes) == [("refused_by_model", True)]


def put_letters(place: Place, count: int) -> None:
    for number in range(count):
        body = f"Object number: L{number}\nLender: A Lender".encode()
        place.store.put(f"smk/loan/n{number}.txt", body, content_type="text/plain")
    assert place.stage()[0] == count + 2


def test_a_model_that_is_away_is_asked_for_few_documents_and_the_rest_is_pending(place: Place, fake: FakeLlm) -> None:
    put_letters(place, 60)
    fake.always = (503, {}, {"error": {"message": "down"}})
    with pytest.raises(StageStalled, match="did not answer for 3 documents in a row"):
        place.read()
    assert len(fake.asked) <= 12
    failed = place.rows("SELECT count(*) FROM ops.ledger WHERE stage = 'document_records' AND outcome = 'failed'")[0][0]
    assert failed == len(fake.asked), "what was not asked is pending"
    fake.always = None
    assert place.read() == (62, 0, 0, 0)


def test_a_run_stops_when_its_tokens_are_spent_and_the_next_goes_on(place: Place, fake: FakeLlm) -> None:
    put_letters(place, 60)
    fake.usage = {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100}
    place.run_tokens = 2_000
    with pytest.raises(BudgetSpent, match=r"museum run document_records --museum smk") as raised:
        place.read()
    assert "LLM_RUN_TOKENS" in str(raised.value)
    read = len(fake.asked)
    assert 20 <= read <= 20 + 8, "the requests under way are answered"
    with place.database.connect() as conn:
        found = books(conn, "smk", document_records, extraction_contract("m"))
    assert (found.done, found.pending, found.inputs) == (read, 62 - read, 62)
    place.llm.tokens, place.run_tokens = 0, 100_000
    assert place.read() == (62 - read, read, 0, 0)
    assert len(fake.asked) == 62


def test_the_museums_own_numbers_show_what_a_model_cut_off(place: Place, fake: FakeLlm) -> None:
    with place.database.connect() as conn:
        conn.execute(
            "INSERT INTO staging.artwork (museum, record_id, record_seq, object_number, museum_db_id, artists,"
            " work_types, searchable_work_types, thumbnail_url, rights, row_hash) VALUES"
            " ('smk', '1', 1, 'KMS 1 a', '1', '{}', '{}', '{}', '', '', '')"
        )
    for n, own in enumerate(("KMS 1 a", "KMS 2 a")):
        place.store.put(f"smk/condition/own{n}.txt", REPORT.replace(b"KMS1", own.encode()), content_type="text/plain")
    place.stage()
    fake.always = lambda record: record | {"object_number": record["object_number"].removesuffix(" a")}
    assert place.read() == (3, 0, 1, 0), "only of numbers that it knows, the museum knows where they end"
    assert place.rows("SELECT context ->> 'key', reasons[1] FROM ops.dead_letter") == [
        ("smk/condition/own0.txt", "not_in_document")
    ]


KILLED = """
import sys
from museum_assets.loop.run import run_stage
from resources.llm import Llm
from resources.platform import Platform
from tests.support.documents import records_stage
database = Platform.from_settings().database()
with Llm(sys.argv[1], "m", sys.argv[2], timeout=5, retries=0) as llm:
    run_stage(database, "smk", records_stage(llm, database))
"""


def test_a_killed_run_goes_on_where_its_last_batch_ended(place: Place, fake: FakeLlm) -> None:
    put_letters(place, 60)
    children: list[Killable] = []

    def kill(record):
        if len(fake.asked) == 24:
            children[0].send_signal(signal.SIGKILL)
        return record

    fake.always = kill
    children.append(Killable(KILLED, fake.url, KEY))
    assert children[0].wait() == -signal.SIGKILL
    kept, asked = place.rows("SELECT count(*) FROM documents.record")[0][0], len(fake.asked)
    assert kept > 0
    done, unchanged, failed_, _ = place.read()
    assert (done + unchanged, failed_) == (62, 0)
    assert unchanged == kept, "what was committed is not asked again"
    assert len(fake.asked) - asked == 62 - kept
