"""`museum metrics` answers, started as the compose file or the manifest says. test_alerts starts the unit."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from museum_assets.operations.metrics import role
from resources.embedded.s3 import free_port
from resources.platform import Platform
from tests.deploy.files import documents
from tests.support.metrics_service import Start, as_container, as_pod, running_metrics, watching_login


@pytest.mark.parametrize("start", [as_container, as_pod])
def test_the_metrics_answer_as_they_are_deployed(
    platform: Platform, tmp_path: Path, start: Callable[..., Start]
) -> None:
    for database, grants in ((platform.database(), role.PLATFORM), (platform.production(), role.PRODUCTION)):
        role.make_watcher(database, grants)
    port = free_port()
    with watching_login({"DATABASE_URL": platform.database().url}) as login:
        started = start(tmp_path, {**login, "METRICS_PORT": str(port)})
        with running_metrics(started, port):
            shown = httpx.get(f"http://127.0.0.1:{port}{probe()['path']}", timeout=None).text
            for source in ("ledger", "releases"):
                assert f'museum_source_up{{source="{source}"}} 1.0' in shown
            _, python, *script = health_check()
            assert python == "python"
            here = [each.replace(f":{probe()['port']}", f":{port}") for each in script]
            subprocess.run([Path(started.command[0]).with_name(python), *here], check=True)


def probe() -> dict[str, Any]:
    """What Kubernetes asks."""
    workload, _ = documents("kubernetes/metrics.yaml")
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    found: dict[str, Any] = container["readinessProbe"]["httpGet"]
    return found


def health_check() -> list[str]:
    """What Docker runs."""
    (compose,) = documents("compose.yaml")
    found: list[str] = compose["services"]["metrics"]["healthcheck"]["test"]
    return found
