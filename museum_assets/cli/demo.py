"""`museum demo`: the whole pipeline over all museums, simulated unless asked otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from museum_assets.cli.printing import console, program
from museum_assets.cli.simulation import LATE_FILES
from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import Settings

PROFILE = {"MUSEUM_PROFILE": "demo"}


def run_demo(*, works: int, records: Path | None, live: bool, limit: int | None, stop: bool, port: int | None) -> int:
    """Materialize everything for all museums; 0 when all of it worked. With `stop` the UI is not left running."""
    if live and records:
        raise MuseumError("--live and --records exclude each other: real APIs, or recorded answers")
    if records is not None and not records.is_dir():
        raise MuseumError(f"--records {records} is not a folder")
    from museum_assets.cli.session import connected
    from museum_assets.cli.simulation import choose_names, real, simulated
    from museum_assets.core.settings import read_settings

    os.environ.update(PROFILE)
    choose_names(read_settings())
    with ExitStack() as stack:
        platform = stack.enter_context(connected(for_runs=True))
        settings = platform.settings
        variables = stack.enter_context(real(settings.home) if live else simulated(settings.home, works, records))
        os.environ.update(variables)  # `connected` restores the environment
        page = None
        if not stop:
            from museum_assets.operations.ui import ui

            page = stack.enter_context(ui(settings, port=port, env=variables))
            console.print(f"Watch it at [bold]{page.url}[/] while it runs.")
            console.print(page.readers.wait(), highlight=False)
        code = run_in_child(records, limit=limit, live=live)
        if page is None:
            return code
        console.print(
            f"The Dagster UI is at [bold]{page.url}[/], the readers' pages are at [bold]{page.readers.address}[/] "
            "(Ctrl-C stops everything). In another terminal:\n"
            "  export MUSEUM_PROFILE=demo\n"
            f'  {program()} search "ships in a storm" --html search.html\n'
            f"  {program()} status\n"
            f"  {program()} kiosk put {settings.home / LATE_FILES}/*   # the sensor loads them within a minute\n"
            f"  {program()} kiosk report"
        )
        page.wait()
        return code


def run_in_child(records: Path | None, *, limit: int | None, live: bool) -> int:
    """Run `museum demo-runs`; 0 when all of it worked, else 1. Its end gives back the memory of the model's library."""
    command = [sys.executable, "-m", "museum_assets", "demo-runs", *(["--live"] if live else [])]
    command += ["--records", str(records.resolve())] if records else []
    command += ["--limit", str(limit)] if limit else []
    # Its own session: Ctrl-C is for this process, which then stops it. The pipe ends it when this process is killed.
    process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603  this program's own
    try:
        code = process.wait()
    finally:
        process.terminate()
        process.communicate()
    if code not in {0, 1}:
        raise MuseumError(
            f"the demo's runs ended with exit status {code}; what they said is above. Finished work is kept: "
            "`museum demo` goes on from there"
        )
    return code


def remove_files() -> None:
    """Delete the demo's buckets and topics from the servers that the settings name.

    Raises MuseumError, also while a demo runs.
    """
    from museum_assets.cli.simulation import chosen_buckets, chosen_names, recorded_environment
    from resources.platform import Platform

    os.environ.update(PROFILE)
    platform = Platform.from_settings()
    settings = platform.settings
    if recorded_environment(settings.home) is not None:
        raise MuseumError(f"a demo runs in {settings.home}: stop it with Ctrl-C, then run `museum demo --remove-files`")
    if not chosen_names(settings.home):
        raise MuseumError(
            f"the last demo of {settings.home} used servers in that folder alone, which `MUSEUM_PROFILE=demo museum "
            "erase` deletes. For what an earlier one left elsewhere, start `museum demo --exit` with its "
            "S3_ENDPOINT_URL and KAFKA_BOOTSTRAP_SERVERS once more, then run this again"
        )
    names = chosen_buckets(settings.home)
    for name in names:
        platform.bucket(name).remove_bucket()
    names += _remove_topics(settings)
    console.print(
        f"{', '.join(names)} are gone. `MUSEUM_PROFILE=demo museum erase` deletes the rest of the demo: what is in its "
        "database refers to them",
        highlight=False,
    )


def _remove_topics(settings: Settings) -> list[str]:
    """Delete the demo's topics from given brokers; return their names."""
    from confluent_kafka import KafkaException

    from museum_assets.cli.simulation import TOPIC_PREFIX, chosen_names
    from museum_assets.simulator.stream import remove_topics

    prefix = chosen_names(settings.home).get(TOPIC_PREFIX)
    if not prefix or not settings.kafka_bootstrap_servers:
        return []
    try:
        return remove_topics(settings.kafka_client(), prefix)
    except KafkaException as error:
        raise MuseumError(
            f"the topics {prefix}… cannot be deleted at {settings.kafka_bootstrap_servers}: {error.args[0].str()}; "
            "check KAFKA_*, then run this again"
        ) from None
