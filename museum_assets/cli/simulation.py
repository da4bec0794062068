"""The demo's museums: a simulator of its own, and the record in the home that leads other commands to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from museum_assets.core.failures import MuseumError
from museum_assets.core.process_note import read_note, write_note
from museum_assets.core.settings import Settings
from museum_assets.museums import KIOSK_MUSEUMS, kiosks
from museum_assets.simulator import NOT_SIMULATED
from resources.embedded.s3 import is_free, own_url
from resources.platform import Platform

ANY_PORT = 0
LATE_FILES = "kiosk-files"
"""Folder in the demo's home with kiosk files that are not in the bucket yet."""
PREFIX = "museum-demo-"
"""Of the demo's buckets and topics on servers that others use too."""
TOPIC_PREFIX = "KAFKA_TOPIC_PREFIX"


@contextmanager
def simulated(home: Path, works: int, records: Path | None) -> Iterator[dict[str, str]]:
    """Run the simulator as a process of its own and yield the variables that lead to it. Raises MuseumError."""
    command = [sys.executable, "-m", "museum_assets.simulator", "--port", str(_port(home)), "--works", str(works)]
    command += ["--records", str(records.resolve())] if records else []
    # Its own session: Ctrl-C is for this process, which stops the simulator when the rest has stopped. Of a process
    # that is killed the kernel closes the pipe, which ends the simulator.
    process = subprocess.Popen(  # noqa: S603  its arguments are this program's own
        [*command, "--everything", "--closed-kiosks", "--until-stdin-closes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise MuseumError(f"the simulator did not start (exit status {process.wait()}); its message is above")
        found: dict[str, Any] = json.loads(line)
        with recorded(home, process.pid, found["environment"]):
            _port_file(home).write_text(found["base_url"].rpartition(":")[2])
            yield found["environment"]
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def real(home: Path) -> Iterator[dict[str, str]]:
    """Lead the commands of this home to the real museums, on purpose, for as long as the block lasts."""
    with recorded(home, os.getpid(), {}):
        yield {}


@contextmanager
def recorded(home: Path, pid: int, environment: dict[str, str]) -> Iterator[None]:
    """Keep the record of a process and the variables that lead to its museums. Raises MuseumError beside another."""
    if recorded_environment(home) is not None:
        raise MuseumError(f"Another demo runs in {home}: use its UI, or stop it with Ctrl-C and run again")
    write_note(_record(home), pid, environment=environment)
    try:
        yield
    finally:
        _record(home).unlink(missing_ok=True)


def recorded_environment(home: Path) -> dict[str, str] | None:
    """Return the variables that lead to the museums of the demo that runs in this home; None when none runs."""
    note = read_note(_record(home))
    return dict(note["environment"]) if note else None


def choose_names(settings: Settings) -> None:
    """Give the demo buckets and topics of its own names where its S3 or Kafka is one that others use too.

    They win over names that somebody set: what is made up has no business in those. They are kept in the home, for the
    commands that come when the demo has ended.
    """
    _names(settings.home).unlink(missing_ok=True)
    chosen: dict[str, str] = {}
    if settings.s3_endpoint_url not in {None, own_url(settings.home)}:
        fields = type(settings).model_fields
        names = {name: fields[name].default for name in fields if name.endswith("_bucket")}
        names |= {f"museum_kiosk_bucket_{slug}": kiosks(slug).bucket for slug in KIOSK_MUSEUMS}
        chosen |= {name.upper(): f"{PREFIX}{bucket}" for name, bucket in names.items()}
    if settings.kafka_bootstrap_servers:
        chosen[TOPIC_PREFIX] = PREFIX
    if chosen:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _names(settings.home).write_text(json.dumps(chosen))


def chosen_names(home: Path) -> dict[str, str]:
    """Return the variables that name the buckets and topics of this home's demo; none where the servers are its own."""
    found: dict[str, str] = json.loads(_names(home).read_text()) if _names(home).exists() else {}
    return found


def chosen_buckets(home: Path) -> list[str]:
    """Return the names among them that are buckets."""
    return sorted({name for variable, name in chosen_names(home).items() if variable != TOPIC_PREFIX})


def refuse_real_museums(platform: Platform, museums: Sequence[str]) -> None:
    """Raise MuseumError when a run would mix real records into the collections of the demo."""
    settings = platform.settings
    if settings.profile != "demo":
        return
    if recorded_environment(settings.home) is not None:
        if unknown := [slug for slug in museums if NOT_SIMULATED in (platform.overrides(slug).api_base or "")]:
            raise MuseumError(
                f"The demo does not simulate {', '.join(unknown)}, which has no sample: save one with "
                "`museum new SLUG SOURCE`, start the demo again, or name the other museums with --museum"
            )
        return
    if real_ones := [slug for slug in museums if not platform.overrides(slug).api_base]:
        raise MuseumError(
            f"The simulator of the demo in {settings.home} is not running, and a run would harvest the real "
            f"{', '.join(real_ones)} into it: start `museum demo`, or unset MUSEUM_PROFILE for real collections"
        )


def _record(home: Path) -> Path:
    return home / "simulator.json"


def _names(home: Path) -> Path:
    return home / "demo-names.json"


def _port_file(home: Path) -> Path:
    return home / "simulator.port"


def _port(home: Path) -> int:
    """Return the port of the time before, when it is free.

    Addresses of images hold it: with another port every image would count as new, and be downloaded again.
    """
    file = _port_file(home)
    port = int(file.read_text()) if file.exists() else ANY_PORT
    return port if is_free(port) else ANY_PORT
