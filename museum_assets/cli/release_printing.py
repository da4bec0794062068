"""How releases, summaries and verdicts look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from museum_assets.cli.dead_letters import printable
from museum_assets.cli.printing import console, print_table
from museum_assets.core.progress import OnLine, no_line
from museum_assets.releases.promotion.summary import HOWS, TableChange, as_json, example_line
from museum_assets.releases.staging.candidate import CORRECTIONS

if TYPE_CHECKING:
    from museum_assets.releases.promotion.promote import Promotion
    from museum_assets.releases.rules import Verdict


def release_line(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return a release as a line of `museum release list`."""
    corrected = f"corrections: {row['counts'][CORRECTIONS]}" if CORRECTIONS in row["counts"] else ""
    notes = "; ".join(filter(None, (row["message"], corrected, *row["warnings"])))
    texts = [printable(text) for text in (row["made_by"], row["why"], notes)]
    rows, live = row["counts"].get("artwork", row["counts"].get("exhibition")), "live" if row["live"] else ""
    made, forced = f"{row['made_at']:%Y-%m-%d %H:%M}", ", ".join(row["forced"])
    return (row["museum"], str(row["release_id"]), row["state"], live, made, *texts[:2], rows, forced, texts[2])


def print_summary(title: str, tables: dict[str, Any]) -> None:
    """Print a stored summary: counts per table, then the examples."""
    rows = [(name, *(table[how] for how in (*HOWS, "unchanged"))) for name, table in tables.items()]
    print_table(title, ("table", *HOWS, "unchanged"), rows)
    for name, table in tables.items():
        for how, examples in table["examples"].items():
            for row in examples:
                console.print(f"{name} {how}: {printable(example_line(row))}", markup=False, highlight=False)


def print_changes(title: str, changes: Sequence[TableChange]) -> None:
    """Print what changes."""
    print_summary(title, as_json(changes))


def print_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Print what rules said, those that hold included."""
    lines = [(v.rule.name, v.rule.kind, v.result, printable(v.text)) for v in verdicts]
    if lines:
        print_table("Rules", ("rule", "kind", "result", "why"), lines)


def print_promotion(done: Promotion) -> None:
    """Print what a promotion did: what it went over, what changed, what it pruned, and what it warns of."""
    print_verdicts([verdict for verdict in done.verdicts if not verdict.finding.passed and not verdict.finding.empty])
    print_changes(f"Release {done.release.id} of {done.release.museum} is live", done.changes)
    pruned = f"pruned: release {', '.join(map(str, done.pruned))}" if done.pruned else "pruned: nothing"
    for line in (done.left or pruned, *(f"warning: {warning}" for warning in done.warnings)):
        console.print(printable(line), markup=False, highlight=False)


def print_release(found: dict[str, Any], moves: Sequence[dict[str, Any]]) -> None:
    """Print everything known of one release."""
    tables = [(name, count, found["checksums"].get(name)) for name, count in found["counts"].items()]
    apart = {"counts", "checksums", "summary", "forced", "slot", "warnings"}
    facts = [(name, printable(str(value))) for name, value in found.items() if name not in apart and value]
    print_table(f"Release {found['release_id']} of {found['museum']}", ("fact", "value"), facts)
    for warning in found["warnings"]:
        console.print(f"warning: {printable(warning)}", markup=False, highlight=False)
    print_table("Tables", ("table", "rows", "checksum"), tables)
    if found["forced"]:
        over = [
            (name, printable(", ".join(f"{key}: {value}" for key, value in said.items())))
            for name, said in found["forced"].items()
        ]
        print_table("Promoted over", ("finding", "who and why"), over)
    if found["summary"]:
        print_summary("Against the release before", found["summary"])
    moved = [(f"{m['at']:%Y-%m-%d %H:%M:%S}", m["action"], m["from_release"], m["to_release"], printable(m["by"]),
              printable(m["why"])) for m in moves]  # fmt: skip
    print_table("History", ("at", "action", "from", "to", "by", "why"), moved)


def line_sink(*, quiet: bool) -> OnLine:
    """Return what prints lines of progress, or drops them."""
    return no_line if quiet else lambda line: console.print(printable(line), markup=False, highlight=False)
