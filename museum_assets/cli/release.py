"""`museum release` with list, show and compare: which releases there are, and what one changes over another.

The commands that make and move releases are in `release_moves`, those of exports in `release_archive`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from museum_assets.cli.dead_letters import printable
from museum_assets.cli.options import Json
from museum_assets.core.failures import MuseumError
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS

if TYPE_CHECKING:
    from museum_assets.releases.desk import ReleaseDesk
    from resources.postgres import Connection

app = typer.Typer(
    name="release", help="Releases: validated, promoted in one step, rolled back in one.", no_args_is_help=True
)

ALL = (*MUSEUMS, *KIOSK_MUSEUMS)


def known(slug: str) -> str:
    """Return the museum. Raises BadParameter for an unknown one."""
    if slug not in ALL:
        raise typer.BadParameter(f"unknown museum {slug!r}: choose from {', '.join(ALL)}")
    return slug


def all_known(slugs: list[str] | None) -> list[str]:
    """Return the museums, all when none is named. Raises BadParameter for an unknown one."""
    return [known(slug) for slug in slugs or ALL]


Museum = Annotated[str, typer.Argument(callback=known, help=f"The museum: {', '.join(ALL)}.")]
Museums = Annotated[
    list[str] | None, typer.Argument(callback=all_known, help=f"Museums; all when left out: {', '.join(ALL)}.")
]
Why = Annotated[str, typer.Option("--why", help="Why; kept in the history.")]


@contextmanager
def at_desk() -> Iterator[ReleaseDesk]:
    """Open the desk that releases are made at, running the services for as long."""
    from museum_assets.cli.session import connected
    from museum_assets.releases.desk import release_desk

    with connected(for_runs=True) as platform:
        yield release_desk(platform)


@app.command("list")
def list_(museum: Museums = None, json: Json = False) -> None:
    """List releases, newest first, and the drift that is accepted for the next one."""
    from museum_assets.cli.printing import print_json, print_table
    from museum_assets.cli.release_printing import release_line
    from museum_assets.releases.staging.acceptances import standing
    from sql import query

    museums = museum or []
    with at_desk() as desk, desk.connections() as (platform, production):
        rows = production.execute(query("releases.list"), {"museums": museums}).fetchall()
        accepted = [found | {"museum": slug} for slug in museums for found in standing(platform, slug).values()]
    if json:
        print_json({"releases": rows, "accepted": accepted})
        return
    columns = ("museum", "release", "state", "live", "made", "by", "why", "rows", "forced", "note")
    print_table("Releases", columns, [release_line(row) for row in rows])
    if accepted:
        lines = [(a["museum"], a["finding"], printable(a["accepted_by"]), f"{a['until']:%Y-%m-%d %H:%M}",
                  printable(a["why"])) for a in accepted]  # fmt: skip
        print_table("Accepted for the next release", ("museum", "finding", "by", "until", "why"), lines)


@app.command()
def show(
    museum: Museum,
    release: Annotated[int | None, typer.Argument(min=1, help="Its number; the live one when left out.")] = None,
    json: Json = False,
) -> None:
    """Show everything known of one release, and when it was live."""
    from museum_assets.cli.printing import print_json
    from museum_assets.cli.release_printing import print_release
    from museum_assets.releases.record import find, history

    with at_desk() as desk, desk.production.connect() as conn:
        number = release or live_one(conn, museum)
        found, moves = find(conn, museum, number), history(conn, museum, number)
    if json:
        print_json({**found, "history": moves})
    else:
        print_release(found, moves)


def live_one(conn: Connection, museum: str) -> int:
    """Return the number of the live release. Raises MuseumError when there is none."""
    from museum_assets.releases import commands
    from museum_assets.releases.record import live

    number = live(conn, museum)
    if number is None:
        raise MuseumError(f"no release of {museum} is live: see {commands.list_releases(museum)}")
    return number


@app.command()
def compare(
    museum: Museum,
    new: Annotated[int | None, typer.Argument(min=1, help="A release; the candidate when left out.")] = None,
    old: Annotated[
        int | None, typer.Argument(min=1, help="Compared with this one; the live one when left out.")
    ] = None,
    json: Json = False,
) -> None:
    """Say what a release, or the candidate, changes: added, changed, removed, with examples."""
    from museum_assets.cli.printing import print_json
    from museum_assets.cli.release_printing import print_changes
    from museum_assets.releases.promotion.preview import compare_releases
    from museum_assets.releases.promotion.summary import as_json

    with at_desk() as desk:
        changes = compare_releases(desk, museum, new, old)
    if json:
        print_json(as_json(changes))
        return
    before = f"release {old}" if old else "the live release"
    print_changes(f"{f'Release {new}' if new else 'The candidate'} of {museum} against {before}", changes)
