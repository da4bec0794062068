"""`museum artists`: makers whom nobody is sure of, and what people decide over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from museum_assets.cli.corrections import say_next
from museum_assets.cli.options import By, Json

if TYPE_CHECKING:
    from museum_assets.enrichment.authority.decisions import Decision, Kind

app = typer.Typer(name="artists", help="Who makers are: open questions, and what people decided.", no_args_is_help=True)
Museums = Annotated[
    list[str] | None, typer.Option("--museum", "-m", help="Museum, repeatable or comma-separated; all otherwise.")
]


@app.command()
def questions(
    museum: Museums = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most makers to list.")] = 20,
    json: Json = False,
) -> None:
    """List makers that may be somebody, those with most works first, with the best candidates."""
    from museum_assets.cli.app import chosen
    from museum_assets.cli.dead_letters import printable
    from museum_assets.cli.printing import console, print_json, print_table
    from museum_assets.cli.session import connected
    from museum_assets.enrichment.authority.decisions import questions as open_questions
    from museum_assets.enrichment.authority.links import page_of

    with connected() as platform, platform.database().connect() as conn:
        rows = open_questions(conn, chosen(museum), limit)
        authority = platform.settings.reconciliation_authority
    if json:
        print_json(rows)
        return
    columns = ("maker", "name", "years", "nationality", "works", "may be")
    cells = ("maker_key", "name", "years", "nationality")
    lines = [
        (*(printable(str(row[cell] or "")) for cell in cells), str(row["works"]), _candidates(row)) for row in rows
    ]
    print_table("Makers that may be somebody", columns, lines)
    if rows:
        key, first = rows[0]["maker_key"], rows[0]["candidates"][0]["id"]
        if page := page_of(authority, first):
            console.print(f"{page} shows the first candidate", markup=False, highlight=False, soft_wrap=True)
        say = f'{rows[0]["questions"]:,} in all. `museum artists decide "{key}" accept {first} --why "…"` answers one'
        console.print(printable(say), markup=False, highlight=False, soft_wrap=True)


def _candidates(row: dict[str, Any]) -> str:
    from museum_assets.cli.dead_letters import printable

    def said(each: dict[str, Any]) -> str:
        years = f", {each.get('birth', '?')}–{each.get('death', '?')}" if "birth" in each or "death" in each else ""
        return f"{each['id']} {each['name']}{years}: {each['score']:.2f}"

    return printable("; ".join(map(said, row["candidates"][:3])))


@app.command()
def suggest(
    prefix: Annotated[str, typer.Argument(help="How the name begins, such as rembr.")], json: Json = False
) -> None:
    """Ask the authority for entries whose name begins so: the ids that `decide` takes."""
    from museum_assets.cli.dead_letters import printable
    from museum_assets.cli.printing import print_json, print_table
    from museum_assets.cli.session import connected
    from resources.reconciliation.opening import open_authority

    with connected() as platform, open_authority(platform) as client:
        found = client.suggest(prefix)
    if json:
        print_json(found)
        return
    lines = [tuple(printable(str(each.get(cell) or "")) for cell in ("id", "name", "description")) for each in found]
    print_table(f"At the authority: {printable(prefix)}", ("id", "name", "description"), lines)


def print_makers(title: str, makers: list[dict[str, Any]]) -> None:
    """Print an artwork's makers as a table, with the keys that `decide` takes."""
    from museum_assets.cli.dead_letters import printable
    from museum_assets.cli.printing import print_table

    columns = ("maker", "name", "qualifier", "years", "at the authority", "over all museums", "against it")
    lines = []
    for row in makers:
        years = f"{row['birth_year'] or '?'}–{row['death_year'] or '?'}"
        matched = f"{row['matched']} ({row['method']})" if row["matched"] else "a question" if row["question"] else ""
        joined = f"{row['joined']} ({row['joined_by']})" if row["joined"] else ""
        lived, against = "" if years == "?–?" else years, row["contradiction"] or ""
        cells = (row["maker_key"], row["name"], row["qualifier"] or "", lived, matched, joined, against)
        lines.append(tuple(map(printable, cells)))
    print_table(title, columns, lines)


