"""`museum release` with what moves releases: stage, validate, promote, rollback and the others.

What they do to a museum's release is told to Dagster too, so that the page of promoted_database shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from museum_assets.cli.dead_letters import printable, user
from museum_assets.cli.options import By, Json
from museum_assets.cli.release import Museum, Museums, Why, app, at_desk
from museum_assets.museums import BY_KIND

if TYPE_CHECKING:
    from museum_assets.releases.promotion.preview import Preview

__all__ = ["app"]

Force = Annotated[bool, typer.Option("--force", help="Promote over drift against what is live.")]
ForceInvalid = Annotated[
    bool, typer.Option("--force-invalid", help="Promote over orphans, duplicates and inconsistent data.")
]


@app.command()
def stage(museum: Museum, json: Json = False) -> None:
    """Make the candidate of a museum anew from staging, as materializing staging_database does."""
    from museum_assets.cli.printing import print_json, print_table
    from museum_assets.cli.run import tell_dagster
    from museum_assets.releases.staging.candidate import stage_candidate

    with at_desk() as desk:
        counts = stage_candidate(desk.platform, desk.production, museum)
        tell_dagster("staging_database", museum, counts)
    if json:
        print_json(counts)
    else:
        print_table(f"The candidate of {museum}", ("table", "rows"), list(counts.items()))


@app.command()
def preview(museum: Museum, force: Force = False, force_invalid: ForceInvalid = False, json: Json = False) -> None:
    """Say what a promotion would change and what stands against it; nothing is done. Exits with 1 when something does.

    With the options it says what a promotion with these would do.
    """
    show_preview(museum, force=force, force_invalid=force_invalid, as_json=json)


def show_preview(museum: str, *, force: bool, force_invalid: bool, as_json: bool) -> None:
    """Print what a promotion would do, and exit with 1 when it would be refused."""
    from museum_assets.cli.printing import print_json
    from museum_assets.cli.release_printing import print_changes, print_verdicts
    from museum_assets.releases.promotion import preview as previewing
    from museum_assets.releases.promotion.summary import as_json as changes_json
    from museum_assets.releases.rules import blocking_verdicts

    with at_desk() as desk:
        seen: Preview = previewing.preview(desk, museum)
    stopped = blocking_verdicts(seen.verdicts, force=force, force_invalid=force_invalid)
    if as_json:
        rules = {verdict.rule.name: verdict.as_json() for verdict in seen.verdicts}
        print_json({"would_promote": not stopped, "rules": rules, "changes": changes_json(seen.changes)})
    else:
        print_changes(f"{museum} would change", seen.changes)
        print_verdicts([verdict for verdict in seen.verdicts if not verdict.finding.passed])
    raise typer.Exit(1 if stopped else 0)


@app.command()
def validate(museum: Museum, json: Json = False) -> None:
    """Apply every rule to the candidate of a museum. Exits with 1 when one of them stands against a promotion."""
    from museum_assets.cli.printing import print_json
    from museum_assets.cli.release_printing import print_verdicts
    from museum_assets.releases.checks import validate as judge_all
    from museum_assets.releases.staging.candidate import made_at

    with at_desk() as desk, desk.candidate(museum) as candidate:
        made = made_at(candidate.platform, museum)
        verdicts = judge_all(candidate)
    valid = not any(verdict.blocks for verdict in verdicts)
    if json:
        rules = {verdict.rule.name: verdict.as_json() for verdict in verdicts}
        print_json({"museum": museum, "candidate_made_at": made, "valid": valid, "rules": rules})
    else:
        print_verdicts(verdicts)
    raise typer.Exit(0 if valid else 1)


@app.command()
def promote(
    museum: Museum,
    why: Annotated[str, typer.Option("--why", help="Why; kept with the release.")] = "",
    by: By = None,
    force: Force = False,
    force_invalid: ForceInvalid = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen, as preview does.")] = False,
    json: Json = False,
) -> None:
    """Make the candidate of a museum its next release: validated, built, verified, then live at once."""
    from museum_assets.cli.printing import print_json
    from museum_assets.cli.release_printing import line_sink, print_promotion
    from museum_assets.cli.run import tell_dagster
    from museum_assets.releases.assets.metadata import promoted_metadata
    from museum_assets.releases.promotion import promote as promotion
    from museum_assets.releases.promotion.request import PromotionRequest
    from museum_assets.releases.promotion.summary import as_json

    if dry_run:
        show_preview(museum, force=force, force_invalid=force_invalid, as_json=json)
    if not why.strip():
        raise typer.BadParameter('say why: add --why "…", which is kept with the release')
    request = PromotionRequest(museum, by or user(), why, force, force_invalid)
    with at_desk() as desk:
        done = promotion.promote(desk, request, line_sink(quiet=json))
        tell_dagster("promoted_database", museum, promoted_metadata(done, request))
    if json:
        print_json({"release": done.release.id, "previous": done.previous, "committed_at": done.committed_at,
                    "changes": as_json(done.changes), "warnings": done.warnings, "pruned": done.pruned,
                    "not_pruned": done.left})  # fmt: skip
    else:
        print_promotion(done)


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
    """Make an earlier release live again, at once."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.cli.run import tell_dagster
    from museum_assets.releases.assets.metadata import moved_metadata
    from museum_assets.releases.promotion.rollback import roll_back

    who = by or user()
    with at_desk() as desk:
        before, now = roll_back(desk.production, museum, to=to, by=who, why=why)
        made = moved_metadata("roll back", before, now, by=who, why=why)
        tell_dagster("promoted_database", museum, made, done="is rolled back")
    if json:
        print_json({"museum": museum, "previous": before, "release": now})
    else:
        was = f"release {before}" if before else "nothing"
        console.print(f"release {now} of {museum} is live, {was} was", highlight=False)


