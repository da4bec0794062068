"""`museum kiosk consume` as a process: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from kafka_broker import running_broker
from kiosk_tables import add_exhibitions, books

from museum_assets.cli import kiosk as module
from museum_assets.settings import Settings
from resources.postgres import Database

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-c", "from museum_assets.cli import main; main()", "kiosk", "consume", "--museum", "lmnh"]
PRESS = json.dumps({"at": "2024-10-21T09:21:24.254719+01:00", "site": "5", "val": 4}).encode()


def started(servers: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": servers, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )


def test_ctrl_c_ends_it_between_batches_with_its_books(platform: Settings, database: Database) -> None:
    add_exhibitions(database, "lmnh", [5])
    with running_broker() as broker:
        broker.produce("lmnh", [PRESS, b"{}", PRESS])
        child = started(broker.servers)
        assert child.stdout
        assert "reading topic lmnh of Liverpool Museum of Natural History" in child.stdout.readline()
        assert "lmnh: 3 messages, 1 loaded, 1 duplicate, 1 rejected" in child.stdout.readline()
        child.send_signal(signal.SIGINT)
        output, errors = child.communicate(timeout=30)
    assert (child.returncode, errors) == (0, "")
    assert output.strip() == "stopped: 3 messages, 1 loaded, 1 duplicate, 1 rejected, 0 replayed"
    with database.connect() as conn:
        assert books(conn, "lmnh") == (3, 1, 1, 1)


def test_without_an_answer_at_the_start_it_says_why_and_ends(platform: Settings) -> None:
    child = started("127.0.0.1:1")
    _, errors = child.communicate(timeout=60)
    assert child.returncode == 1
    assert "cannot list the partitions of topic lmnh at the Kafka brokers 127.0.0.1:1" in errors
    assert "Traceback" not in errors


def test_brokers_that_go_away_later_are_waited_out(
    platform: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_exhibitions(database, "lmnh", [5])
    monkeypatch.setattr("museum_assets.kiosk.stream.LOOK_EVERY_SECONDS", 0.2)
    monkeypatch.setattr(module, "AGAIN_AFTER_SECONDS", 0.1)
    with running_broker() as first:
        first.produce("lmnh", [PRESS], partition=0)
        place: dict[str, Any] = {"servers": first.servers}
        stopped, waited = threading.Event(), threading.Event()

        def say(line: str) -> None:
            print(line)  # noqa: T201
            if "trying again" in line:
                waited.set()
            if "1 messages" in line:
                place["seen"] = True

        monkeypatch.setattr(module, "say", say)
        given = platform.model_copy(update={"kafka_bootstrap_servers": first.servers})
        worker = threading.Thread(target=module.follow, args=(given, "lmnh", stopped))
        worker.start()
        while "seen" not in place and worker.is_alive():
            stopped.wait(0.05)
    assert waited.wait(30)
    assert worker.is_alive()
    stopped.set()
    worker.join(30)
    assert not worker.is_alive()
    told = capsys.readouterr().out
    assert "what was read is kept, and reading goes on from there; trying again" in told
    assert "stopped: 1 messages, 1 loaded" in told
