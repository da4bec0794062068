"""The client against the simulated authority over HTTP: what it asks, what it bears, and what it blames for what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from museum_assets.core.failures import Failure, Malformed, MuseumError, RequestRefused, SlowDown, Unavailable
from museum_assets.simulator.authority.service import BATCH
from museum_assets.simulator.server import Running, Simulator, running
from resources.reconciliation.client import ReconciliationClient
from resources.reconciliation.protocol import Question, read_candidates, read_rows
from tests.support.pace import NoPace
from tests.support.raw_server import raw_server

BORN, DIED = "P569", "P570"
CUYP = Question("Cuyp, Albert", ((BORN, "1620"), (DIED, "1691")))


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(Simulator(0)) as found:
        yield found


@pytest.fixture
def authority(server: Running) -> Iterator[Running]:
    yield server
    server.simulator.authority.faults.clear()
    server.simulator.authority.forget_counts()


def client(authority: Running, pace: NoPace | None = None, **more) -> ReconciliationClient:
    given = {"backoff": 0.001, "timeout": 5.0, **more}
    return ReconciliationClient(
        f"{authority.base_url}/authority/api", limiter=pace or NoPace(), user_agent="museums/1", **given
    )


def answered(results: list) -> list[Any]:
    """Return the results, none of which is a failure."""
    assert not [each for each in results if isinstance(each, Failure)]
    return results


def test_names_are_found_in_any_order_of_words_and_told_apart_by_their_dates(authority):
    with client(authority) as asking:
        cuyp, nobody, namesake = answered(asking.ask([CUYP, Question("Zzyzx Qqq"), Question("Vilhelm Hammershøi")]))
    assert (cuyp[0]["name"], cuyp[0]["match"]) == ("Albert Cuyp", True)
    assert cuyp[0]["description"] == "Dutch artist, 1620–1691"
    assert {"Albert Cuyp the Elder"} <= {each["name"] for each in cuyp[1:]}
    assert nobody == []
    assert [each["name"] for each in namesake[:2]] == ["Vilhelm Hammershøi"] * 2
    assert not any(each["match"] for each in namesake)


def test_it_asks_in_batches_and_answers_in_order(authority):
    names = ["Anna Ancher", "Jens Juel", "Judith Leyster"] * 7
    with client(authority, batch=10) as asking:
        found = answered(asking.ask([Question(name) for name in names]))
    assert [each[0]["name"] for each in found] == names
    assert authority.simulator.authority.counts() == {"queries": 3, "names": 21}


def test_data_extension_gives_dates_nationality_and_labels(authority):
    with client(authority) as asking:
        [[found, *_]] = answered(asking.ask([CUYP]))
        [facts, nothing] = asking.extend([found["id"], "Q0"], [BORN, "P27", "Lda"])
    assert facts == {BORN: ["1620-01-01T00:00:00Z"], "P27": ["Netherlands"], "Lda": ["Albert Cuyp"]}
    assert nothing == {BORN: [], "P27": [], "Lda": []}


def test_it_suggests(authority):
    with client(authority) as asking:
        assert "Rembrandt van Rijn" in [each["name"] for each in asking.suggest("rembr")]


@pytest.mark.parametrize(
    ("faults", "failure", "pauses"),
    [
        ({"too_many_requests": 1, "retry_after": 7}, SlowDown, [7.0]),
        ({"html_answers": 1}, SlowDown, [0.03]),
        ({"server_errors": 1}, SlowDown, [0.03]),
        ({"truncated": 1}, Unavailable, []),
        ({"malformed": 1}, Malformed, []),
        ({"delayed": 1, "delay_seconds": 0.5}, Unavailable, []),
    ],
)
def test_an_authority_that_is_down_is_said_to_be_and_blames_no_name(authority, faults, failure, pauses):
    authority.set_faults("authority", **faults)
    pace = NoPace()
    with client(authority, pace, attempts=2, timeout=0.2) as asking, pytest.raises(failure):
        asking.ask([CUYP, Question("Anna Ancher")])
    assert pace.pauses[:1] == pauses
    assert asking.requests <= 4


def test_what_passes_is_waited_out(authority):
    authority.set_faults("authority", too_many_requests=0.2, retry_after=0, truncated=0.2, html_answers=0.2)
    with client(authority, batch=1, attempts=25) as asking:
        found = answered(asking.ask([CUYP] * 20))
    assert all(each[0]["name"] == "Albert Cuyp" for each in found)
    assert asking.requests > 20


def test_a_question_that_spoils_its_batch_fails_alone(authority):
    with client(authority, batch=8) as asking:
        found = asking.ask([CUYP, CUYP, CUYP, Question(" "), CUYP, CUYP, CUYP, CUYP])
    assert [isinstance(each, RequestRefused) for each in found] == [False] * 3 + [True] + [False] * 4


def test_an_authority_that_refuses_all_questions_blames_none_of_them(authority):
    with client(authority) as asking, pytest.raises(MuseumError, match="RECONCILIATION_PROPERTIES") as caught:
        asking.ask([Question(" "), Question("  ")])
    assert not isinstance(caught.value, Failure)


def test_a_batch_larger_than_the_service_takes_is_halved(authority):
    with client(authority, batch=4 * BATCH) as asking:
        assert len(answered(asking.ask([CUYP] * (4 * BATCH)))) == 4 * BATCH


@pytest.mark.parametrize("path", ["/smk/nothing", "/_control"])
def test_an_address_that_is_no_authority_is_named(authority, path):
    address = authority.base_url + path
    with (
        ReconciliationClient(address, limiter=NoPace(), user_agent="x", backoff=0.001) as asking,
        pytest.raises(MuseumError, match=r"no Reconciliation Service answers.*RECONCILIATION_URL") as caught,
    ):
        asking.ask([CUYP])
    assert not isinstance(caught.value, Failure)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        (b"http://127.0.0.1:1/en/api?x=1", r"set RECONCILIATION_URL to http://127\.0\.0\.1:1/en/api"),
        (b"http://xn--/", "no Reconciliation Service answers"),
    ],
)
def test_a_service_that_has_moved_is_not_followed_and_its_new_address_is_said(location, shown):
    answer = b"HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    with (
        raw_server(answer, then="close") as server,
        ReconciliationClient(server.url, limiter=NoPace(), user_agent="x", backoff=0.001) as asking,
        pytest.raises(MuseumError, match=shown) as caught,
    ):
        asking.ask([CUYP, CUYP])
    assert not isinstance(caught.value, Failure)
    assert server.connections <= 2


def test_the_service_says_what_a_question_may_not_be(authority):
    api = f"{authority.base_url}/authority/api"
    for form in ({"queries": "nonsense"}, {"queries": '{"q0": {"query": ""}}'}, {"extend": "{}"}):
        assert httpx.post(api, data=form).status_code == 400
    assert httpx.get(api).json()["batchSize"] == BATCH


def candidate(**changed):
    return {"id": "Q1", "name": "X", "score": 9, "match": False, **changed}


def test_one_bad_answer_of_a_batch_spoils_no_other():
    answers = {"q0": {"result": [candidate(type=["Q5"])]}, "q1": {"result": [{"id": 7}]}, "q2": {"error": "time-out"}}
    found = read_candidates(answers, ["q0", "q1", "q2", "q3"])
    assert found["q0"] == [candidate(score=9.0, description="", types=["Q5"])]
    assert [isinstance(found[key], Malformed) for key in ("q1", "q2", "q3")] == [True] * 3


@pytest.mark.parametrize("answers", [[], {"status": "error", "message": "busy"}, {}, None])
def test_an_answer_to_something_else_is_none(answers):
    with pytest.raises(Malformed):
        read_candidates(answers, ["q0"])


@pytest.mark.parametrize("answer", [{}, {"rows": []}, {"rows": {"Q2": {}}}, {"rows": {"Q1": []}}])
def test_a_data_extension_without_its_rows_is_none(answer):
    with pytest.raises(Malformed):
        read_rows(answer, ["Q1"], [BORN])


def test_questions_with_one_meaning_have_one_digest():
    assert CUYP.digest() == Question("Cuyp, Albert", ((BORN, "1620"), (DIED, "1691"))).digest()
    assert len({CUYP.digest(), Question("Cuyp, Albert").digest(), Question("Cuyp, Albert", type="Q5").digest()}) == 3
