"""Jina's API is spoken as documented, and everything it may answer ends as a vector, a failure or an error."""

from __future__ import annotations

import base64
import os

import numpy as np
import pytest

from museum_assets.core.failures import Failure, MuseumError
from resources.embedders.jina import IMAGE_BATCH, TEXT_BATCH, JinaEmbedder
from tests.support.clock import Clock
from tests.support.fake_jina import KEY, REFUSED, FakeJina, vector_of


@pytest.fixture
def api():
    fake = FakeJina()
    yield fake
    fake.close()


@pytest.fixture
def jina(api):
    with JinaEmbedder(KEY, url=api.url, attempts=3, first_wait=0.01) as embedder:
        yield embedder


def test_the_request_is_the_documented_one(api, jina):
    jina.embed_images([b"jpeg"])
    jina.embed_texts(["winter"])
    common = {"model": "jina-clip-v2", "dimensions": 1024, "normalized": True, "embedding_type": "float"}
    assert api.bodies[0] == common | {"input": [{"image": base64.b64encode(b"jpeg").decode()}]}
    assert api.bodies[1] == common | {"input": [{"text": "winter"}]}
    assert jina.contract == "jina-clip-v2:1024:api"


def test_vectors_come_in_the_order_of_the_inputs_and_in_batches(api, jina):
    images = [f"image {n}".encode() for n in range(IMAGE_BATCH * 2 + 3)]
    vectors = jina.embed_images(images)
    assert api.requests == [IMAGE_BATCH, IMAGE_BATCH, 3]
    np.testing.assert_allclose(vectors, [vector_of(image) for image in images], atol=1e-6)
    assert {(vector.dtype, vector.shape) for vector in vectors} == {(np.dtype("float32"), (1024,))}
    assert jina.embed_texts([]) == []


@pytest.mark.parametrize("bad", [{0}, {7}, {3, 11}, {0, 1, 2}])
def test_a_refused_input_fails_alone(api, jina, bad):
    results = jina.embed_texts([f"{REFUSED} {n}" if n in bad else f"work {n}" for n in range(12)])
    assert {n for n, result in enumerate(results) if isinstance(result, Failure)} == bad
    assert {(results[n].code, results[n].permanent) for n in bad} == {("refused_by_model", True)}
    np.testing.assert_allclose(results[5], vector_of("work 5"), atol=1e-6)


def test_the_charset_of_an_error_is_not_the_servers_choice(api, jina):
    api.fail(404, body=b'{"detail":"no such path"}', **{"Content-Type": "text/plain; charset=punycode"})
    with pytest.raises(MuseumError, match="no such path"):
        jina.embed_texts(["winter"])


def test_a_single_refused_input_is_permanent_but_a_batch_refused_whole_is_not(jina):
    (alone,) = jina.embed_texts([REFUSED])
    assert alone.permanent
    assert "Failed to load image" in str(alone)
    together = jina.embed_texts([REFUSED] * 3)
    assert [(result.code, result.permanent) for result in together] == [("refused_all", False)] * 3


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_passing_trouble_is_waited_out(api, jina, status):
    api.fail(status, times=2)
    np.testing.assert_allclose(jina.embed_texts(["a"])[0], vector_of("a"), atol=1e-6)
    assert len(api.requests) == 3


def test_retry_after_is_obeyed(api, jina, monkeypatch):
    clock = Clock()
    monkeypatch.setattr("tenacity.nap.time", clock)
    api.fail(429, **{"Retry-After": "60"})
    jina.embed_texts(["a"])
    assert len(clock.asked) == 1
    assert clock.slept >= 60


def test_a_retry_after_of_an_hour_is_left_to_a_later_run(api, jina):
    api.fail(429, **{"Retry-After": "3600"})
    (failure,) = jina.embed_texts(["a"])
    assert (failure.code, failure.permanent, failure.retry_after) == ("slow_down", False, 3600)
    assert len(api.requests) == 1


