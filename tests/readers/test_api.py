"""The API: its answers, and that it keeps what its description promises."""

from __future__ import annotations

from unittest import SkipTest

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)

from museum_assets.readers.problems import MEDIA_TYPE
from museum_assets.readers.site import Site
from museum_assets.search.question import Question
from tests.readers.conftest import HOSTILE

BY_IMAGE = "POST /api/search-by-image"
"""Random bytes are what it allows, and no image."""
OF_MODE = {GenerationMode.POSITIVE: positive_data_acceptance, GenerationMode.NEGATIVE: negative_data_rejection}
LEAST = {GenerationMode.POSITIVE: 11, GenerationMode.NEGATIVE: 6}
"""How many operations can be asked so."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 12


def test_the_api_says_what_the_pages_show(client: TestClient, site: Site) -> None:
    answer = client.get("/api/search", params={"museum": "smk", "limit": 5}).json()
    there = site.reader.search(Question(limit=100))
    counts = dict(there.facets.museum)
    assert answer["total"] == counts["smk"]
    assert {each["value"]: each["works"] for each in answer["facets"]["museum"]} == counts
    assert answer["releases"] == dict(there.releases)
    work = answer["hits"][0]["work"]
    details = client.get(f"/api{work['page']}").json()
    assert {name: details[name] for name in work} == work
    assert details.keys() - work.keys() == {"places", "materials", "subjects"}
    assert client.get(work["page"]).status_code == client.get(work["thumbnail"]).status_code == 200


def test_a_work_has_its_places_materials_and_subjects(client: TestClient, hostile: str) -> None:
    work = client.get(f"/api{hostile}").json()
    assert work["places"][-1] == {"name": HOSTILE, "role": "made", "within": "Denmark", "latitude": 57.7,
                                  "longitude": 10.6, "identity": None}  # fmt: skip
    assert work["materials"]
    assert {frozenset(each) for each in work["materials"]} == {frozenset(("term", "language", "aat"))}
    nothing = {"language": "en", "identity": None, "label": None, "page": None}
    assert work["subjects"] == [
        {**nothing, "name": "ships", "kind": None, "identity": "wikidata:Q11446", "label": "sea vessel",
         "page": "https://www.wikidata.org/wiki/Q11446"},
        {**nothing, "name": HOSTILE, "kind": "person"},
    ]  # fmt: skip


def test_museums_and_news_are_answered(client: TestClient) -> None:
    museums = client.get("/api/museums").json()
    assert {each["museum"] for each in museums} == {"smk", "cma"}
    one = client.get("/api/museums/smk").json()
    assert one["name"] == "Statens Museum for Kunst"
    assert sum(each["works"] for each in one["facets"]["image"]) == one["works"]
    assert {each["museum"] for each in client.get("/api/new").json()} == {"smk", "cma"}


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/search?museum=louvre", 400),
        ("/api/search?century=0", 400),
        ("/api/search?limit=0", 400),
        ("/api/search?offset=901", 400),
        (f"/api/search?q={'x' * 301}", 400),
        ("/api/artworks/smk/nobody", 404),
        ("/api/artworks/louvre/1", 404),
        ("/api/museums/tate", 404),
        ("/api/nothing", 404),
    ],
)
def test_what_cannot_be_answered_is_a_problem(client: TestClient, address: str, status: int) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"].endswith((".", "nothing"))


def test_a_method_that_is_none_is_a_problem(client: TestClient) -> None:
    answer = client.delete("/api/search")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_a_head_is_the_answer_without_its_body(client: TestClient) -> None:
    answer = client.head("/api/search")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/json"


def keep_promises(operation: APIOperation, mode: GenerationMode) -> bool:
    """Ask what the description allows, or what it does not; False for what has nothing that can be asked so."""
    checks = [*CHECKS, *([] if operation.label == BY_IMAGE else [OF_MODE[mode]])]

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=[*HealthCheck]
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        case.call_and_validate(checks=checks)

    try:
        ask()
    except (Unsatisfiable, SkipTest):
        return False
    return True


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
def test_the_api_keeps_its_promises(app: FastAPI, mode: GenerationMode) -> None:
    """What the description allows is answered as it says, and what it does not allow is refused."""
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    operations: list[APIOperation] = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
    asked = [operation.label for operation in operations if keep_promises(operation, mode)]
    assert len(asked) >= LEAST[mode], asked
