from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator

import pytest

from museum_assets.core.failures import Failure, MuseumError
from resources.webhook import Webhook
from tests.support.pace import NoPace
from tests.support.web_server import Answer, WebServer, web_server

SECRET = "/services/T0/B0/verysecret"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


def test_json_is_posted_and_the_address_is_in_no_log(web: WebServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    pace = NoPace()
    with Webhook(web.url + SECRET, pace) as hook:
        hook.post({"text": "héllo"})
    (asked,) = web.asked
    assert (asked.method, asked.path, asked.headers["Content-Type"]) == ("POST", SECRET, "application/json")
    assert json.loads(asked.body) == {"text": "héllo"}
    assert pace.successes == 1
    assert f'HTTP Request: POST {web.url} "HTTP/1.1 200 OK"' in caplog.text
    assert "verysecret" not in caplog.text


@pytest.mark.parametrize(
    ("answer", "code", "permanent"),
    [
        (Answer(400, b"invalid_payload"), "refused", True),
        (Answer(413, b""), "refused", True),
        (Answer(301, b"", {"Location": "http://127.0.0.1:1/elsewhere"}), "webhook", False),
        (Answer(403, b"action_prohibited"), "webhook", False),
        (Answer(404, b"no_service"), "webhook", False),
        (Answer(410, b"channel_is_archived"), "webhook", False),
        (Answer(500, b"oops"), "unavailable", False),
        (Answer(503, b""), "unavailable", False),
        (Answer(200, b"", after=1.0), "unavailable", False),
    ],
)
def test_what_is_refused_for_good_and_what_is_tried_again(
    web: WebServer, answer: Answer, code: str, permanent: bool
) -> None:
    web.next.append(answer)
    patience = answer.after / 2 or 20.0
    with Webhook(web.url + SECRET, NoPace(), timeout=patience) as hook, pytest.raises(Failure) as raised:
        hook.post({"text": "x"})
    assert (raised.value.code, raised.value.permanent) == (code, permanent)
    assert "verysecret" not in str(raised.value)
    assert len(web.asked) == 1


def test_too_many_requests_are_told_to_the_limiter_with_the_pause(web: WebServer) -> None:
    web.next.append(Answer(429, b"slow", {"Retry-After": "30"}))
    pace = NoPace()
    with Webhook(web.url + SECRET, pace) as hook, pytest.raises(Failure) as raised:
        hook.post({"text": "x"})
    assert (raised.value.code, raised.value.permanent, pace.pauses) == ("slow_down", False, [30.0])


def test_nobody_there() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}{SECRET}"
        with Webhook(url, NoPace()) as hook, pytest.raises(Failure) as raised:
            hook.post({"text": "x"})
    assert (raised.value.code, raised.value.permanent) == ("unavailable", False)
    assert "verysecret" not in str(raised.value)


@pytest.mark.parametrize("url", ["hooks.slack.com/services/verysecret", "ftp://host/verysecret", "https:///verysecret"])
def test_an_address_that_is_none_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(MuseumError, match="NOTICE_WEBHOOK_URL") as raised:
        Webhook(url, NoPace())
    assert "verysecret" not in str(raised.value)
