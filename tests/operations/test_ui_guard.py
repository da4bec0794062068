"""Dagster's UI behind its guard, as real processes: every attack is refused, and everything that the UI does works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from dagster_webserver.webserver import DagsterWebserver
from starlette.routing import Mount, Route, WebSocketRoute
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from museum_assets.operations.ui_guard import GRAPHQL, LARGEST_BODY, NO_PAGES
from tests.support.webserver import LAUNCH, Server, serve

PUBLIC = "museum.example.org"
HOSTS = {"UI_HOSTS": f"{PUBLIC}, other.example.org:8443"}
EVIL = "https://evil.example"
FROM_EVIL = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"}
A_LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
LOGS = """subscription Logs($run: ID!) {
  pipelineRunLogs(runId: $run, cursor: null) { __typename }
}"""


@pytest.fixture(scope="module")
def server(place: tuple[Path, dict[str, str]]) -> Iterator[Server]:
    """The UI as `museum webserver` serves it."""
    folder, env = place
    with serve(folder, env | HOSTS) as running:
        yield running


def subscribe(server: Server, run: str, **given: Any) -> str:
    """Listen to a run's events as the UI does; return the type of the first message that holds any."""
    address = server.url.replace("http", "ws", 1) + GRAPHQL
    with connect(address, subprotocols=["graphql-ws"], **given) as socket:  # type: ignore[list-item]
        socket.send(json.dumps({"type": "connection_init", "payload": {}}))
        assert json.loads(socket.recv())["type"] == "connection_ack"
        socket.send(json.dumps({"id": "1", "type": "start", "payload": {"query": LOGS, "variables": {"run": run}}}))
        return str(json.loads(socket.recv())["payload"]["data"]["pipelineRunLogs"]["__typename"])


# What the UI, its users and programs of this machine do.


