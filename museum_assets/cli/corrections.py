"""`museum correct` and `museum corrections`: what a curator corrects stays corrected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from museum_assets.cli.options import By, Json
from museum_assets.core.failures import MuseumError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from museum_assets.collection.corrections.listing import Correction
    from museum_assets.collection.corrections.make import Made
    from museum_assets.collection.corrections.request import Request

app = typer.Typer()
made = typer.Typer(
    name="corrections", help="What curators corrected, and what the museums say by now.", no_args_is_help=True
)
app.add_typer(made)

Ids = Annotated[
    list[int], typer.Argument(min=1, metavar="ID…", help="Numbers, as `museum corrections list` shows them.")
]


@app.command()
def correct(
    artwork: Annotated[
        str | None, typer.Argument(help="museum:object_number, such as smk:KMS1; the museum alone for a term.")
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FIELD=VALUE",
            help="Such as title=Winter, several texts with ; between them. Or exclude, wins, term:WORD=painting.",
        ),
    ] = None,
    why: Annotated[str, typer.Option("--why", help="Why; kept with the correction.")] = "",
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="The last day on which it holds.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Many at once: CSV or JSON with artwork, field, value, why, until.")
    ] = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Correct an artwork: no harvest takes it back. The next transform applies it."""
    from museum_assets.cli.dead_letters import connection, user
    from museum_assets.collection.corrections.make import correct as make
    from museum_assets.collection.corrections.request import read_file

    if file is not None:
        if artwork or values:
            raise typer.BadParameter("--file says which artworks: leave out the rest")
        requests = read_file(file, why=why, until=until)
    else:
        requests = _asked(artwork, values or [], why, until)
    with connection() as conn:
        found = make(conn, requests, by=by or user())
    _print_made(found, as_json=json)


def _asked(artwork: str | None, values: list[str], why: str, until: str | None) -> list[Request]:
    from museum_assets.collection.corrections.request import DECISIONS, FIELDS, from_text, requested

    if artwork is None or not values:
        fields = ", ".join((*FIELDS, *DECISIONS))
        raise typer.BadParameter(f"say what of which artwork: smk:KMS1 title=Winter; or --file. There are {fields}")
    pairs = [(name.strip(), given, text) for name, given, text in (each.partition("=") for each in values)]
    for name, given, _ in pairs:
        if not given and name not in DECISIONS:
            raise typer.BadParameter(f"{name!r} is not FIELD=VALUE, such as title=Winter")
        if [other for other, _, _ in pairs].count(name) > 1:
            raise typer.BadParameter(f"{name} is given twice")
    return [requested(artwork, name, from_text(name, text), why=why, until=until) for name, _, text in pairs]


def _print_made(found: list[Made], *, as_json: bool) -> None:
    from dataclasses import asdict

    from museum_assets.cli.dead_letters import printable
    from museum_assets.cli.printing import console, print_json
    from museum_assets.collection.artworks.stage import transformed_artworks
    from museum_assets.collection.corrections.listing import shown

    if as_json:
        print_json([asdict(each) for each in found])
        return
    for each in found:
        what = f"{each.field}: {shown(each.replaced)} → {shown(each.value)}" if each.field else each.kind
        state = "unchanged" if each.unchanged else f"correction {each.id}"
        note = f" ({each.note})" if each.note else ""
        console.print(printable(f"{state}: {each.name} {what}{note}"), markup=False, highlight=False, soft_wrap=True)
    museums = dict.fromkeys(each.name.partition(":")[0] for each in found if not each.unchanged)
    say_next(transformed_artworks.again(museum) for museum in museums)


def say_next(commands: Iterable[str]) -> None:
    """Print the commands that apply at once what was just decided."""
    from museum_assets.cli.printing import console

    for command in commands:
        console.print(f"{command} applies it at once, the next run in any case", markup=False, highlight=False)


@made.command("list")
def list_(
    museum: Annotated[
        list[str] | None, typer.Option("--museum", "-m", help="Museum, repeatable or comma-separated; all otherwise.")
    ] = None,
    changed: Annotated[bool, typer.Option("--changed", help="Only where the museum says something new.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Also those that were dropped.")] = False,
    json: Json = False,
) -> None:
    """List corrections, with what the museum says now; keep, drop and review take one further."""
    from dataclasses import asdict

    from museum_assets.cli.app import chosen
    from museum_assets.cli.dead_letters import connection
    from museum_assets.cli.printing import print_json
    from museum_assets.collection.corrections.listing import corrections

    museums = chosen(museum)
    with connection() as conn:
        found = [each for each in corrections(conn, museums, dropped=all_) if each.news or not changed]
    if json:
        print_json([asdict(each) for each in found])
    else:
        print_corrections("Corrections", found)


