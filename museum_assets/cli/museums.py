"""`museum try`, `museum new` and `museum conform`: the tools of who adds a museum. None needs a service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from museum_assets.cli.options import Json
from museum_assets.museums import sample_file

app = typer.Typer()


@app.command("try")
def try_records(
    museum: Annotated[str, typer.Argument(help="The museum whose reading is tried.")],
    file: Annotated[
        Path | None, typer.Argument(help="One raw record, or with --all a dump; - reads standard input.")
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Try every record of the file, or of the museum's sample.")
    ] = False,
    html: Annotated[Path | None, typer.Option("--html", help="With --all: also write the report as a page.")] = None,
    images: Annotated[
        bool, typer.Option("--images", help="With --all: download one picture from each of the museum's hosts.")
    ] = False,
    json: Json = False,
) -> None:
    """Read one raw record, or all of a file, and print what comes of it: artworks and reasons. Needs no service."""
    if all_:
        from museum_assets.cli.museum_try import show_trial

        raise typer.Exit(show_trial(museum, file or sample_file(museum), as_json=json, html=html, images=images))
    if file is None:
        raise typer.BadParameter("give a file with one record, or --all")
    from museum_assets.cli.report import show_try

    raise typer.Exit(show_try(museum, file, as_json=json))


@app.command()
def new(
    slug: Annotated[str, typer.Argument(help="The museum's short name: small letters, digits and _.")],
    source: Annotated[str, typer.Argument(help="Its dump: a file or an address; or its OAI-PMH endpoint.")],
    name: Annotated[str | None, typer.Option(help="The museum's name.")] = None,
    oai: Annotated[
        str | None, typer.Option("--oai", help="SOURCE is an OAI-PMH endpoint; its format: oai_dc, edm or lido.")
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Only choose the sample anew, by the declaration that is there.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a declaration that is there.")] = False,
) -> None:
    """Look at a museum's records, propose a declaration with a comment on each guess, and save a sample of them."""
    from museum_assets.cli.museum_new import show_new, show_sample

    if sample:
        raise typer.Exit(show_sample(slug, source))
    raise typer.Exit(show_new(slug, source, name=name, oai=oai, force=force))


@app.command()
def conform(slug: Annotated[str, typer.Argument(help="The museum.")], json: Json = False) -> None:
    """Hold a museum against what every museum must do, on its saved sample: harvest, resume, read, and the rest."""
    from museum_assets.cli.museum_conform import show_conform

    raise typer.Exit(show_conform(slug, as_json=json))


@app.command()
def tables(json: Json = False) -> None:
    """Check the tables that a curator edits: work types, unknown artists, licences, terms of copyright."""
    from museum_assets.cli.museum_tables import show_tables

    raise typer.Exit(show_tables(as_json=json))
