"""`museum serve` as a process, and the commands that ask it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.core.failures import MuseumError
from museum_assets.readers.note import NOTE, noted, running_at
from museum_assets.search.answer import Reason
from tests.readers.conftest import Published
from tests.support.certificates import NO_CERTIFICATES
from tests.support.clock import wait_until
from tests.support.demo import MUSEUM, demo_environment


@pytest.fixture(scope="module")
def served(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a server of its own, and the environment of its home."""
    home = tmp_path_factory.mktemp("serve") / "home"
    environment = {**demo_environment(home), **published.environment, "MUSEUM_HOME": str(home), "READERS_URL": ""}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    process = subprocess.Popen([*MUSEUM, "serve", "--port", port], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert f"http://127.0.0.1:{port}" in process.stdout.readline()
    address = str(wait_until(lambda: process.poll() is None and running_at(home)))
    wait_until(lambda: ready(address))
    yield address, environment
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 128 + signal.SIGTERM
    assert running_at(home) is None
    assert not (home / NOTE).exists()


def ready(address: str) -> bool:
    return httpx.get(f"{address}/readyz", trust_env=False, verify=NO_CERTIFICATES).json()["model"] == "ready"


def test_it_serves_what_is_published_and_shows_no_server(served: tuple[str, dict[str, str]]) -> None:
    answer = httpx.get(served[0], trust_env=False)
    assert answer.status_code == 200
    assert "Museum collections" in answer.text
    assert "server" not in answer.headers


def test_a_command_asks_the_server(
    served: tuple[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "environ", served[1])
    # Nothing but the server can answer: there is no database at this address.
    monkeypatch.setitem(os.environ, "DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    page = tmp_path / "found.html"
    said = CliRunner().invoke(app, ["search", "", "--production", "--json", "-m", "smk", "--html", str(page)])
    assert said.exit_code == 0, (said.output, said.exception)
    hits = json.loads(said.stdout)
    assert {hit["museum"] for hit in hits} == {"smk"}
    assert [hit["rank"] for hit in hits] == list(range(1, 11))
    assert "data:image/jpeg" in page.read_text()
    table = CliRunner().invoke(app, ["similar", f"smk:{hits[0]['object_number']}", "--production"])
    assert table.exit_code == 0, (table.output, table.exception)
    nobody = CliRunner().invoke(app, ["similar", "smk:nobody", "--production"])
    assert isinstance(nobody.exception, MuseumError)
    assert "not among what is published" in str(nobody.exception)


def test_without_a_server_a_command_answers_the_same_by_itself(
    published: Published, client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = Path(published.environment["MUSEUM_HOME"])
    assert running_at(home) is None
    monkeypatch.setattr(os, "environ", {**demo_environment(home), **published.environment})
    page = tmp_path / "found.html"
    said = CliRunner().invoke(app, ["search", "winter", "--production", "--json", "-m", "smk", "--html", str(page)])
    assert said.exit_code == 0, (said.output, said.exception)
    asked = client.get("/api/search", params={"q": "winter", "museum": "smk", "limit": 10}).json()
    assert [{**hit["work"], "why": hit["why"]} for hit in asked["hits"]] == [
        {name: value for name, value in hit.items() if name != "rank"} for hit in json.loads(said.stdout)
    ]
    assert "data:image/jpeg" in page.read_text()
    none = CliRunner().invoke(app, ["search", "winter", "--production", "-m", "tate"])
    assert "tate is not in production yet: `museum release promote tate" in str(none.exception)


SEARCH = """
import json, sys
from museum_assets.cli import main
sys.argv[1:] = ["search", "skib i storm", "--production", "--json"]
try:
    main()
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""
SLOW = {"boto3", "dagster", "fastapi", "open_clip", "pandas", "pyarrow", "starlette", "torch", "uvicorn"}


def test_a_search_by_itself_loads_no_library_that_takes_long(published: Published) -> None:
    home = Path(published.environment["MUSEUM_HOME"])
    environment = {**demo_environment(home), **published.environment}
    ended = subprocess.run([sys.executable, "-c", SEARCH], env=environment, capture_output=True, text=True, check=True)
    hits = json.loads(ended.stdout)
    assert any(why["reason"] == Reason.LOOKS for hit in hits for why in hit["why"]), "the model was asked"
    assert SLOW.isdisjoint(json.loads(ended.stderr.splitlines()[-1]))


def test_a_note_of_a_process_that_is_gone_leads_nowhere(tmp_path: Path) -> None:
    with noted(tmp_path, "http://127.0.0.1:1"):
        assert running_at(tmp_path) == "http://127.0.0.1:1"
        note = json.loads((tmp_path / NOTE).read_text())
        (tmp_path / NOTE).write_text(json.dumps(note | {"started": note["started"] - 1}))
        assert running_at(tmp_path) is None
    assert running_at(tmp_path / "elsewhere") is None
