"""`museum archive`: list, import, show and roll back the archives of declared sources."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from museum_assets.archive_files.declared import declared_source, source_names
from museum_assets.cli.options import Json

if TYPE_CHECKING:
    from museum_assets.archives.imports import Import

app = typer.Typer(name="archive", help="Archives of declared sources, imported as a whole.", no_args_is_help=True)

ImportNumber = Annotated[int, typer.Argument(min=1, max=2**63 - 1, metavar="IMPORT", help="The import's number.")]


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None, json: Json = False
) -> None:
    """List the declared sources and their imports."""
    from museum_assets.archives.imports import imports
    from museum_assets.cli.dead_letters import connection
    from museum_assets.cli.printing import print_json, print_table

    names = [declared_source(name).name] if name else list(source_names())
    with connection() as conn:
        listed = imports(conn, source=name)
    if json:
        print_json({"sources": [_declared(each) for each in names], "imports": [as_json(each) for each in listed]})
        return
    current = {each.source: each for each in listed if each.current}
    rows = [(each, declared_source(each).title, shown.id if (shown := current.get(each)) else None,
             str(shown.year or "") if shown else "") for each in names]  # fmt: skip
    print_table("Declared sources", ("source", "title", "current import", "year"), rows)
    columns = ("import", "source", "year", "state", "current", "read", "loaded", "rejected", "duplicate", "note")
    print_table("Imports", columns, [_row(each) for each in listed])


@app.command("import")
def import_(
    name: Annotated[str, typer.Argument(metavar="SOURCE", help=f"One of {', '.join(source_names())}.")],
    year: Annotated[int | None, typer.Option(help="The year of the edition; the current year when left out.")] = None,
    url: Annotated[list[str] | None, typer.Option("--url", help="A file to read instead of the declared ones.")] = None,
    file: Annotated[list[Path] | None, typer.Option("--file", help="The same, as a path on this machine.")] = None,
    sha256: Annotated[list[str] | None, typer.Option("--sha256", help="The SHA-256 of each file.")] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Publish it even if it would be held.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Import the files again although they were before.")] = False,
    json: Json = False,
) -> None:
    """Download and import a source. An interrupted import continues where it was."""
    from museum_assets.archive_files.download.download import ANYWHERE
    from museum_assets.archive_files.download.obtain import Order, hosts_of, obtain
    from museum_assets.archive_files.opening import open_downloader
    from museum_assets.archives.load import load
    from museum_assets.cli.printing import console
    from museum_assets.cli.session import connected
    from museum_assets.core.progress import Progress

    declared = declared_source(name)
    order = Order([*(url or ()), *(each.resolve().as_uri() for each in file or ())], sha256 or (), year)

    def line(text: str) -> None:
        if not json:
            console.print(text, highlight=False)

    with connected() as platform:
        with open_downloader(platform, hosts_of(declared), declared.name, local=ANYWHERE) as downloader:
            files = obtain(downloader, declared, order, lambda each: Progress(f"{each}, in bytes", line))
        on_progress = Progress(f"rows of {declared.name}", line)
        imported = load(platform.database(), declared, files, year=order.year_of(declared), partial=partial,
                        force=force, on_progress=on_progress)  # fmt: skip
    _print(imported, json=json)
    raise typer.Exit(0 if imported.state == "loaded" else 1)


@app.command()
def show(number: ImportNumber, json: Json = False) -> None:
    """Show one import: its files, its books, and the codes of its rejected rows."""
    from museum_assets.archives.imports import find
    from museum_assets.cli.dead_letters import connection

    with connection() as conn:
        import_ = find(conn, number)
    _print(import_, json=json)


@app.command()
def rollback(number: ImportNumber, json: Json = False) -> None:
    """Remove an import as a whole; the latest one that is left becomes current."""
    from museum_assets.archives.imports import roll_back
    from museum_assets.cli.dead_letters import user
    from museum_assets.cli.printing import console, print_json
    from museum_assets.cli.session import connected

    with connected() as platform:
        now = roll_back(platform.database(), number, user())
    if json:
        print_json({"rolled_back": number, "current": now.id if now.current else None})
    else:
        after = f"import {now.id} is current again" if now.current else "nothing is current"
        console.print(f"import {number} of {now.source} is rolled back; {after}", highlight=False)


def as_json(import_: Import) -> dict[str, Any]:
    """Return an import for JSON."""
    values = {name: getattr(import_, name) for name in type(import_).__slots__ if name != "checkpoint"}
    return {**values, "content_hash": import_.content_hash.hex()}


def _declared(name: str) -> dict[str, Any]:
    declared = declared_source(name)
    return {"name": name, "title": declared.title, "urls": declared.urls, "columns": list(declared.columns)}


def _row(import_: Import) -> tuple[Any, ...]:
    return (str(import_.id), import_.source, str(import_.year or ""), import_.state, "yes" if import_.current else "",
            import_.rows_read, import_.loaded, import_.rejected, import_.duplicate, import_.message)  # fmt: skip


def _print(import_: Import, *, json: bool) -> None:
    from museum_assets.cli.printing import console, print_json, print_table

    if json:
        print_json(as_json(import_))
        return
    rows = [(name, str(value)) for name, value in as_json(import_).items() if value not in (None, {}, [], "")]
    print_table(f"Import {import_.id}", ("field", "value"), rows)
    if import_.rejected:
        command = f"museum dead-letters list --source archive_import --museum {import_.source}"
        console.print(f"{import_.rejected:,} rows were rejected: `{command}` shows them", highlight=False)
