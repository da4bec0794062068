"""`museum archive`: declared sources and their imports on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from museum_assets.archives.schema import source, source_names

if TYPE_CHECKING:
    from museum_assets.archives.imports import Import

app = typer.Typer(name="archive", help="Bulk files of declared sources, imported as a whole.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Number = Annotated[int, typer.Argument(min=1, max=2**63 - 1, metavar="IMPORT", help="The import's number.")]


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None, json: Json = False
) -> None:
    """List the declared sources, and what was imported of them."""
    from museum_assets.archives.imports import imports
    from museum_assets.cli.dead_letters import connection
    from museum_assets.cli.printing import print_json, print_table

    names = [source(name).name] if name else list(source_names())
    with connection() as conn:
        found = imports(conn, source=name)
    if json:
        print_json({"sources": [_declared(each) for each in names], "imports": [as_json(each) for each in found]})
        return
    current = {each.source: each for each in found if each.current}
    rows = [(each, source(each).title, shown.id if (shown := current.get(each)) else None,
             str(shown.year or "") if shown else "") for each in names]  # fmt: skip
    print_table("Declared sources", ("source", "title", "current import", "year"), rows)
    columns = ("import", "source", "year", "state", "current", "read", "loaded", "rejected", "duplicate", "note")
    print_table("Imports", columns, [_row(each) for each in found])


@app.command("import")
def import_(
    name: Annotated[str, typer.Argument(metavar="SOURCE", help=f"One of {', '.join(source_names())}.")],
    year: Annotated[int | None, typer.Option(help="Which year's edition; this year's when left out.")] = None,
    url: Annotated[list[str] | None, typer.Option("--url", help="A file to read instead of those declared.")] = None,
    file: Annotated[list[Path] | None, typer.Option("--file", help="The same, on this machine.")] = None,
    sha256: Annotated[list[str] | None, typer.Option("--sha256", help="The SHA-256 of each file.")] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Publish it though it would be held.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Import anew what was imported before.")] = False,
    json: Json = False,
) -> None:
    """Download and import a source; one that was interrupted goes on where it was."""
    from museum_assets.archives.load import load
    from museum_assets.archives.obtain import Order, hosts_of, obtain
    from museum_assets.cli.printing import console
    from museum_assets.cli.session import connected
    from museum_assets.loop.progress import Progress
    from resources.platform import archive_downloader, database

    declared = source(name)
    order = Order([*(url or ()), *(each.resolve().as_uri() for each in file or ())], sha256 or (), year)

    def line(text: str) -> None:
        if not json:
            console.print(text, highlight=False)

    with connected() as settings:
        with archive_downloader(settings, hosts_of(declared), declared.name) as downloader:
            files = obtain(downloader, declared, order, lambda each: Progress(f"{each}, in bytes", line))
        found = load(database(settings), declared, files, year=order.year_of(declared), partial=partial, force=force,
                     told=Progress(f"rows of {declared.name}", line))  # fmt: skip
    _tell(found, as_json_too=json)
    raise typer.Exit(0 if found.state == "loaded" else 1)


@app.command()
def show(number: Number, json: Json = False) -> None:
    """Show one import: its files, its books, and why rows were rejected."""
    from museum_assets.archives.imports import find
    from museum_assets.cli.dead_letters import connection

    with connection() as conn:
        found = find(conn, number)
    _tell(found, as_json_too=json)


@app.command()
def rollback(number: Number, json: Json = False) -> None:
    """Take an import out as a whole; the one before it is current again."""
    from museum_assets.archives.imports import roll_back
    from museum_assets.cli.dead_letters import user
    from museum_assets.cli.printing import console, print_json
    from museum_assets.cli.session import connected
    from resources.platform import database

    with connected() as settings:
        now = roll_back(database(settings), number, user())
    if json:
        print_json({"rolled_back": number, "current": now.id if now.current else None})
    else:
        after = f"import {now.id} is current again" if now.current else "nothing is current"
        console.print(f"import {number} of {now.source} is rolled back; {after}", highlight=False)


def as_json(found: Import) -> dict[str, Any]:
    """Return an import for JSON."""
    values = {name: getattr(found, name) for name in type(found).__slots__ if name != "checkpoint"}
    return {**values, "content_hash": found.content_hash.hex()}


def _declared(name: str) -> dict[str, Any]:
    declared = source(name)
    return {"name": name, "title": declared.title, "urls": declared.urls, "columns": list(declared.columns)}


def _row(found: Import) -> tuple[Any, ...]:
    return (str(found.id), found.source, str(found.year or ""), found.state, "yes" if found.current else "",
            found.rows_read, found.loaded, found.rejected, found.duplicate, found.message)  # fmt: skip


def _tell(found: Import, *, as_json_too: bool) -> None:
    from museum_assets.cli.printing import console, print_json, print_table

    if as_json_too:
        print_json(as_json(found))
        return
    rows = [(name, str(value)) for name, value in as_json(found).items() if value not in (None, {}, [], "")]
    print_table(f"Import {found.id}", ("field", "value"), rows)
    if found.rejected:
        command = f"museum dead-letters list --source archive_import --museum {found.source}"
        console.print(f"{found.rejected:,} rows were rejected: `{command}` shows them", highlight=False)
