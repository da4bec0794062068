"""`museum doctor`, `init`, `metrics`, `plan` and `prune`, as they are typed."""

from __future__ import annotations

from typing import Annotated

import typer

from museum_assets.cli.options import Json

app = typer.Typer()


@app.command()
def doctor(json: Json = False) -> None:
    """Try everything that is configured, and say what to do about what fails. Starts and changes nothing."""
    from museum_assets.cli.doctor import show_doctor

    raise typer.Exit(show_doctor(as_json=json))


@app.command()
def init(
    kiosk_buckets: Annotated[
        bool, typer.Option("--kiosk-buckets", help="Also the buckets of the kiosks' files, which are the museums' own.")
    ] = False,
    json: Json = False,
) -> None:
    """Make what is missing on the servers: tables, roles, buckets, collections. Safe to repeat."""
    from museum_assets.cli.doctor import show_init

    raise typer.Exit(show_init(of_kiosks=kiosk_buckets, as_json=json))


@app.command()
def plan(
    museum: Annotated[
        list[str] | None,
        typer.Option("--museum", "-m", help="Museum, repeatable or comma-separated; all when left out."),
    ] = None,
    json: Json = False,
) -> None:
    """Say what a full harvest will take: requests, bytes, minutes. Asks each museum's API how much there is."""
    from museum_assets.cli.app import chosen
    from museum_assets.cli.planning import show_plans

    raise typer.Exit(show_plans(chosen(museum), as_json=json))


@app.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would be removed.")] = False,
    json: Json = False,
) -> None:
    """Remove history older than HISTORY_KEPT_DAYS, as a schedule does every night."""
    from museum_assets.cli.pruning import prune_history

    prune_history(dry_run=dry_run, as_json=json)


@app.command()
def metrics(
    host: Annotated[str | None, typer.Option(help="Address to listen at; METRICS_HOST when left out.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen at; METRICS_PORT when left out.")
    ] = None,
) -> None:
    """Serve the ledger, the releases and Dagster's runs as metrics for Prometheus, in a role that only counts."""
    from museum_assets.cli.services import metrics as serve
    from museum_assets.core.settings import read_settings

    serve(read_settings(), host=host, port=port)
