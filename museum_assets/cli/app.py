"""The `museum` commands and their options; what they do is in the modules beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from museum_assets.cli.archive import app as archive
from museum_assets.cli.artists import app as artists
from museum_assets.cli.corrections import app as corrections
from museum_assets.cli.dead_letters import app as dead_letters
from museum_assets.cli.kiosk import app as kiosk
from museum_assets.cli.museums import app as museums
from museum_assets.cli.notices import app as notices
from museum_assets.cli.operating import app as operating
from museum_assets.cli.options import Json
from museum_assets.cli.release_archive import app as release
from museum_assets.cli.sources import app as sources
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS

app = typer.Typer(name="museum", no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(archive)
app.add_typer(artists)
app.add_typer(corrections)
app.add_typer(dead_letters)
app.add_typer(kiosk)
app.add_typer(museums)
app.add_typer(notices)
app.add_typer(operating)
app.add_typer(release)
app.add_typer(sources)


def show_version(asked: bool) -> None:
    """Print the version and leave, when it was asked for."""
    if asked:
        from museum_assets.core.version import version

        typer.echo(f"museum {version()}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Museum collections: harvested, cleaned, thumbnailed, embedded and searchable."""


Museums = Annotated[
    list[str] | None,
    typer.Option("--museum", "-m", help="Museum, repeatable or comma-separated; all when left out."),
]


ReadOnly = Annotated[bool, typer.Option("--read-only", help="The UI shows everything and changes nothing.")]


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="Port of the UI; another is used when it is taken.")] = None,
    read_only: ReadOnly = False,
) -> None:
    """Start Postgres, S3, the vector index and the Dagster UI, as far as they are not configured elsewhere."""
    from museum_assets.cli.services import up as start
    from museum_assets.core.settings import read_settings

    raise typer.Exit(start(read_settings(), port=port, read_only=read_only))


@app.command()
def migrate() -> None:
    """Bring the databases to this version of the platform: its tables, production's and Dagster's. Safe to repeat."""
    from museum_assets.cli.services import migrate as bring_up_to_date
    from museum_assets.core.settings import read_settings

    bring_up_to_date(read_settings())


