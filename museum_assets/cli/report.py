"""`museum status`, `museum where` and `museum try`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape

from museum_assets import catalogue
from museum_assets.cli.artists import print_makers
from museum_assets.cli.corrections import print_corrections
from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.cli.session import connected
from museum_assets.core.failures import Malformed, MuseumError, Rejected
from museum_assets.museums import museum
from museum_assets.museums.artwork import Artwork


def show_status(museums: list[str], *, as_json: bool) -> None:
    """Print the state of these museums at every stage."""
    from museum_assets.loop.status import status

    with connected() as platform, platform.database().connect() as conn:
        rows = status(platform, conn, catalogue.stages(), museums)
    if as_json:
        print_json(rows)
        return
    columns = ("museum", "stage", "inputs", "done", "pending", "rejected", "duplicate", "failed", "why")
    print_table("Collections", columns, [_status_row(row) for row in rows])


def _status_row(row: dict[str, Any]) -> tuple[Any, ...]:
    reasons = {**row.get("rejected_by_code", {}), **row["failed_by_code"]}
    why = ", ".join(f"{code} {count}" for code, count in reasons.items())
    if "harvest" in row:
        why = "; ".join(filter(None, (f"harvest {row['harvest']}", why)))
    failed = row["failed"] + row.get("retrying", 0)
    pending, rejected, duplicate = (row.get(name, 0) for name in ("pending", "rejected", "duplicate"))
    return (row["museum"], row["stage"], row["inputs"], row["done"], pending, rejected, duplicate, failed, why)


def show_where(name: str, *, as_json: bool) -> None:
    """Print the story of the records of this name."""
    from museum_assets.collection.stages import STAGES
    from museum_assets.collection.where import where
    from museum_assets.enrichment.authority.decisions import makers_of

    with connected() as platform, platform.database().connect() as conn:
        stories = where(conn, name, [spec for spec in STAGES if not spec.inactive(platform.settings)])
        for story in stories:
            story["makers"] = makers_of(conn, story["museum"], story.get("object_number"))
    if as_json:
        print_json(stories)
        return
    for story in stories:
        named = f"{story['museum']}:{story.get('object_number') or '?'}"
        title = f"{named} · record {story['record_id']} · {story.get('title') or ''}"
        if story.get("withdrawn_at"):
            title += f" · withdrawn {story['withdrawn_at']:%Y-%m-%d}: {story['withdrawn_reason']}"
        if story.get("text_repairs"):
            title += f" · repaired: {', '.join(story['text_repairs'])}"
        rows = [_step_row(step) for step in story["steps"]]
        print_table(title, ("stage", "state", "code or output", "last attempt", "input", "why, and what next"), rows)
        if story["corrections"]:
            print_corrections(f"Corrections of {named}", story["corrections"])
        if story["makers"]:
            print_makers(f"Makers of {named}", story["makers"])


def _step_row(step: dict[str, Any]) -> tuple[Any, ...]:
    made, why = step["code"] or step["output"], step["message"] or step["next_action"]
    return (step["stage"], step["state"], made, step["attempted_at"], step["input_hash"], why)


def show_try(slug: str, file: Path, *, as_json: bool) -> int:
    """Print what one raw record reads as; 0 for an artwork, 1 for a rejection."""
    chosen = museum(slug)
    try:
        body = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise MuseumError(f"{file} is not one record in UTF-8. Add --all when it is a file of many records") from error
    except OSError as error:
        raise MuseumError(f"{file} cannot be read: {error}") from error
    judged: Artwork | Sequence[Rejected | Malformed]
    try:
        judged = chosen.judge(chosen.payload(body))
    except (Rejected, Malformed) as rejection:
        judged = [rejection]
    if not isinstance(judged, Artwork):
        if as_json:
            reasons = [{"rejected": each.code, "message": str(each)} for each in judged]
            print_json(reasons[0] | {"reasons": reasons})
        else:
            for each in judged:
                console.print(f"[bold red]rejected[/] {escape(f'{each.code}: {each}')}", highlight=False)
        return 1
    if as_json:
        print_json({"artwork": judged.model_dump(mode="json")})
    else:
        fields = judged.model_dump(mode="json").items()
        rows = [
            (name, ", ".join(value) if isinstance(value, list) else str(value if value is not None else ""))
            for name, value in fields
        ]
        print_table(f"An artwork of {chosen.name}", ("field", "value"), rows)
    return 0
