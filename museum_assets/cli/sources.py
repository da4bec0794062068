"""`museum sources`: which kinds of source there are, and what one of them holds, read without leaving a trace."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from inspect import Parameter
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from museum_assets.sources.connector import Record, Refusal

app = typer.Typer(name="sources", help="What records can be read from, by kind.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(json: Json = False) -> None:
    """List the kinds of source with their options; those without a default must be given."""
    from museum_assets.cli.printing import print_json, print_table
    from museum_assets.sources.registry import KINDS, options_of

    kinds = {kind: (make.__doc__ or "", options_of(kind)) for kind, make in KINDS.items()}
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
    """Read a source and print what it holds; nothing is stored. Exits with 1 when a record was refused."""
    from museum_assets.cli.session import connected
    from museum_assets.sources.registry import connector

    with connected() as settings:
        found = islice(connector(settings, kind, **given(options or [])).extract(), limit)
        refused = print_lines(found) if json else print_records(kind, found)
    raise typer.Exit(1 if refused else 0)


def given(options: list[str]) -> dict[str, str]:
    """Return options by name. Raises BadParameter for one that is none."""
    for option in options:
        if not option.partition("=")[0] or "=" not in option:
            raise typer.BadParameter(f"{option!r} is not NAME=VALUE")
    return {name: value for name, _, value in (option.partition("=") for option in options)}


def print_lines(found: Iterator[Record | Refusal]) -> int:
    """Print JSON lines: {place, value} of a record, {place, code, message, context} of a refusal; count the latter."""
    import orjson

    from museum_assets.sources.connector import Record

    refused = 0
    for each in found:
        if isinstance(each, Record):
            line: dict[str, Any] = {"place": each.place, "value": dict(each.value)}
        else:
            refused += 1
            line = {"place": each.place, "code": each.code, "message": each.message, "context": dict(each.context)}
        sys.stdout.write(orjson.dumps(line, default=str).decode() + "\n")
    return refused


SHOWN = 50


def print_records(kind: str, found: Iterator[Record | Refusal]) -> int:
    """Print a table of the first records, of all refusals up to as many, and the count of both; count the latter."""
    import orjson

    from museum_assets.cli.printing import console, print_table
    from museum_assets.notices.notice import one_line
    from museum_assets.sources.connector import Record

    counts: Counter[str] = Counter()
    records: list[tuple[str, str]] = []
    refusals: list[tuple[str, str, str]] = []
    for each in found:
        counts["records" if isinstance(each, Record) else "refused"] += 1
        if isinstance(each, Record) and len(records) < SHOWN:
            records.append((one_line(each.place), one_line(orjson.dumps(dict(each.value), default=str).decode(), 120)))
        elif not isinstance(each, Record) and len(refusals) < SHOWN:
            refusals.append((one_line(each.place), each.code, one_line(each.message)))
    print_table(f"{kind}: the first {len(records)} records", ("place", "value"), records)
    if refusals:
        print_table(f"The first {len(refusals)} that were refused", ("place", "code", "message"), refusals)
    console.print(f"{counts['records']:,} records, {counts['refused']:,} refused", highlight=False)
    return counts["refused"]
