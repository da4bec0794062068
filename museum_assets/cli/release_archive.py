"""`museum release export`, `restore`, `exports` and `canary`: releases as files, and what must be in production."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer

from museum_assets.cli.dead_letters import printable, user
from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.cli.release import By, Json, Museum, Why, app, at_work

__all__ = ["app"]

Number = Annotated[int, typer.Argument(min=1, help="The release's number.")]
canaries = typer.Typer(
    name="canary", help="What must be in production, asked after every promotion.", no_args_is_help=True
)
app.add_typer(canaries)


class Kind(StrEnum):
    """What is asked: a view's rows, an object number, or words."""

    COUNT = "count"
    OBJECT = "object"
    QUERY = "query"


@app.command()
def export(museum: Museum, release: Number, json: Json = False) -> None:
    """Write a release to RELEASE_ARCHIVE_BUCKET as Parquet with checksums, its vectors and thumbnails included."""
    from museum_assets.releases.archive import export as write
    from museum_assets.settings import settings
    from resources import platform

    with at_work() as work:
        published, archive = platform.production_thumbnails(settings()), platform.release_archive(settings())
        manifest = write(work, published, archive, museum, release, _tell(quiet=json))
    if json:
        print_json(manifest.model_dump())
        return
    files = sum(len(table.files) for table in manifest.tables) + len(manifest.vectors)
    where = f"s3://{archive.bucket}/{museum}/{release}/"
    console.print(f"{where}: {files} files, {manifest.thumbnails} thumbnails", markup=False, highlight=False)


@app.command()
def exports(museum: Museum, json: Json = False) -> None:
    """List the exports of a museum."""
    from museum_assets.releases.archive import exports as read
    from museum_assets.settings import settings
    from resources import platform

    with at_work():
        found = list(read(platform.release_archive(settings()), museum))
    if json:
        print_json([manifest.model_dump() for manifest in found])
        return
    minute = "%Y-%m-%d %H:%M"
    rows = [(m.release, m.made_at.strftime(minute), printable(m.made_by), printable(m.why),
             m.exported_at.strftime(minute), sum(t.rows for t in m.tables), m.thumbnails) for m in found]  # fmt: skip
    print_table(f"Exports of {museum}", ("release", "made", "by", "why", "exported", "rows", "thumbnails"), rows)


@app.command()
def restore(museum: Museum, release: Number, why: Why, by: By = None, json: Json = False) -> None:
    """Make a new release from an export, verified. It is not live until a rollback goes to it."""
    from museum_assets.releases.archive import restore as read
    from museum_assets.settings import settings
    from resources import platform

    with at_work() as work:
        published, archive = platform.production_thumbnails(settings()), platform.release_archive(settings())
        asked = (museum, release)
        made = read(work, published, archive, asked, by=by or user(), why=why, tell=_tell(quiet=json))
    if json:
        print_json({"museum": museum, "exported": release, "release": made.id})
    else:
        console.print(
            f"release {made.id} is ready: museum release rollback {museum} --to {made.id} --why … shows it",
            markup=False,
            highlight=False,
        )


@canaries.command("list")
def list_canaries(museum: Museum, json: Json = False) -> None:
    """List what is asked beside what the platform asks by itself."""
    with at_work() as work, work.production.connect() as conn:
        rows = conn.execute(
            "SELECT kind, subject, at_least, finds, added_by, added_at FROM production.canary WHERE museum = %s"
            " ORDER BY kind, subject",
            (museum,),
        ).fetchall()
    if json:
        print_json(rows)
        return
    lines = [(row["kind"], printable(row["subject"]), row["at_least"], printable(row["finds"] or ""),
              printable(row["added_by"]), f"{row['added_at']:%Y-%m-%d}") for row in rows]  # fmt: skip
    print_table(f"Canaries of {museum}", ("kind", "subject", "at least", "finds", "by", "since"), lines)


@canaries.command("add")
def add(
    museum: Museum,
    kind: Annotated[Kind, typer.Argument(help="count a view's rows, look for an object number, or ask words.")],
    subject: Annotated[str, typer.Argument(help="The view, such as artwork; the object number; or the words.")],
    at_least: Annotated[int, typer.Option(min=1, help="Rows of the view, or works that the words find.")] = 1,
    finds: Annotated[str | None, typer.Option(help="Object number that the words must find.")] = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Note what must be in production; the same subject again replaces it."""
    from museum_assets.releases.canary import add_canary

    with at_work() as work, work.production.connect() as conn:
        add_canary(conn, museum, kind.value, subject, at_least=at_least, finds=finds, by=by or user())
    if json:
        print_json({"museum": museum, "kind": kind.value, "subject": subject})


@canaries.command("remove")
def remove(museum: Museum, kind: Kind, subject: str, json: Json = False) -> None:
    """Ask this no more."""
    with at_work() as work, work.production.connect() as conn:
        gone = conn.execute(
            "DELETE FROM production.canary WHERE museum = %s AND kind = %s AND subject = %s",
            (museum, kind.value, subject),
        ).rowcount
    if json:
        print_json({"removed": gone})
    elif not gone:
        console.print("there is no such canary", highlight=False)
    raise typer.Exit(0 if gone else 1)


@canaries.command("ask")
def ask(museum: Museum, json: Json = False) -> None:
    """Ask production now, as after a promotion; nothing is rolled back."""
    with at_work() as work:
        problems = work.canary(museum)
    if json:
        print_json({"museum": museum, "problems": problems})
    else:
        for problem in problems or ["all is well"]:
            console.print(printable(problem), markup=False, highlight=False)
    raise typer.Exit(1 if problems else 0)


def _tell(*, quiet: bool) -> Callable[[str], None]:
    if quiet:
        return lambda _: None
    return lambda line: console.print(printable(line), markup=False, highlight=False)