@app.command()
def webserver(
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen at.")] = 3000,
    workspace: Annotated[Path | None, typer.Option(help="Dagster's workspace file; unset: the platform's.")] = None,
    read_only: ReadOnly = False,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve the Dagster UI alone, behind its guard; runs are launched by a daemon elsewhere, such as `museum up`'s."""
    from museum_assets.cli.services import webserver as serve

    serve(host, port, workspace=workspace, read_only=read_only, fd=fd)


@app.command("serve")
def serve_readers(
    host: Annotated[str | None, typer.Option(help="Address to listen at; READERS_HOST when left out.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen at; READERS_PORT when left out.")
    ] = None,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Serve the readers' pages and their API: what is published, for everybody to search."""
    from museum_assets.cli.services import readers
    from museum_assets.core.settings import read_settings

    readers(read_settings(), host=host, port=port, fd=fd)


@app.command()
def demo(
    works: Annotated[int, typer.Option(min=1, help="Artworks per museum.")] = 200,
    records: Annotated[Path | None, typer.Option(help="Serve the recorded records and images of this folder.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Harvest the real APIs instead of the simulator.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many records per museum and stage.")] = None,
    exit_: Annotated[bool, typer.Option("--exit", help="Stop at the end instead of leaving the UI running.")] = False,
    port: Annotated[int | None, typer.Option(help="Port of the UI.")] = None,
    remove: Annotated[
        bool,
        typer.Option("--remove-files", help="Only delete the demo's buckets and topics from the given servers."),
    ] = False,
) -> None:
    """Run the whole pipeline over simulated museums, offline, then leave the UI running."""
    from museum_assets.cli.demo import remove_files, run_demo

    if remove:
        remove_files()
        return
    raise typer.Exit(run_demo(works=works, records=records, live=live, limit=limit, stop=exit_, port=port))


@app.command("demo-runs", hidden=True)
def demo_runs(
    records: Annotated[Path | None, typer.Option()] = None,
    live: Annotated[bool, typer.Option("--live")] = False,
    limit: Annotated[int | None, typer.Option()] = None,
) -> None:
    """Do what `museum demo` does over the services that it has started."""
    from museum_assets.cli.demo_runs import run_apart

    raise typer.Exit(run_apart(records, limit=limit, live=live))


@app.command()
def erase(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete everything that the platform keeps on this machine: its home, with the databases in it."""
    from museum_assets.cli.erasing import erase_home

    erase_home(ask=not yes)


@app.command()
def run(
    assets: Annotated[
        list[str], typer.Argument(help="Assets by name, as the UI shows them, or `all`: the collection's.")
    ],
    museum: Museums = None,
    force: Annotated[bool, typer.Option("--force", help="Redo what was done before.")] = False,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Include what failed for good.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many records per museum and asset.")] = None,
    since: Annotated[str | None, typer.Option(help="The harvest alone: changes since YYYY-MM-DD, or `last`.")] = None,
    jobs: Annotated[
        int,
        typer.Option("--jobs", "-j", min=1, max=64, help="Museums at a time, each in its own process."),
    ] = 1,
    json: Json = False,
) -> None:
    """Materialize assets for one museum, several or all; the runs show in the Dagster UI."""
    from museum_assets.cli.run import Controls, materialize
    from museum_assets.cli.run_results import report
    from museum_assets.cli.session import connected

    controls = Controls(force=force, retry_failed=retry_failed, limit=limit, since=since)
    with connected(for_runs=True):
        raise typer.Exit(report(materialize(assets, named(museum), controls, jobs=jobs), as_json=json))


@app.command("run-museums", hidden=True)
def run_museums() -> None:
    """Run the museums that another `museum run` names."""
    from museum_assets.cli.side_by_side import run_museums as work

    work()


@app.command()
def status(museum: Museums = None, json: Json = False) -> None:
    """Show, per museum and stage, what is done, pending and failed, by code."""
    from museum_assets.cli.report import show_status

    show_status(chosen(museum), as_json=json)


@app.command()
def where(
    name: Annotated[str, typer.Argument(help="museum:object_number, such as smk:KMS1.")], json: Json = False
) -> None:
    """Tell one record's whole story: its state at every stage, and what happens next."""
    from museum_assets.cli.report import show_where

    show_where(name, as_json=json)


@app.command()
def backup(
    target: Annotated[str, typer.Argument(help="Where backups are kept: a folder, or s3://bucket/prefix.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Make none: read a backup, or the newest one, again and compare it.")
    ] = False,
    json: Json = False,
) -> None:
    """Back up databases, buckets and what the vector index is made from, into a new folder of the target."""
    from museum_assets.cli.backup import show_backup, show_verification

    raise typer.Exit((show_verification if verify else show_backup)(target, as_json=json))


@app.command()
def restore(
    source: Annotated[str, typer.Argument(help="A backup, or the target it is in: then the newest one.")],
    json: Json = False,
) -> None:
    """Restore a backup into empty services, and compare every count and checksum."""
    from museum_assets.cli.backup import show_restore

    raise typer.Exit(show_restore(source, as_json=json))


@app.command()
def settings(json: Json = False) -> None:
    """Show every setting: its variable, value, source and meaning. Needs no service."""
    from museum_assets.cli.configuration import show_settings

    show_settings(as_json=json)


WorkType = Annotated[str | None, typer.Option(help="Only this work type, such as painting.")]
Limit = Annotated[int, typer.Option(min=1, max=100, help="How many results.")]
Html = Annotated[Path | None, typer.Option("--html", help="Also write a page with the thumbnails to this file.")]
InProduction = Annotated[bool, typer.Option("--production", help="Search what is published, not what is in work.")]


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for, such as 'ships in a storm'.")],
    museum: Annotated[str | None, typer.Option("--museum", "-m", help="Only this museum.")] = None,
    work_type: WorkType = None,
    limit: Limit = 10,
    html: Html = None,
    production: InProduction = False,
    json: Json = False,
) -> None:
    """Find artworks by what they show or are about."""
    from museum_assets.cli.find import Ways, show_search

    show_search(query, Ways(limit, html, json, production), museum=museum, work_type=work_type)


@app.command()
def similar(
    name: Annotated[str, typer.Argument(help="museum:object_number, such as smk:KMS1.")],
    limit: Limit = 10,
    html: Html = None,
    production: InProduction = False,
    json: Json = False,
) -> None:
    """Find artworks that look like this one."""
    from museum_assets.cli.find import Ways, show_similar

    show_similar(name, Ways(limit, html, json, production))


def named(given: list[str] | None) -> list[str] | None:
    """Return the museums named by the option, None when it was left out."""
    names = [name.strip() for part in given or [] for name in part.split(",") if name.strip()]
    return None if not names or names == ["all"] else list(dict.fromkeys(names))


def chosen(given: list[str] | None) -> list[str]:
    """Return the museums named by the option, all when it was left out. Raises BadParameter for an unknown one."""
    names = named(given) or list(MUSEUMS)
    for name in names:
        if name in KIOSK_MUSEUMS:
            raise typer.BadParameter(f"{name} has kiosks and no collection: `museum kiosk status -m {name}` shows it")
        if name not in MUSEUMS:
            raise typer.BadParameter(f"unknown museum {name!r}: choose from {', '.join(MUSEUMS)}")
    return names
