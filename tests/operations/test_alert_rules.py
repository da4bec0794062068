"""Every alert waits as long as it says: promtool over `deploy/observability/alerts.test.yaml`."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import yaml

from tests.support.prometheus import ALERTS, OBSERVABILITY, RULES, with_prometheus

RULES_FILE = (OBSERVABILITY / "alerts.yaml").read_text(encoding="utf-8")
TESTS_FILE = (OBSERVABILITY / "alerts.test.yaml").read_text(encoding="utf-8")
FOR = re.compile(r"\bfor: (\d+)([mh])\b")
MINUTES = {"m": 1, "h": 60}


def promtool(folder: Path, rules: str) -> subprocess.CompletedProcess[str]:
    """Hold rules to the tests."""
    (folder / "alerts.yaml").write_text(rules)
    (folder / "alerts.test.yaml").write_text(TESTS_FILE)
    command = ["promtool", "test", "rules", "alerts.test.yaml"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def waiting(minutes: int) -> str:
    """The rules with so many minutes more to wait."""
    return FOR.sub(lambda found: f"for: {max(0, int(found[1]) * MINUTES[found[2]] + minutes)}m", RULES_FILE)


def test_every_alert_is_tested_with_its_time() -> None:
    assert {test["name"] for test in yaml.safe_load(TESTS_FILE)["tests"]} == ALERTS
    assert len(FOR.findall(RULES_FILE)) == len(RULES)


@with_prometheus
def test_each_alert_fires_at_its_time_and_resolves(tmp_path: Path) -> None:
    tested = promtool(tmp_path, RULES_FILE)
    assert tested.returncode == 0, tested.stdout + tested.stderr


@with_prometheus
def test_the_tests_see_a_minute_more_or_less_in_every_alert(tmp_path: Path) -> None:
    at_once = {rule["alert"] for rule in RULES if rule["for"] == "0m"}
    for minutes, said, alerts in ((1, "exp", ALERTS), (-1, "got", ALERTS - at_once)):
        tested = promtool(tmp_path, waiting(minutes))
        assert tested.returncode != 0
        wrong = set(re.findall(rf'\b{said}: {{alertname="(\w+)"}}', tested.stdout + tested.stderr))
        assert wrong == alerts, minutes
