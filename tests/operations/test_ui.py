from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from museum_assets.core.settings import Settings
from museum_assets.operations.children import UiError, previous
from museum_assets.operations.keeper import members, stop
from museum_assets.operations.ui import dagster_processes, listening_from, ui
from museum_assets.readers.note import running_at
from tests.support.clock import wait_until

LOCATION = """
import dagster as dg

@dg.asset
def painting() -> None: ...

defs = dg.Definitions(assets=[painting])
"""
WORKSPACE = "load_from: [{{python_module: {{module_name: small_location, working_directory: '{folder}'}}}}]"


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        taken = stranger.getsockname()[1]
        with listening_from(taken) as ours:
            port = ours.getsockname()[1]
            assert port > taken
            # Nobody else can have it from here on: the webserver gets this very socket.
            with listening_from(port) as others:
                assert others.getsockname()[1] > port


def test_a_group_is_stopped_with_its_children_even_if_its_leader_is_gone() -> None:
    script = "import subprocess, sys; subprocess.Popen(['sleep', '100']); print(flush=True); sys.stdin.read()"
    leader = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert leader.stdout
    leader.stdout.readline()
    assert {process.name() for process in members([leader.pid])} >= {"sleep"}
    leader.kill()
    leader.wait()
    assert [process.name() for process in members([leader.pid])] == ["sleep"]
    stop([leader.pid])
    assert members([leader.pid]) == []


def test_the_ui_runs_once_per_home_tells_what_died_and_leaves_nothing(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for field, info in Settings.model_fields.items():
        monkeypatch.delenv((info.alias or field).upper(), raising=False)
    (tmp_path / "small_location.py").write_text(LOCATION)
    workspace = tmp_path / "workspace.yaml"
    workspace.write_text(WORKSPACE.format(folder=tmp_path))
    settings = Settings(museum_home=own_home)

    model = {"CLIP_WEIGHTS": "demo"}
    with ui(settings, workspace=workspace, env={"MUSEUM_API_SMK": "http://127.0.0.1:1", **model}) as running:
        answer = httpx.post(f"{running.url}/graphql", json={"query": "{assetNodes{assetKey{path}}}"}, timeout=None)
        assert answer.json()["data"]["assetNodes"] == [{"assetKey": {"path": ["painting"]}}]
        assert running.env["NOTICE_UI_URL"] == running.url
        running.readers.wait()
        servers = dagster_processes(settings)
        assert {process.environ()["MUSEUM_API_SMK"] for process in servers} == {"http://127.0.0.1:1"}
        sockets = psutil.Process(running.children[2].process.pid).net_connections("tcp")
        assert {f"http://{c.laddr.ip}:{c.laddr.port}" for c in sockets if c.status == "LISTEN"} == {running.url}

        with pytest.raises(UiError, match=f"already runs at {running.url}$"), ui(settings, workspace=workspace):
            pass
        assert {process.pid for process in dagster_processes(settings)} == {process.pid for process in servers}

        # The readers' pages are there, with nothing to show yet.
        assert running.readers.wait() == f"The readers' pages are at {running.readers.address}."
        assert running_at(own_home) == running.readers.address
        assert "Nothing is published yet" in httpx.get(running.readers.address, trust_env=False).text
        monkeypatch.setattr("museum_assets.operations.readers_pages.AGAIN_SECONDS", 0)
        killed = running.readers.child.process
        killed.kill()
        killed.wait()
        running.readers.keep()
        assert running.readers.child.process.pid != killed.pid
        assert httpx.get(running.readers.address, trust_env=False, timeout=None).status_code == 200

        webserver = running.children[2]
        monkeypatch.setattr("museum_assets.operations.children.LOG_BYTES", 0)
        for _ in range(2):
            # The guard says so in the log, which a process goes on writing after it was put aside.
            assert httpx.get(running.url, headers={"Host": "evil.example"}, trust_env=False).status_code == 403
            said = wait_until(webserver.log.read_bytes)
            assert b"\0" not in said
            webserver.rotate()
            assert (webserver.log.read_bytes(), previous(webserver.log).read_bytes()) == (b"", said)

        daemon = running.children[3]
        daemon.check()
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.process.wait()
        with pytest.raises(UiError, match=rf"dagster-daemon ended with code -9: see {daemon.log}"):
            daemon.check()
    assert members([running.children[0].process.pid]) == []


def test_a_workspace_that_cannot_be_read_is_named(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for field, info in Settings.model_fields.items():
        monkeypatch.delenv((info.alias or field).upper(), raising=False)
    settings = Settings(museum_home=own_home)
    missing = tmp_path / "no-workspace.yaml"
    with pytest.raises(UiError, match=r"dagster-code-server ended[\s\S]*no-workspace"), ui(settings, workspace=missing):
        pass
    assert dagster_processes(settings) == []
