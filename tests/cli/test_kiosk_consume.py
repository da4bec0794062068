"""`museum kiosk consume` as a process: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from museum_assets.cli import kiosk_stream as module
from museum_assets.core.outage import Outage
from resources.platform import Platform
from resources.postgres import Database
from tests.support.kafka_broker import running_broker
from tests.support.kiosk_tables import add_exhibitions, books
from tests.support.places import ROOT

COMMAND = [sys.executable, "-c", "from museum_assets.cli import main; main()", "kiosk", "consume", "--museum", "lmnh"]
PRESS = json.dumps({"at": "2024-10-21T09:21:24.254719+01:00", "site": "5", "val": 4}).encode()


def started(servers: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": servers, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )


def test_ctrl_c_ends_it_between_batches_with_its_books(platform: Platform, database: Database) -> None:
    add_exhibitions(database, "lmnh", [5])
    with running_broker() as broker:
        broker.produce("lmnh", [PRESS, b"{}", PRESS])
        child = started(broker.servers)
        assert child.stdout
        assert "reading topic lmnh of Liverpool Museum of Natural History" in child.stdout.readline()
        assert "lmnh: 3 messages, 1 loaded, 1 duplicate, 1 rejected (missing_at 1, " in child.stdout.readline()
        child.send_signal(signal.SIGINT)
        output, errors = child.communicate()
    assert (child.returncode, errors) == (0, "")
    assert output.startswith("stopped: 3 messages, 1 loaded, 1 duplicate, 1 rejected (missing_at 1, ")
    assert output.endswith("), 0 replayed\n")
    with database.connect() as conn:
        assert books(conn, "lmnh") == (3, 1, 1, 1)


def test_without_an_answer_at_the_start_it_says_why_and_ends(platform: Platform) -> None:
    child = started("127.0.0.1:1")
    _, errors = child.communicate()
    assert child.returncode == 1
    assert "cannot list the partitions of topic lmnh at the Kafka brokers 127.0.0.1:1" in errors
    assert "Traceback" not in errors


def test_brokers_that_go_away_later_are_waited_out(
    platform: Platform, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_exhibitions(database, "lmnh", [5])
    monkeypatch.setattr("museum_assets.kiosk.stream.stream.PARTITIONS_EVERY_SECONDS", 0.2)
    monkeypatch.setattr(module, "RETRY_AFTER_SECONDS", 0.1)
    stopped, seen, waited, tries = threading.Event(), threading.Event(), threading.Event(), list[str]()

    def print_line(line: str) -> None:
        print(line)  # noqa: T201
        if "1 messages" in line:
            seen.set()

    class Watched(Outage):
        def goes_on(self, why: str) -> None:
            super().goes_on(why)
            tries.append(why)
            if len(tries) == 3:
                waited.set()

    monkeypatch.setattr(module, "print_line", print_line)
    monkeypatch.setattr(module, "Outage", Watched)
    monkeypatch.setattr("resources.kafka.ANSWER_WITHIN", 1.0)
    with running_broker() as first:
        first.produce("lmnh", [PRESS], partition=0)
        given = platform.with_settings(kafka_bootstrap_servers=first.servers)
        worker = threading.Thread(target=module.follow_stream, args=(given, "lmnh", stopped))
        worker.start()
        seen.wait()
    waited.wait()
    assert worker.is_alive()
    stopped.set()
    worker.join()
    assert not worker.is_alive()
    output, errors = capsys.readouterr()
    assert output.count("what was read is kept, and reading goes on from there; trying again every 0.1 s") == 1
    assert "stopped: 1 messages, 1 loaded" in output
    assert len(output.splitlines()) == 4, "one line for three attempts that failed, and none of the client's own"
    assert errors == ""
