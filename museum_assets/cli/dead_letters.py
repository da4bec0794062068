"""`museum dead-letters`: what a person must look at, listed, shown, replayed and closed."""

from __future__ import annotations

import base64
import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from museum_assets.failures import MuseumError

if TYPE_CHECKING:
    from museum_assets.dead_letters.letters import Chosen, StoredLetter
    from resources.postgres import Connection

app = typer.Typer(
    name="dead-letters", help="What was refused and waits for a person, with its bytes.", no_args_is_help=True
)

SHOWN_BYTES = 8192
"""Of a body on a terminal; --json gives all of it."""
LARGEST = 2**63 - 1

Source = Annotated[str | None, typer.Option("--source", help="Only of this source, such as kiosk_stream.")]
Museum = Annotated[str | None, typer.Option("--museum", "-m", help="Only of this museum.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Only with this reason, such as unknown_site.")]
Ids = Annotated[list[int] | None, typer.Argument(min=1, max=LARGEST, help="Only the letters with these numbers.")]
By = Annotated[str | None, typer.Option("--by", help="Who does it; the user of this system when left out.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(
    source: Source = None,
    museum: Museum = None,
    reason: Reason = None,
    state: Annotated[str, typer.Option("--state", help="open, replayed, closed or all.")] = "open",
    limit: Annotated[int, typer.Option(min=1, help="At most this many, newest first.")] = 50,
    json: Json = False,
) -> None:
    """List dead letters, newest first, and count them by reason."""
    from museum_assets.cli.printing import console, print_json, print_table
    from museum_assets.dead_letters.letters import Chosen, count_letters, list_letters, reasons_of

    states = {"open": "open", "replayed": "replayed", "closed": "closed", "all": None}
    if state not in states:
        raise typer.BadParameter(f"unknown state {state!r}: choose from {', '.join(states)}")
    chosen = Chosen(source, museum, reason, state=states[state])
    with connection() as conn:
        rows, total, reasons = list_letters(conn, chosen, limit), count_letters(conn, chosen), reasons_of(conn, chosen)
    if json:
        print_json({"total": total, "reasons": reasons, "letters": rows})
        return
    columns = ("id", "source", "museum", "place", "reasons", "bytes", "state", "arrived", "replays", "message")
    print_table(f"Dead letters: {len(rows)} of {total}", columns, [_row(row) for row in rows])
    if reasons:
        counts = [(printable(row["reason"]), row["letters"], printable(row["example"])) for row in reasons]
        print_table("By reason", ("reason", "letters", "example"), counts)
    if rows:
        console.print("`museum dead-letters show ID` prints one with its bytes", highlight=False)


def _row(row: dict[str, Any]) -> tuple[Any, ...]:
    texts = {name: printable(row[name] or "") for name in ("source", "museum", "place", "message")}
    reasons = printable(", ".join(row["reasons"]))
    arrived = f"{row['arrived_at']:%Y-%m-%d %H:%M:%S}"
    return (str(row["id"]), texts["source"], texts["museum"], texts["place"], reasons, row["bytes"], row["state"],
            arrived, row["replays"], texts["message"])  # fmt: skip


@app.command()
def show(
    number: Annotated[int, typer.Argument(min=1, max=LARGEST, metavar="ID", help="The letter's number.")],
    json: Json = False,
) -> None:
    """Show one dead letter with its bytes: as text when they are UTF-8, otherwise in hexadecimal."""
    from museum_assets.cli.printing import console, print_json, print_table
    from museum_assets.dead_letters.letters import Chosen, page_of

    with connection() as conn:
        found = page_of(conn, Chosen(ids=[number], state=None))
    if not found:
        raise MuseumError(f"there is no dead letter {number}: `museum dead-letters list --state all` shows them")
    letter = found[0]
    if json:
        print_json(as_json(letter))
        return
    values = {name: value for name, value in as_json(letter).items() if not name.startswith("body")}
    rows = [(name, printable(_plain(value))) for name, value in values.items() if value not in (None, {}, [])]
    print_table(f"Dead letter {letter.id}", ("field", "value"), rows)
    console.print(f"{len(letter.body)} bytes:", highlight=False)
    console.print(body_text(letter.body), markup=False, highlight=False, soft_wrap=True)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}={item}" for name, item in value.items())
    return str(value)


