"""`museum release export`, `restore`, `exports` and `canary`: releases as files, and what must be in production."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from museum_assets.cli.dead_letters import printable, user
from museum_assets.cli.options import By, Json
from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.cli.release import Museum, Why, at_desk
from museum_assets.cli.release_moves import app
from sql import query

__all__ = ["app"]

ReleaseNumber = Annotated[int, typer.Argument(min=1, help="The release's number.")]
canaries = typer.Typer(
    name="canary", help="What must be in production, asked after every promotion.", no_args_is_help=True
)
app.add_typer(canaries)


class CanaryKind(StrEnum):
    """What is asked: a view's rows, an object number, or words."""

    COUNT = "count"
    OBJECT = "object"
    QUERY = "query"


@app.command()
def export(museum: Museum, release: ReleaseNumber, json: Json = False) -> None:
    """Write a release to RELEASE_ARCHIVE_BUCKET as Parquet with checksums, its vectors and thumbnails included."""
    from museum_assets.cli.release_printing import line_sink
    from museum_assets.cli.session import connected
    from museum_assets.releases.desk import release_desk
    from museum_assets.releases.exports.archive import export as write

    with connected(for_runs=True) as platform:
        desk = release_desk(platform)
        published, archive = platform.production_thumbnails(), platform.release_archive()
        manifest = write(desk, published, archive, museum, release, line_sink(quiet=json))
    if json:
        print_json(manifest.model_dump())
        return
    files = sum(len(table.files) for table in manifest.tables) + len(manifest.vectors)
    where = f"s3://{archive.bucket}/{museum}/{release}/"
    console.print(f"{where}: {files} files, {manifest.thumbnails} thumbnails", markup=False, highlight=False)


@app.command()
def exports(museum: Museum, json: Json = False) -> None:
    """List the exports of a museum."""
    from museum_assets.cli.session import connected
    from museum_assets.releases.exports.archive import exports as read

    with connected() as platform:
        found = list(read(platform.release_archive(), museum))
    if json:
        print_json([manifest.model_dump() for manifest in found])
        return
    minute = "%Y-%m-%d %H:%M"
    rows = [(m.release, m.made_at.strftime(minute), printable(m.made_by), printable(m.why),
             m.exported_at.strftime(minute), sum(t.rows for t in m.tables), m.thumbnails) for m in found]  # fmt: skip
    print_table(f"Exports of {museum}", ("release", "made", "by", "why", "exported", "rows", "thumbnails"), rows)


@app.command()
def restore(museum: Museum, release: ReleaseNumber, why: Why, by: By = None, json: Json = False) -> None:
    """Make a new release from an export, verified. It is not live until a rollback goes to it."""
    from museum_assets.cli.release_printing import line_sink
    from museum_assets.cli.session import connected
    from museum_assets.releases import commands
    from museum_assets.releases.desk import release_desk
    from museum_assets.releases.exports.archive import restore as read

    with connected(for_runs=True) as platform:
        desk = release_desk(platform)
        published, archive = platform.production_thumbnails(), platform.release_archive()
        asked = (museum, release)
        made = read(desk, published, archive, asked, by=by or user(), why=why, on_progress=line_sink(quiet=json))
    if json:
        print_json({"museum": museum, "exported": release, "release": made.id})
    else:
        console.print(
            f"release {made.id} is ready and not live: {commands.roll_back(museum, made.id)} makes it live",
            markup=False,
            highlight=False,
        )


@canaries.command("list")
def list_canaries(museum: Museum, json: Json = False) -> None:
    """List what is asked beside what the platform asks by itself."""
    with at_desk() as desk, desk.production.connect() as conn:
        rows = conn.execute(query("releases_canary.list"), {"museum": museum}).fetchall()
    if json:
        print_json(rows)
        return
    lines = [(row["kind"], printable(row["subject"]), row["at_least"], printable(row["finds"] or ""),
              printable(row["added_by"]), f"{row['added_at']:%Y-%m-%d}") for row in rows]  # fmt: skip
    print_table(f"Canaries of {museum}", ("kind", "subject", "at least", "finds", "by", "since"), lines)


@canaries.command("add")
def add(
    museum: Museum,
    kind: Annotated[CanaryKind, typer.Argument(help="count a view's rows, look for an object number, or ask words.")],
    subject: Annotated[str, typer.Argument(help="The view, such as artwork; the object number; or the words.")],
    at_least: Annotated[int, typer.Option(min=1, help="Rows of the view, or works that the words find.")] = 1,
    finds: Annotated[str | None, typer.Option(help="Object number that the words must find.")] = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Note what must be in production; the same subject again replaces it."""
    from museum_assets.releases.promotion.canary import add_canary

    with at_desk() as desk, desk.production.connect() as conn:
        add_canary(conn, museum, kind.value, subject, at_least=at_least, finds=finds, by=by or user())
    if json:
        print_json({"museum": museum, "kind": kind.value, "subject": subject})


@canaries.command("remove")
def remove(museum: Museum, kind: CanaryKind, subject: str, json: Json = False) -> None:
    """Ask this no more."""
    with at_desk() as desk, desk.production.connect() as conn:
        gone = conn.execute(
            "DELETE FROM production.canary WHERE museum = %s AND kind = %s AND subject = %s",
            (museum, kind.value, subject),
        ).rowcount
    if json:
        print_json({"removed": gone})
    elif not gone:
        console.print("there is no such canary", highlight=False)
    raise typer.Exit(0 if gone else 1)


@app.command("roles")
def roles(json: Json = False) -> None:
    """Make the database roles of those who publish and of those who read, and say how a login gets them."""
    from museum_assets.releases.roles import PUBLISHER, RIGHTS, make_roles
    from museum_assets.releases.schema import READER

    with at_desk() as desk:
        make_roles(desk.production)
    if json:
        print_json(RIGHTS)
        return
    print_table("Roles in production", ("role", "may"), list(RIGHTS.items()))
    for line in (
        "As a superuser, give a reader's and a publisher's login their roles:",
        f"  CREATE ROLE website LOGIN PASSWORD '...' IN ROLE {READER};",
        f"  CREATE ROLE press LOGIN PASSWORD '...' IN ROLE {PUBLISHER};",
        f"  ALTER ROLE press SET role = {PUBLISHER};",
    ):
        console.print(line, markup=False, highlight=False)


@canaries.command("ask")
def ask(museum: Museum, json: Json = False) -> None:
    """Ask production now, as after a promotion; nothing is rolled back."""
    with at_desk() as desk:
        problems = desk.canary(museum)
    if json:
        print_json({"museum": museum, "problems": problems})
    else:
        for problem in problems or ["all is well"]:
            console.print(printable(problem), markup=False, highlight=False)
    raise typer.Exit(1 if problems else 0)
