"""`museum release`: what is published, what would be, and moving between releases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from museum_assets.cli.dead_letters import printable, user
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS

if TYPE_CHECKING:
    from museum_assets.releases.workplace import Workplace

app = typer.Typer(
    name="release", help="Releases: validated, promoted in one step, rolled back in one.", no_args_is_help=True
)

ALL = (*MUSEUMS, *KIOSK_MUSEUMS)


def known(slug: str) -> str:
    """Return the museum. Raises BadParameter for an unknown one."""
    if slug not in ALL:
        raise typer.BadParameter(f"unknown museum {slug!r}: choose from {', '.join(ALL)}")
    return slug


Museum = Annotated[str, typer.Argument(callback=known, help=f"The museum: {', '.join(ALL)}.")]
Museums = Annotated[list[str] | None, typer.Option("--museum", "-m", help="Only this museum; repeatable.")]
By = Annotated[str | None, typer.Option("--by", help="Who does it; the user of this system when left out.")]
Why = Annotated[str, typer.Option("--why", help="Why; kept in the history.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def at_work() -> Iterator[Workplace]:
    """Open the place where releases are made, running the services for as long."""
    from museum_assets.cli.session import connected
    from museum_assets.releases.workplace import workplace

    with connected(for_runs=True) as settings:
        yield workplace(settings)


@app.command("list")
def list_(museum: Museums = None, json: Json = False) -> None:
    """List releases, newest first, and the drift that is accepted for the next one."""
    from museum_assets.cli.printing import print_json, print_table
    from museum_assets.cli.release_printing import release_line
    from museum_assets.releases.acceptances import standing
    from sql import query

    museums = [known(slug) for slug in museum or ALL]
    with at_work() as work, work.connections() as (ours, theirs):
        rows = theirs.execute(query("release_list"), {"museums": museums}).fetchall()
        accepted = [found | {"museum": slug} for slug in museums for found in standing(ours, slug).values()]
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
    museum: Museum, release: Annotated[int, typer.Argument(min=1, help="Its number.")], json: Json = False
) -> None:
    """Show everything known of one release, and when it was live."""
    from museum_assets.cli.printing import print_json, print_table
    from museum_assets.cli.release_printing import print_summary
    from museum_assets.releases.record import find, history

    with at_work() as work, work.production.connect() as conn:
        found, moves = find(conn, museum, release), history(conn, museum, release)
    if json:
        print_json({**found, "history": moves})
        return
    tables = [(name, count, found["checksums"].get(name)) for name, count in found["counts"].items()]
    apart = {"counts", "checksums", "summary", "forced", "slot"}
    facts = [(name, printable(str(value))) for name, value in found.items() if name not in apart and value]
    print_table(f"Release {release} of {museum}", ("fact", "value"), facts)
    print_table("Tables", ("table", "rows", "checksum"), tables)
    if found["forced"]:
        over = [
            (name, ", ".join(f"{key}: {value}" for key, value in said.items()))
            for name, said in found["forced"].items()
        ]
        print_table("Promoted over", ("finding", "who and why"), [(name, printable(text)) for name, text in over])
    if found["summary"]:
        print_summary("Against the release before", found["summary"])
    moved = [(f"{m['at']:%Y-%m-%d %H:%M:%S}", m["action"], m["from_release"], m["to_release"], printable(m["by"]),
              printable(m["why"])) for m in moves]  # fmt: skip
    print_table("History", ("at", "action", "from", "to", "by", "why"), moved)


@app.command()
def diff(
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
    from museum_assets.releases.promotion import between
    from museum_assets.releases.summary import as_json

    with at_work() as work:
        changes = between(work, museum, new, old)
    if json:
        print_json(as_json(changes))
        return
    before = f"release {old}" if old else "the live release"
    print_changes(f"{f'Release {new}' if new else 'The candidate'} of {museum} against {before}", changes)


@app.command()
def stage(museum: Museum, json: Json = False) -> None:
    """Make the candidate of a museum anew from staging, as the asset staging_database does."""
    from museum_assets.cli.printing import print_json, print_table
    from museum_assets.cli.run import tell_dagster
    from museum_assets.releases.candidate import make_candidate

    with at_work() as work:
        counts = make_candidate(work.platform, work.production, museum)
        tell_dagster("staging_database", museum, counts)
    if json:
        print_json(counts)
    else:
        print_table(f"The candidate of {museum}", ("table", "rows"), list(counts.items()))


@app.command()
def promote(
    museum: Museum,
    why: Annotated[str, typer.Option("--why", help="Why; kept with the release.")] = "",
    by: By = None,
    force: Annotated[bool, typer.Option("--force", help="Promote over drift against what is live.")] = False,
    force_invalid: Annotated[
        bool, typer.Option("--force-invalid", help="Promote over orphans, duplicates and inconsistent data.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and do nothing.")] = False,
    json: Json = False,
) -> None:
    """Make the candidate of a museum its next release: validated, built, verified, then live at once."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.cli.release_printing import print_changes, print_verdicts
    from museum_assets.cli.run import tell_dagster
    from museum_assets.releases.assets.metadata import promoted_metadata
    from museum_assets.releases.promotion import Request, preview
    from museum_assets.releases.promotion import promote as publish
    from museum_assets.releases.summary import as_json
    from museum_assets.releases.validation import against

    if dry_run:
        with at_work() as work:
            seen = preview(work, museum)
        stopped = against(seen.verdicts, force=force, force_invalid=force_invalid)
        if json:
            verdicts = {v.rule.name: {"passed": v.passed, "text": v.text, **v.finding.metadata} for v in seen.verdicts}
            print_json({"would_promote": not stopped, "rules": verdicts, "changes": as_json(seen.changes)})
        else:
            print_changes(f"{museum} would change", seen.changes)
            print_verdicts(seen.verdicts)
        raise typer.Exit(1 if stopped else 0)
    if not why.strip():
        raise typer.BadParameter("say why: --why is kept with the release")
    with at_work() as work:
        tell = (
            (lambda _: None) if json else (lambda line: console.print(printable(line), markup=False, highlight=False))
        )
        done = publish(work, Request(museum, by or user(), why, force, force_invalid), tell)
        tell_dagster("promoted_database", museum, promoted_metadata(done))
    if json:
        print_json({"release": done.release.id, "previous": done.previous, "committed_at": done.committed_at,
                    "changes": as_json(done.changes), "pruned": done.pruned, "not_pruned": done.left})  # fmt: skip
    else:
        print_verdicts(done.verdicts)
        print_changes(f"Release {done.release.id} of {museum} is live", done.changes)