def print_corrections(title: str, found: Iterable[Correction]) -> None:
    """Print corrections as a table."""
    from museum_assets.cli.printing import print_table

    columns = ("id", "artwork", "what", "the museum says", "corrected to", "until", "state", "by, when and why", "news")
    print_table(title, columns, [_line(each) for each in found])


def _line(each: Correction) -> tuple[Any, ...]:
    from museum_assets.cli.dead_letters import printable
    from museum_assets.collection.corrections.listing import shown

    named = each.object_number or each.record_id
    artwork = f"{each.museum}:{named}" if named else each.museum
    own, value = (
        (shown(each.source), shown(each.value)) if each.field else ("", shown(each.value) if each.value else "")
    )
    what = f"term: {each.field}" if each.kind == "term" else each.field or each.kind
    texts = [printable(text) for text in (artwork, what, own, value)]
    who = printable(f"{each.by}, {each.made_at:%Y-%m-%d}: {each.why}")
    until = each.until.isoformat() if each.until else ""
    return (str(each.id), *texts, until, each.state, who, printable(each.news))


@made.command()
def drop(ids: Ids, by: By = None, json: Json = False) -> None:
    """Take corrections back: the next transform reads what the museum says."""
    from museum_assets.cli.dead_letters import connection, user
    from museum_assets.cli.printing import console, print_json
    from museum_assets.collection.artworks.stage import transformed_artworks
    from museum_assets.collection.corrections.make import drop as take_back

    with connection() as conn:
        rows = take_back(conn, ids, by=by or user())
    if json:
        print_json(rows)
        return
    for row in rows:
        console.print(f"dropped {row['id']}: {row['museum']}:{row['record_id']} {row['field'] or row['kind']}",
                      markup=False, highlight=False)  # fmt: skip
    say_next(transformed_artworks.again(museum) for museum in dict.fromkeys(row["museum"] for row in rows))


@made.command()
def keep(ids: Ids, json: Json = False) -> None:
    """Keep corrections over what the museum says now: they are news again when it changes once more."""
    from museum_assets.cli.dead_letters import connection
    from museum_assets.cli.printing import console, print_json
    from museum_assets.collection.corrections.listing import shown, standing
    from museum_assets.collection.corrections.make import keep as note_seen

    with connection() as conn:
        found = standing(conn, ids)
        if wrong := [each.id for each in found if not each.field]:
            raise MuseumError(
                f"correction {wrong[0]} is none of a field: there is nothing that the museum could change"
            )
        note_seen(conn, {each.id: each.source for each in found})
    if json:
        print_json([{"id": each.id, "seen": each.source} for each in found])
        return
    for each in found:
        console.print(f"kept {each.id}: {shown(each.value)}, over {shown(each.source)}", markup=False, highlight=False)


@made.command()
def review(
    number: Annotated[int, typer.Argument(min=1, metavar="ID", help="The correction.")], json: Json = False
) -> None:
    """Show everything known of one correction, and of those before it on the same field."""
    from dataclasses import asdict

    from museum_assets.cli.dead_letters import connection, printable
    from museum_assets.cli.printing import print_json, print_table
    from museum_assets.collection.corrections.listing import corrections, shown
    from museum_assets.museums import MUSEUMS

    with connection() as conn:
        found = corrections(conn, MUSEUMS, dropped=True, ids=[number])
        if not found:
            raise MuseumError(f"there is no correction {number}: `museum corrections list --all` lists them")
        (each,) = found
        history = [
            other for other in corrections(conn, [each.museum], dropped=True, record_id=each.record_id)
            if (other.kind, other.field) == (each.kind, each.field) and other.id != number
        ]  # fmt: skip
    if json:
        print_json({**asdict(each), "others": [asdict(other) for other in history]})
        return
    values = {"value", "replaced", "source"}
    rows = [(name, printable(shown(value) if name in values else str(value))) for name, value in asdict(each).items()
            if value not in (None, "") or name in values]  # fmt: skip
    print_table(f"Correction {number}", ("fact", "value"), rows)
    if history:
        print_corrections("Others of the same", history)