def test_a_lasting_trouble_fails_what_is_left_for_now_and_asks_no_more(api, jina):
    good = [f"a{n}" for n in range(TEXT_BATCH)]
    jina.embed_texts(good)
    api.requests.clear()
    api.fail(500, times=99)
    results = jina.embed_texts(good * 3)
    assert {(result.code, result.permanent) for result in results} == {("unavailable", False)}
    assert len(results) == 3 * TEXT_BATCH
    assert len(api.requests) == 3


def test_what_was_embedded_before_the_trouble_is_kept(api, jina, monkeypatch):
    first, answer = [f"b{n}" for n in range(TEXT_BATCH)], jina._request

    def then_trouble(inputs):
        result = answer(inputs)
        api.fail(503, times=99)
        return result

    monkeypatch.setattr(jina, "_request", then_trouble)
    results = jina.embed_texts([*first, "late"])
    assert not any(isinstance(result, Failure) for result in results[:TEXT_BATCH])
    assert results[-1].code == "unavailable"


@pytest.mark.parametrize(
    "status, body, says",
    [
        (401, b'{"detail":"Invalid API key"}', "JINA_API_KEY"),
        (402, b'{"detail":"balance"}', "JINA_API_KEY"),
        (403, b'{"detail":"AUTHZ_INSUFFICIENT_BALANCE"}', "JINA_API_KEY"),
        (404, b"not here", "JINA_API_URL"),
    ],
)
def test_what_concerns_the_account_is_an_error_and_no_record_s_failure(api, jina, status, body, says):
    api.fail(status, body=body)
    with pytest.raises(MuseumError, match=rf"{status}.*{says}") as caught:
        jina.embed_texts(["a"])
    assert not isinstance(caught.value, Failure)
    assert len(api.requests) == 1


def test_a_wrong_key_is_not_shown(api):
    with JinaEmbedder("jina_secret", url=api.url) as jina, pytest.raises(MuseumError, match="JINA_API_KEY") as caught:
        jina.embed_texts(["a"])
    assert "jina_secret" not in str(caught.value)


@pytest.mark.parametrize(
    "key, url, says", [("", "https://api.jina.ai", "JINA_API_KEY"), (KEY, "api.jina.ai", "JINA_API_URL")]
)
def test_a_wrong_setting_is_an_error_at_once(key, url, says):
    with pytest.raises(MuseumError, match=says):
        JinaEmbedder(key, url=url)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b'{"data": null}',
        b'{"data": [{"index": 0}]}',
        b'{"data": [{"index": 0, "embedding": [1, 2]}]}',
        b'{"data": [{"index": 0, "embedding": "x"}]}',
        b'{"data": [{"index": 4, "embedding": []}]}',
    ],
)
def test_an_answer_of_another_shape_is_malformed_and_not_permanent(api, jina, body):
    api.fail(200, body=body)
    (failure,) = jina.embed_texts(["a"])
    assert (failure.code, failure.permanent) == ("malformed", False)


@pytest.mark.parametrize("change", [{"dimension": 512}, {"drop": 1}])
def test_a_wrong_dimension_or_a_missing_row_is_never_taken_for_another_s(api, jina, change):
    vars(api).update(change)
    results = jina.embed_texts(["a", "b"])
    assert {result.code for result in results} == {"malformed"}


def test_a_server_that_is_not_there_is_unavailable(api):
    api.close()
    with JinaEmbedder(KEY, url=api.url, attempts=2, first_wait=0.01) as jina:
        (failure,) = jina.embed_images([b"x"])
    assert isinstance(failure, Failure)
    assert failure.code == "unavailable"
    assert api.url in str(failure)


@pytest.mark.live
def test_the_real_api_puts_a_text_next_to_its_like():
    if os.environ.get("MUSEUM_LIVE") != "1" or "JINA_API_KEY" not in os.environ:
        pytest.skip("MUSEUM_LIVE=1 and JINA_API_KEY are not set")
    with JinaEmbedder(os.environ["JINA_API_KEY"]) as jina:
        found = jina.embed_texts(["a winter landscape", "snow on fields", "a bronze bust"])
    winter, snow, bronze = (vector for vector in found if not isinstance(vector, Failure))
    assert winter @ snow > winter @ bronze