@app.command()
def rollback(
    museum: Museum,
    why: Why,
    to: Annotated[
        int | None, typer.Option("--to", min=1, help="The release; the one live before when left out.")
    ] = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Show an earlier release again, at once."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.releases.rollback import rollback as go_back

    with at_work() as work:
        before, now = go_back(work.production, museum, to=to, by=by or user(), why=why)
    if json:
        print_json({"museum": museum, "previous": before, "release": now})
    else:
        console.print(f"release {now} of {museum} is live, {before or 'nothing'} was", highlight=False)


@app.command()
def retract(museum: Museum, why: Why, by: By = None, json: Json = False) -> None:
    """Take a museum out of production, alone; a rollback or a promotion brings it back."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.releases.rollback import retract as take_out

    with at_work() as work:
        before = take_out(work.production, museum, by=by or user(), why=why)
    if json:
        print_json({"museum": museum, "previous": before, "release": None})
    else:
        console.print(f"{museum} is out of production; release {before} was live", highlight=False)


@app.command()
def prune(museum: Museums = None, json: Json = False) -> None:
    """Remove releases beyond RELEASES_KEPT; readers do not notice."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.releases.retention import prune as remove

    told: list[str] = []
    with at_work() as work:
        gone = {slug: remove(work, slug, told.append) for slug in [known(slug) for slug in museum or ALL]}
    if json:
        print_json({"pruned": {slug: ids for slug, ids in gone.items() if ids}, "notes": told})
        return
    for line in told + [f"{slug}: pruned {', '.join(map(str, ids))}" for slug, ids in gone.items() if ids]:
        console.print(line, highlight=False)
    if not any(gone.values()):
        console.print("nothing to prune", highlight=False)


@app.command()
def accept(
    museum: Museum,
    finding: Annotated[str, typer.Argument(help="The drift that is expected, such as fewer_rows.")],
    why: Why,
    until: Annotated[str, typer.Option("--until", help="Until when: 2030-01-31, or 2030-01-31T12:00.")],
    by: By = None,
    json: Json = False,
) -> None:
    """Accept drift of the museum's next release in advance; it expires."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.releases.acceptances import accept as write
    from museum_assets.releases.acceptances import moment
    from museum_assets.releases.validation import DRIFTS

    if finding not in DRIFTS:
        raise typer.BadParameter(f"{finding!r} is no drift that can be accepted: choose from {', '.join(DRIFTS)}")
    with at_work() as work, work.platform.connect() as conn:
        number = write(conn, museum, finding, by=by or user(), why=why, until=moment(until))
    if json:
        print_json({"acceptance": number})
    else:
        console.print(f"{finding} is accepted for the next release of {museum}, until {until}", highlight=False)


@app.command("sync-schema")
def sync_schema(json: Json = False) -> None:
    """Make the candidate's tables like production's again, after a migration of production."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.releases.schema import synchronise

    with at_work() as work:
        lines = synchronise(work.platform, work.production, {"collection": MUSEUMS, "kiosk": KIOSK_MUSEUMS})
    if json:
        print_json({"differed": lines})
        return
    told = [*lines, "made anew: materialize staging_database again"] if lines else ["the tables are alike"]
    for line in told:
        console.print(printable(line), markup=False, highlight=False)
