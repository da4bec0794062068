"""Prometheus over the project's own rules, where Debian's package of it is installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from resources.embedded.s3 import free_port
from tests.support.certificates import NO_CERTIFICATES
from tests.support.clock import wait_until
from tests.support.places import ROOT

OBSERVABILITY = ROOT / "deploy" / "observability"
RULES: list[dict[str, Any]] = yaml.safe_load((OBSERVABILITY / "alerts.yaml").read_text())["groups"][0]["rules"]
ALERTS = {rule["alert"] for rule in RULES}
with_prometheus = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")),
    reason="no Prometheus here: apt-get install --no-install-recommends prometheus",
)


class Prometheus:
    """A running Prometheus, asked for what fires and for what it has stored."""

    def __init__(self, url: str) -> None:
        self.url = url

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that fire, with their labels and annotations."""
        found = httpx.get(f"{self.url}/api/v1/alerts", timeout=None, verify=NO_CERTIFICATES).json()["data"]["alerts"]
        return [each for each in found if each["state"] == "firing"]

    def firing(self) -> set[str]:
        return {each["labels"]["alertname"] for each in self.alerts()}

    def wait_for(self, alerts: set[str]) -> None:
        """Wait until exactly these fire."""
        wait_until(lambda: self.firing() == alerts, 0.2)

    def ask(self, query: str) -> list[Any]:
        """What a query finds now. Raises for one that Prometheus refuses."""
        answer = httpx.get(
            f"{self.url}/api/v1/query", params={"query": query}, timeout=None, verify=NO_CERTIFICATES
        ).json()
        assert answer["status"] == "success", answer
        found: list[Any] = answer["data"]["result"]
        return found


def panels() -> list[tuple[str, str]]:
    """What the dashboard asks: (title, query) of each panel and of the list of museums, for all museums."""
    dashboard = json.loads((OBSERVABILITY / "dashboard.json").read_text(encoding="utf-8"))
    asked = [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel["targets"]]
    lists = [(each["label"], each["query"]) for each in dashboard["templating"]["list"] if each["type"] == "query"]
    return [
        *((title, query.replace("$museum", ".*")) for title, query in asked),
        *((title, re.sub(r"label_values\((\w+), (\w+)\)", r"count by (\2) (\1)", query)) for title, query in lists),
    ]


@contextmanager
def prometheus(folder: Path, metrics: int, readers: int) -> Iterator[Prometheus]:
    """Run Prometheus over the project's own files, in which only times and ports are others."""
    rules = (OBSERVABILITY / "alerts.yaml").read_text(encoding="utf-8")
    (folder / "alerts.yaml").write_text(re.sub(r"\[10m\]", "[5s]", re.sub(r"for: \w+", "for: 0s", rules)))
    text = (OBSERVABILITY / "prometheus.yml").read_text(encoding="utf-8")
    text = text.replace("30s", "500ms").replace(":9464", f":{metrics}").replace(":8000", f":{readers}")
    (folder / "prometheus.yml").write_text(text)
    for kind, path in (("config", OBSERVABILITY / "prometheus.yml"), ("config", folder / "prometheus.yml")):
        subprocess.run(["promtool", "check", kind, path], check=True, capture_output=True)
    port = free_port()
    command = [
        "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=folder)
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/-/ready"), 0.1)
        yield Prometheus(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


def answers(url: str) -> bool:
    """Say whether a page is there."""
    try:
        return httpx.get(url, timeout=None, verify=NO_CERTIFICATES).is_success
    except httpx.TransportError:
        return False
