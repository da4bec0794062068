"""`museum up`, `migrate`, `webserver`, `serve` and `metrics`: all at once, or each process by itself."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import typer

from museum_assets.cli.simulation import refuse_real_museums
from museum_assets.core.failures import MuseumError
from museum_assets.core.postgres_address import address_label
from museum_assets.core.settings import Settings, read_settings
from museum_assets.museums import MUSEUMS
from museum_assets.operations.running import migrate as bring_up_to_date
from museum_assets.operations.running import running_unprepared
from museum_assets.operations.ui import WORKSPACE, ui
from museum_assets.operations.ui_guard import LOOPBACK, parse_hosts
from resources.embedded.services import attach_running, dagster_home, environment, unwinding_on_signals
from resources.platform import Platform


def up(settings: Settings, *, port: int | None = None, read_only: bool = False) -> int:
    """Run everything until Ctrl-C or SIGTERM, then stop what was started. Returns the exit code.

    Raises MuseumError in the demo's home when no demo runs (its UI would offer to harvest the real museums into it),
    UiError when one of Dagster's processes dies, and as `ui` does.
    """
    refuse_real_museums(Platform(settings), MUSEUMS)
    typer.echo("Starting the services and Dagster ...")
    with ui(settings, port=port, read_only=read_only) as running:
        typer.echo(f"Dagster is at {running.url} (logs in {settings.home / 'logs'}). Ctrl-C stops it.")
        typer.echo(running.readers.wait())
        running.wait()
        typer.echo("Stopping ...")
    return 0


def migrate(settings: Settings) -> None:
    """Bring the databases up to date and say so. Raises as `running_unprepared` and `operations.running.migrate` do."""
    from museum_assets.cli.session import exported

    with running_unprepared(settings) as platform, exported(environment(platform.settings)):
        bring_up_to_date(platform)
        where = dict.fromkeys(address_label(each.url) for each in (platform.database(), platform.production()))
    typer.echo(f"{' and '.join(where)}: up to date. Dagster's instance is described in {dagster_home(settings)}.")


def webserver(host: str, port: int, *, workspace: Path | None, read_only: bool, fd: int | None) -> None:
    """Serve Dagster's UI until Ctrl-C or SIGTERM.

    At `fd` it is a child of `museum up`, which has bound the socket and runs the services. Raises MuseumError when the
    port cannot be had, and as `running_platform` does.
    """
    from museum_assets.cli.session import connected
    from museum_assets.operations.webserver import serve

    workspace = workspace or WORKSPACE
    hosts = parse_hosts(read_settings().ui_hosts)
    if fd is not None:
        with unwinding_on_signals(), socket.socket(fileno=fd) as listening:
            serve(listening, workspace, hosts, read_only=read_only)
        return
    with _bound(host, port) as listening, connected(for_runs=True):
        typer.echo(f"Dagster's UI is at http://{host}:{port}. Ctrl-C stops it.")
        if host not in LOOPBACK:
            typer.echo("It is open to the network and has no accounts: let only a proxy reach it.", err=True)
        serve(listening, workspace, hosts, read_only=read_only)


def readers(settings: Settings, *, host: str | None, port: int | None, fd: int | None) -> None:
    """Serve the readers' pages until Ctrl-C or SIGTERM.

    At `fd` it is a child of `museum up`. Raises MuseumError when the port cannot be had, and as `connected` does.
    """
    from museum_assets.cli.session import connected
    from museum_assets.readers.serving import address_of, serve

    with unwinding_on_signals(), ExitStack() as opened:
        if fd is not None:
            serve(opened.enter_context(socket.socket(fileno=fd)), Platform(settings), patient=True)
            return
        listening = opened.enter_context(_bound(host or settings.readers_host, port or settings.readers_port))
        # With a login of their own, readers need nothing of what makes releases.
        apart = settings.readers_database_url is not None
        platform = Platform(settings) if apart else opened.enter_context(connected())
        typer.echo(f"The readers' pages are at {settings.readers_url or address_of(listening)}. Ctrl-C stops them.")
        serve(listening, platform)


def metrics(settings: Settings, *, host: str | None, port: int | None) -> None:
    """Serve the metrics until Ctrl-C or SIGTERM. Starts no service, and uses those of this home that run.

    Raises MuseumError when the port cannot be had.
    """
    from museum_assets.operations.metrics.serve import served

    host, port = host or settings.metrics_host, port or settings.metrics_port
    platform = Platform(attach_running(settings))
    with unwinding_on_signals(), suppress(KeyboardInterrupt), ExitStack() as opened:
        try:
            had = opened.enter_context(served(platform, host, port))
        except OSError as error:
            raise _not_had(host, port, error) from error
        typer.echo(f"Metrics are at http://{host}:{had}/metrics. Ctrl-C stops them.")
        threading.Event().wait()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise _not_had(host, port, error) from error


def _not_had(host: str, port: int, error: OSError) -> MuseumError:
    return MuseumError(f"{host}:{port} cannot be had ({error}): choose another one with --host and --port")
