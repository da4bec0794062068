"""`museum sources`: list the kinds of source, and print the records of one without storing anything."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from inspect import Parameter
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from museum_assets.cli.options import Json

if TYPE_CHECKING:
    from museum_assets.sources.connector import RecordRefusal, SourceRecord

app = typer.Typer(name="sources", help="The kinds of source, and what one of them holds.", no_args_is_help=True)

ROWS_SHOWN = 50


@app.command("list")
def list_(json: Json = False) -> None:
    """List the kinds of source with their options. An option without a default must be given."""
    from museum_assets.cli.printing import print_json, print_table
    from museum_assets.sources.registry import SOURCE_KINDS, options_of

    kinds = {kind: (make.__doc__ or "", options_of(kind)) for kind, make in SOURCE_KINDS.items()}
    if json:
        options = {kind: {name: _default(p) for name, p in given.items()} for kind, (_, given) in kinds.items()}
        print_json([{"source": kind, "holds": text, "options": options[kind]} for kind, (text, _) in kinds.items()])
        return
    rows = [
        (kind, ", ".join(f"{n}={_default(p)}" if _default(p) is not None else n for n, p in given.items()), text)
        for kind, (text, given) in kinds.items()
    ]
    print_table("Sources", ("source", "options", "holds"), rows)


def _default(parameter: Parameter) -> Any:
    return None if parameter.default is Parameter.empty else parameter.default


@app.command()
def extract(
    kind: Annotated[str, typer.Argument(help="Kind of source, such as s3; `museum sources list` shows them.")],
    options: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE", help="Options, such as address=s3://documents/smk/**.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many records.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, as they come.")] = False,
) -> None:
    """Read a source and print its records; nothing is stored. Exits with 1 when a record was refused."""
    from museum_assets.cli.session import connected
    from museum_assets.sources.registry import make_connector

    with connected() as platform:
        records = islice(make_connector(platform, kind, **parsed_options(options or [])).extract(), limit)
        refused = print_lines(records) if json else print_records(kind, records)
    raise typer.Exit(1 if refused else 0)


def parsed_options(options: list[str]) -> dict[str, str]:
    """Return {name: value} of options written NAME=VALUE. Raises BadParameter for any other text."""
    for option in options:
        if not option.partition("=")[0] or "=" not in option:
            raise typer.BadParameter(f"{option!r} is not NAME=VALUE")
    return {name: value for name, _, value in (option.partition("=") for option in options)}


def print_lines(records: Iterator[SourceRecord | RecordRefusal]) -> int:
    """Print a line of JSON for each record {place, value} and refusal {place, code, message, context}.

    Returns the number of refusals.
    """
    import orjson

    from museum_assets.sources.connector import SourceRecord

    refused = 0
    for each in records:
        if isinstance(each, SourceRecord):
            line: dict[str, Any] = {"place": each.place, "value": dict(each.value)}
        else:
            refused += 1
            line = {"place": each.place, "code": each.code, "message": each.message, "context": dict(each.context)}
        sys.stdout.write(orjson.dumps(line, default=str).decode() + "\n")
    return refused


def print_records(kind: str, read: Iterator[SourceRecord | RecordRefusal]) -> int:
    """Print the first records and the first refusals, at most ROWS_SHOWN of each, and the counts of both.

    Returns the number of refusals.
    """
    import orjson

    from museum_assets.cli.printing import console, print_table
    from museum_assets.notices.notice import one_line
    from museum_assets.sources.connector import SourceRecord

    counts: Counter[str] = Counter()
    records: list[tuple[str, str]] = []
    refusals: list[tuple[str, str, str]] = []
    for each in read:
        counts["records" if isinstance(each, SourceRecord) else "refused"] += 1
        if isinstance(each, SourceRecord) and len(records) < ROWS_SHOWN:
            records.append((one_line(each.place), one_line(orjson.dumps(dict(each.value), default=str).decode(), 120)))
        elif not isinstance(each, SourceRecord) and len(refusals) < ROWS_SHOWN:
            refusals.append((one_line(each.place), each.code, one_line(each.message)))
    print_table(f"{kind}: the first {len(records)} records", ("place", "value"), records)
    if refusals:
        print_table(f"The first {len(refusals)} that were refused", ("place", "code", "message"), refusals)
    console.print(f"{counts['records']:,} records, {counts['refused']:,} refused", highlight=False)
    return counts["refused"]