def test_the_page_and_what_it_loads_are_served_and_cannot_be_framed(server: Server) -> None:
    page = server.ask("GET", "/")
    assert page.is_success
    assert "__NEXT_DATA__" in page.text
    policies = page.headers.get_list("content-security-policy")
    assert any("script-src 'nonce-" in policy for policy in policies)
    assert "frame-ancestors 'self'" in policies
    assert (page.headers["x-frame-options"], page.headers["x-content-type-options"]) == ("SAMEORIGIN", "nosniff")
    assert "server" not in page.headers
    script = next(part for part in page.text.split('"') if part.endswith(".js"))
    loaded = server.ask("GET", script, headers={"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "script"})
    assert loaded.is_success
    assert "javascript" in loaded.headers["content-type"]
    assert server.ask("GET", GRAPHQL, headers={"Accept": "text/html"}).text.count("GraphiQL")


def test_a_run_is_launched_and_listened_to_from_the_ui_itself(server: Server) -> None:
    own = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    launched = server.launch(**own).json()["data"]["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run = launched["run"]["runId"]
    assert subscribe(server, run, origin=server.url) == "PipelineRunLogsSubscriptionSuccess"
    assert subscribe(server, run) == "PipelineRunLogsSubscriptionSuccess"


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1", "[::1]:4000", PUBLIC, f"{PUBLIC}:443",
                                  "other.example.org:8443", "LOCALHOST"])  # fmt: skip
def test_the_names_of_this_machine_and_those_of_the_setting_are_answered(host: str, server: Server) -> None:
    host = host.format(port=server.url.rpartition(":")[2])
    assert server.ask("GET", "/", headers={"Host": host}).status_code == HTTPStatus.OK


def test_behind_a_proxy_its_name_is_the_origin_also_where_another_host_is_handed_on(server: Server) -> None:
    query = {"query": "{version}"}
    for host in (PUBLIC, server.authority):
        headers = {"Host": host, "Origin": f"https://{PUBLIC}", "Sec-Fetch-Site": "same-origin"}
        assert server.ask("POST", GRAPHQL, json=query, headers=headers).is_success
        assert server.ask("POST", GRAPHQL, json=query, headers=headers | {"Origin": EVIL}).status_code == 403


def test_a_link_elsewhere_opens_a_page_of_the_ui_and_nothing_else(server: Server) -> None:
    for path in ("/", "/runs/0123", "/assets/painting"):
        assert server.ask("GET", path, headers=A_LINK | {"Accept": "text/html"}).is_success
    for path in ("/graphql", "/logs/a/b.out", "/notebook?path=/a.ipynb", "/download_debug/1"):
        answer = server.ask("GET", path, headers=A_LINK | {"Accept": "text/html"})
        assert answer.status_code == HTTPStatus.FORBIDDEN, path
    framed = server.ask("GET", "/", headers=A_LINK | {"Sec-Fetch-Dest": "iframe"})
    assert framed.status_code == HTTPStatus.FORBIDDEN


def test_programs_of_this_machine_report_assets_as_json(server: Server) -> None:
    path = "/report_asset_materialization/painting"
    assert server.ask("POST", path, json={"description": "by hand"}).is_success
    assert server.ask("POST", f"{path}?description=by+hand").status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE


# What a page in an operator's browser tries.

SIMPLE = {"query": LAUNCH, "variables": '{"job": "paint"}'}
BODY = json.dumps({"query": LAUNCH, "variables": {"job": "paint"}})
JSON = ("Content-Type", "application/json")
POSTS: dict[str, tuple[list[tuple[str, str]], int]] = {
    "a name that leads here": ([JSON, ("Host", "evil.example")], 403),
    "a name that leads here, with the port": ([JSON, ("Host", "evil.example:{port}")], 403),
    "a name that begins like ours": ([JSON, ("Host", "localhost.evil.example")], 403),
    "a name with a user": ([JSON, ("Host", "localhost@evil.example")], 403),
    "another port of a name of the setting": ([JSON, ("Host", f"{PUBLIC}:8443")], 403),
    "a good X-Forwarded-Host": ([JSON, ("Host", "evil.example"), ("X-Forwarded-Host", "localhost")], 403),
    "two origins": ([JSON, ("Origin", "http://127.0.0.1:{port}"), ("Origin", EVIL)], 400),
    "another origin": ([JSON, ("Origin", EVIL)], 403),
    "no origin of its own": ([JSON, ("Origin", "null")], 403),
    "another program of this machine": ([JSON, ("Origin", "http://127.0.0.1:1")], 403),
    "another name of this machine": ([JSON, ("Origin", "http://localhost:{port}")], 403),
    "an origin hidden": ([JSON, *FROM_EVIL.items()], 403),
    "the same site": ([JSON, ("Sec-Fetch-Site", "same-site")], 403),
    "plain text": ([("Content-Type", "text/plain")], 415),
    "plain text that names JSON": ([("Content-Type", "text/plain; application/json")], 415),
    "GraphQL's own type": ([("Content-Type", "application/graphql")], 415),
    "two types": ([JSON, ("Content-Type", "text/plain")], 400),
    "no type": ([], 415),
}
"""What a page, or a program that it tricks, sends with a mutation by POST, and the status of the refusal."""
OTHERS: dict[str, tuple[str, dict[str, Any], int]] = {
    "a mutation by GET": ("GET", {"params": SIMPLE}, 405),
    "a mutation by GET from an image": ("GET", {"params": SIMPLE, "headers": FROM_EVIL}, 403),
    "a mutation by GET from a link": ("GET", {"params": SIMPLE, "headers": A_LINK}, 403),
    "a mutation by GET that asks for HTML": ("GET", {"params": SIMPLE, "headers": {"Accept": "text/html"}}, 405),
    "a mutation by HEAD": ("HEAD", {"params": SIMPLE}, 405),
    "a mutation by PUT": ("PUT", {"content": BODY, "headers": [JSON]}, 405),
    "a form": ("POST", {"data": SIMPLE}, 415),
    "a form with files": ("POST", {"files": {"operations": BODY}}, 415),
    "no body": ("POST", {"params": SIMPLE}, 415),
    "a question whether it may": ("OPTIONS", {"headers": {"Origin": EVIL}}, 403),
    "a body too large": ("POST", {"content": b" " * (LARGEST_BODY + 1), "headers": [JSON]}, 413),
    "a body too large, of unknown length": ("POST", {"content": [b" " * (1 << 20)] * 9, "headers": [JSON]}, 413),
}


@pytest.mark.parametrize("attack", POSTS)
def test_a_mutation_that_another_page_can_post_is_refused(attack: str, server: Server) -> None:
    headers, status = POSTS[attack]
    port = server.url.rpartition(":")[2]
    given = [(name, value.format(port=port)) for name, value in headers]
    refused(server, "POST", {"content": BODY, "headers": given}, status)


@pytest.mark.parametrize("attack", OTHERS)
def test_what_else_another_page_can_send_is_refused(attack: str, server: Server) -> None:
    method, given, status = OTHERS[attack]
    refused(server, method, given, status)


def refused(server: Server, method: str, given: dict[str, Any], status: int) -> None:
    """Check that a request is answered with this status, launches nothing and can be read by no other page."""
    before = server.runs()
    answer = server.ask(method, GRAPHQL, **given)
    assert answer.status_code == status, answer.text
    assert server.runs() == before
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "access-control-allow-origin" not in answer.headers


def test_a_line_end_in_the_path_does_not_lead_past_the_guard(server: Server) -> None:
    before = server.runs()
    assert server.ask("GET", "/graphql%0A", params=SIMPLE).status_code == HTTPStatus.BAD_REQUEST
    assert server.runs() == before


@pytest.mark.parametrize("given", [
    {"origin": EVIL}, {"origin": "null"}, {"additional_headers": {"Sec-Fetch-Site": "cross-site"}},
])  # fmt: skip
def test_a_websocket_of_another_page_is_refused(given: dict[str, Any], server: Server) -> None:
    with pytest.raises(InvalidStatus) as answer:
        subscribe(server, "0", **given)
    assert answer.value.response.status_code == HTTPStatus.FORBIDDEN


def test_a_websocket_under_a_foreign_name_is_refused(server: Server) -> None:
    answer = server.ask("GET", GRAPHQL, headers={
        "Host": "evil.example", "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    })  # fmt: skip
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "UI_HOSTS" in answer.text


def test_read_only_shows_and_launches_nothing(place: tuple[Path, dict[str, str]]) -> None:
    folder, env = place
    with serve(folder, env | HOSTS, "--read-only") as server:
        before = server.runs()
        assert server.ask("GET", "/").is_success
        assert server.launch(Origin=server.url).json()["data"]["launchRun"]["__typename"] == "UnauthorizedError"
        assert (
            server.ask("POST", "/report_asset_materialization/painting", json={}).status_code == HTTPStatus.UNAUTHORIZED
        )
        assert server.runs() == before


def test_every_route_of_dagsters_is_known_to_the_guard() -> None:
    """A new one, after an upgrade, is put into NO_PAGES here or found to be a page."""
    routes = DagsterWebserver.__new__(DagsterWebserver)
    routes._app_path_prefix = ""
    pages = {"", "{path:path}", "server_info", "dagit_info"}
    files = {route.path for route in routes.build_static_routes()}
    found = {
        route.path.lstrip("/").partition("/")[0]
        for route in routes.build_routes()
        if isinstance(route, Route | WebSocketRoute | Mount) and route.path not in files
    }
    assert found - pages == NO_PAGES
