"""How releases, summaries and verdicts look on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from museum_assets.cli.dead_letters import printable
from museum_assets.cli.printing import console, print_table
from museum_assets.releases.summary import HOWS, Change, as_json, told
from museum_assets.releases.validation import Verdict


def release_line(row: dict[str, Any]) -> tuple[Any, ...]:
    """Return a release as a line of `museum release list`."""
    texts = [printable(row[name] or "") for name in ("made_by", "why", "message")]
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
                console.print(f"{name} {how}: {printable(told(row))}", markup=False, highlight=False)


def print_changes(title: str, changes: Sequence[Change]) -> None:
    """Print what changes."""
    print_summary(title, as_json(changes))


def print_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Print the rules that did not pass, those that somebody accepted among them."""
    failed = [(v.rule.name, v.rule.kind, "accepted" if v.passed else "fails", printable(v.text))
              for v in verdicts if not v.finding.passed]  # fmt: skip
    if failed:
        print_table("Rules", ("rule", "kind", "result", "why"), failed)