@app.command()
def replay(
    ids: Ids = None, source: Source = None, museum: Museum = None, reason: Reason = None, json: Json = False
) -> None:
    """Send open dead letters through their source's rules once more; those that pass are settled."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.cli.session import connected
    from museum_assets.dead_letters.replay import replay_letters
    from resources.platform import database

    chosen = some(ids, source, museum, reason)
    with connected() as settings:
        done = replay_letters(database(settings), chosen, user())
    if json:
        print_json({"replayed": done.replayed, "refused": done.refused, "due": done.due})
        return
    due = f", {done.due} made due for the next run of their stage" if done.due else ""
    console.print(f"{done.replayed} replayed, {done.refused} refused again{due}", highlight=False)


@app.command()
def close(
    note: Annotated[str, typer.Option("--note", help="Why they need no replay; kept with each letter.")],
    ids: Ids = None,
    source: Source = None,
    museum: Museum = None,
    reason: Reason = None,
    by: By = None,
    json: Json = False,
) -> None:
    """Close open dead letters that need no replay, saying who and why."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.dead_letters.letters import close_letters

    chosen = some(ids, source, museum, reason)
    if not note.strip():
        raise typer.BadParameter("say why: --note must not be empty")
    with connection() as conn:
        count = close_letters(conn, chosen, by or user(), note)
    if json:
        print_json({"closed": count})
    else:
        console.print(f"{count} closed", highlight=False)


def some(ids: list[int] | None, source: str | None, museum: str | None, reason: str | None) -> Chosen:
    """Return the filter. Raises BadParameter when it would choose every letter there is."""
    from museum_assets.dead_letters.letters import Chosen

    chosen = Chosen(source, museum, reason, ids or None)
    if chosen == Chosen():
        raise typer.BadParameter("say which letters: numbers, --source, --museum or --reason")
    return chosen


@contextmanager
def connection() -> Iterator[Connection]:
    """Open a connection to the platform's database, running the services for as long."""
    from museum_assets.cli.session import connected
    from resources.platform import database

    with connected() as settings, database(settings).connect() as conn:
        yield conn


def user() -> str:
    """Return the user of this system, who answers for what is settled."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown user"


def as_json(letter: StoredLetter) -> dict[str, Any]:
    """Return a letter for JSON: `body` when it is UTF-8, otherwise `body_base64`."""
    values = {name: getattr(letter, name) for name in type(letter).__slots__ if name != "body"}
    try:
        return {**values, "body": letter.body.decode("utf-8")}
    except UnicodeDecodeError:
        return {**values, "body_base64": base64.b64encode(letter.body).decode("ascii")}


def body_text(body: bytes, limit: int = SHOWN_BYTES) -> str:
    """Return bytes as a terminal may be shown them: UTF-8 text with its control characters escaped, or hexadecimal.

    At most so many characters or bytes; the last line then says how many are left out.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        shown = "\n".join(_hex_line(body, at) for at in range(0, min(len(body), limit), 16))
        left = len(body) - limit
    else:
        shown, left = printable(text[:limit], lines=True), len(text) - limit
    return shown + (f"\n… {left:,} more: --json shows all" if left > 0 else "")


def _hex_line(body: bytes, at: int) -> str:
    part = body[at : at + 16]
    text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
    return f"{at:08x}  {part.hex(' '):<47}  {text}"


def printable(text: str, *, lines: bool = False) -> str:
    """Escape what is no printable character: it could move the cursor, change the title or turn the text around."""
    kept = "\n\t" if lines else ""
    return "".join(c if c.isprintable() or c in kept else c.encode("unicode_escape").decode("ascii") for c in text)
