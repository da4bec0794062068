"""`museum metrics` started as the files of deploy/ start it, with a login that only watches."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import yaml

from museum_assets.operations.metrics import role
from tests.support.certificates import NO_CERTIFICATES
from tests.support.clock import wait_until
from tests.support.places import ROOT

DEPLOY = ROOT / "deploy"
INSTALLED = "/opt/museum"
HOME = "/var/lib/museum"


@dataclass(frozen=True)
class Start:
    """A command with all of its environment, and the folder that it starts in."""

    command: list[str]
    environment: dict[str, str]
    folder: Path


@contextmanager
def watching_login(urls: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield addresses of the same databases for a login that is a member of museum_metrics alone."""
    login = f"prometheus_{os.getpid()}"
    with psycopg.connect(next(iter(urls.values())), autocommit=True) as conn:
        conn.execute(f"CREATE ROLE {login} LOGIN IN ROLE {role.WATCHER}")
        try:
            yield {name: url.replace("postgres@", f"{login}@", 1) for name, url in urls.items()}
        finally:
            conn.execute(f"DROP ROLE {login}")


def as_unit(root: Path, settings: Mapping[str, str]) -> Start:
    """The command of the unit, its folders below another root, its settings in the file that it reads."""
    text = (DEPLOY / "museum-metrics.service").read_text(encoding="utf-8")
    lines = [line.partition("=") for line in _below(root, text).splitlines() if not line.startswith("#")]
    given = {key: value for key, _, value in lines}
    environment = dict(value.split("=", 1) for key, _, value in lines if key == "Environment")
    folder = Path(given["WorkingDirectory"])
    _installed(root)
    (folder / ".env.prod").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    return Start(shlex.split(given["ExecStart"]), environment, folder)


def as_container(root: Path, settings: Mapping[str, str]) -> Start:
    """The command of the compose file's service; its settings are the environment."""
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["metrics"]
    return _of_the_image(root, service["command"], {"MUSEUM_PROFILE": "prod", "MUSEUM_HOME": HOME, **settings})


def as_pod(root: Path, settings: Mapping[str, str]) -> Start:
    """The command of the manifest's container; its settings are those of the ConfigMap and of the Secret."""
    workload, _ = yaml.safe_load_all((DEPLOY / "kubernetes/metrics.yaml").read_text(encoding="utf-8"))
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    config = yaml.safe_load((DEPLOY / "kubernetes/settings.yaml").read_text(encoding="utf-8"))["data"]
    return _of_the_image(root, container["command"], {**config, **settings})


def _of_the_image(root: Path, command: list[str], environment: dict[str, str]) -> Start:
    program, *arguments = command
    folder = root / HOME.strip("/")
    _installed(root)
    return Start(
        [str(root / INSTALLED.strip("/") / ".venv/bin" / program), *arguments],
        {name: _below(root, value) for name, value in environment.items()},
        folder,
    )


def _below(root: Path, text: str) -> str:
    return text.replace(INSTALLED, str(root) + INSTALLED).replace(HOME, str(root) + HOME)


def _installed(root: Path) -> None:
    (root / HOME.strip("/")).mkdir(parents=True, exist_ok=True)
    venv = root / INSTALLED.strip("/") / ".venv"
    if not venv.exists():
        venv.parent.mkdir(parents=True)
        venv.symlink_to(sys.prefix)


def shown(port: int) -> str:
    """What the process shows, nothing when it does not answer."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=None, verify=NO_CERTIFICATES).text
    except httpx.TransportError:
        return ""


@contextmanager
def running_metrics(start: Start, port: int) -> Iterator[None]:
    """Run it until the block ends. The block begins after the first look: it listens before, and shows nothing."""
    environment = {"PATH": os.defpath, **start.environment}
    process = subprocess.Popen(start.command, env=environment, cwd=start.folder)
    try:
        wait_until(lambda: process.poll() is not None or "museum_source_up" in shown(port), 0.1)
        assert process.poll() is None
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 143