@app.command()
def retract(museum: Museum, why: Why, by: By = None, json: Json = False) -> None:
    """Take a museum out of production, alone; a rollback or a promotion brings it back."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.cli.run import tell_dagster
    from museum_assets.releases.assets.metadata import moved_metadata
    from museum_assets.releases.promotion import rollback as moving

    who = by or user()
    with at_desk() as desk:
        before = moving.retract(desk.production, museum, by=who, why=why)
        made = moved_metadata("retract", before, None, by=who, why=why)
        tell_dagster("promoted_database", museum, made, done="is retracted")
    if json:
        print_json({"museum": museum, "previous": before, "release": None})
    else:
        console.print(f"{museum} is out of production; release {before} was live", highlight=False)


@app.command()
def prune(museum: Museums = None, json: Json = False) -> None:
    """Remove releases beyond RELEASES_KEPT; readers do not notice."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.releases.promotion.retention import prune as prune_museum

    notes: list[str] = []
    with at_desk() as desk:
        gone = {slug: prune_museum(desk, slug, notes.append) for slug in museum or []}
    if json:
        print_json({"pruned": {slug: ids for slug, ids in gone.items() if ids}, "notes": notes})
        return
    for line in notes + [f"{slug}: pruned {', '.join(map(str, ids))}" for slug, ids in gone.items() if ids]:
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
    from museum_assets.releases.checks import DRIFTS
    from museum_assets.releases.staging import acceptances

    if finding not in DRIFTS:
        raise typer.BadParameter(f"{finding!r} is no drift that can be accepted: choose from {', '.join(DRIFTS)}")
    moment = acceptances.moment(until)
    with at_desk() as desk, desk.platform.connect() as conn:
        number = acceptances.accept(conn, museum, finding, by=by or user(), why=why, until=moment)
    if json:
        print_json({"acceptance": number})
    else:
        console.print(f"{finding} is accepted for the next release of {museum}, until {until}", highlight=False)


@app.command("sync-schema")
def sync_schema(json: Json = False) -> None:
    """Make the candidate's tables like production's again, after a migration of production; they are empty then."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.releases import schema

    with at_desk() as desk:
        lines = schema.sync_schema(desk.platform, desk.production, BY_KIND)
    if json:
        print_json({"differed": lines})
        return
    made = "made anew and empty: stage each museum again, such as with `museum release stage smk`"
    for line in [*lines, made] if lines else ["the tables are alike"]:
        console.print(printable(line), markup=False, highlight=False)