@app.command()
def decide(
    maker: Annotated[str, typer.Argument(help="The maker's key, as `museum artists questions` shows it.")],
    verdict: Annotated[str, typer.Argument(help="accept, refuse, merge or split.")],
    about: Annotated[
        str,
        typer.Argument(help="An identity (Q5598, ulan:500011051 or a link); of merge and split the other maker's key."),
    ] = "",
    why: Annotated[str, typer.Option("--why", help="Why; kept with the decision.")] = "",
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="The last day on which it holds.")
    ] = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Decide who a maker is. No harvest, matching or other authority takes it back; refuse alone means nobody."""
    from museum_assets.cli.dead_letters import user
    from museum_assets.cli.printing import console, print_json
    from museum_assets.cli.session import connected
    from museum_assets.enrichment.authority.decisions import KINDS, museum_of
    from museum_assets.enrichment.authority.decisions import decide as make
    from museum_assets.enrichment.authority.stage import artist_identities

    if verdict not in KINDS:
        raise typer.BadParameter(f"{verdict!r} is none of {', '.join(KINDS)}")
    if not about and verdict != "refuse":
        raise typer.BadParameter(f"{verdict} needs an identity or a maker: museum artists decide smk:1 {verdict} …")
    with connected() as platform, platform.database().connect() as conn:
        authority = platform.settings.reconciliation_authority
        number = make(
            conn, maker, cast("Kind", verdict), about, authority=authority, why=why, by=by or user(), until=_day(until)
        )
    if json:
        print_json({"id": number, "maker_key": maker, "kind": verdict, "about": about})
        return
    console.print(f"decision {number}: {maker} {verdict} {about}".rstrip(), markup=False, highlight=False)
    say_next([artist_identities.again(museum_of(maker))])


def _day(text: str | None) -> Any:
    from datetime import date

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day such as 2027-06-30") from None


@app.command("decisions")
def list_(
    museum: Museums = None,
    contradicted: Annotated[
        bool, typer.Option("--contradicted", help="Only those that the data contradicts by now.")
    ] = False,
    all_: Annotated[bool, typer.Option("--all", help="Also those that were dropped.")] = False,
    json: Json = False,
) -> None:
    """List what people decided over makers, with what the data says against it by now."""
    from dataclasses import asdict

    from museum_assets.cli.app import chosen
    from museum_assets.cli.dead_letters import connection
    from museum_assets.cli.printing import print_json, print_table
    from museum_assets.enrichment.authority.decisions import decisions

    with connection() as conn:
        found = [each for each in decisions(conn, chosen(museum), dropped=all_) if each.news or not contradicted]
    if json:
        print_json([asdict(each) for each in found])
        return
    columns = ("id", "maker", "name", "decision", "until", "state", "by, when and why", "against it")
    print_table("Decisions over makers", columns, [_line(each) for each in found])


def _line(each: Decision) -> tuple[str, ...]:
    from museum_assets.cli.dead_letters import printable

    who = f"{each.by}, {each.made_at:%Y-%m-%d}: {each.why}"
    until = each.until.isoformat() if each.until else ""
    cells = (each.maker_key, each.name or "", f"{each.kind} {each.about}", until, each.state, who, each.news)
    return (str(each.id), *map(printable, cells))


@app.command()
def drop(
    ids: Annotated[
        list[int], typer.Argument(min=1, metavar="ID…", help="Numbers, as `museum artists decisions` shows them.")
    ],
    by: By = None,
    json: Json = False,
) -> None:
    """Take decisions back: the next run says again what the data says."""
    from museum_assets.cli.dead_letters import connection, user
    from museum_assets.cli.printing import console, print_json
    from museum_assets.enrichment.authority.decisions import drop as take_back
    from museum_assets.enrichment.authority.stage import artist_identities

    with connection() as conn:
        rows = take_back(conn, ids, by=by or user())
    if json:
        print_json(rows)
        return
    for row in rows:
        console.print(f"dropped {row['id']}: {row['kind']} of {row['record_id']}", markup=False, highlight=False)
    say_next(artist_identities.again(museum) for museum in dict.fromkeys(row["museum"] for row in rows))
