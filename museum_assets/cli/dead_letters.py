"""`museum dead-letters`: list, show, replay and close what was refused."""

from __future__ import annotations

import base64
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from museum_assets.cli.options import Json
from museum_assets.core.failures import MuseumError

if TYPE_CHECKING:
    from museum_assets.dead_letters.letters import LetterFilter, StoredLetter
    from resources.postgres import Connection

app = typer.Typer(
    name="dead-letters", help="Records and files that were refused, kept for a person.", no_args_is_help=True
)

SHOWN_BYTES = 8192
"""How much of a body a terminal is shown; --json gives all of it."""
LARGEST_ID = 2**63 - 1

SourceOption = Annotated[str | None, typer.Option("--source", help="Only of this source, such as kiosk_stream.")]
MuseumOption = Annotated[str | None, typer.Option("--museum", "-m", help="Only of this museum.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Only with this reason, such as unknown_site.")]
IdsArgument = Annotated[
    list[int] | None, typer.Argument(min=1, max=LARGEST_ID, help="Only the letters with these numbers.")
]
ByOption = Annotated[str | None, typer.Option("--by", help="Who closes them; by default this system's user.")]


@app.command("list")
def list_(
    source: SourceOption = None,
    museum: MuseumOption = None,
    reason: ReasonOption = None,
    state: Annotated[str, typer.Option("--state", help="open, replayed, closed or all.")] = "open",
    limit: Annotated[int, typer.Option(min=1, help="At most this many, newest first.")] = 50,
    json: Json = False,
) -> None:
    """List dead letters, newest first, and count them by reason."""
    from museum_assets.cli.printing import console, print_json, print_table
    from museum_assets.dead_letters.letters import LetterFilter, count_by_reason, count_letters, list_letters

    states = {"open": "open", "replayed": "replayed", "closed": "closed", "all": None}
    if state not in states:
        raise typer.BadParameter(f"unknown state {state!r}: choose from {', '.join(states)}")
    wanted = LetterFilter(source, museum, reason, state=states[state])
    with connection() as conn:
        rows, total, reasons = (
            list_letters(conn, wanted, limit),
            count_letters(conn, wanted),
            count_by_reason(conn, wanted),
        )
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
    texts = {name: printable(row[name] or "") for name in ("source", "museum", "message")}
    texts["place"] = printable(row["key"] or row["place"])
    reasons = printable(", ".join(row["reasons"]))
    arrived = f"{row['arrived_at']:%Y-%m-%d %H:%M:%S}"
    return (str(row["id"]), texts["source"], texts["museum"], texts["place"], reasons, row["bytes"], row["state"],
            arrived, row["replays"], texts["message"])  # fmt: skip


@app.command()
def show(
    number: Annotated[int, typer.Argument(min=1, max=LARGEST_ID, metavar="ID", help="The letter's number.")],
    json: Json = False,
) -> None:
    """Show one dead letter with its bytes: as text when they are UTF-8, otherwise in hexadecimal."""
    from museum_assets.cli.printing import console, print_json, print_table
    from museum_assets.dead_letters.letters import LetterFilter, next_page

    with connection() as conn:
        letters = next_page(conn, LetterFilter(ids=[number], state=None))
    if not letters:
        raise MuseumError(f"there is no dead letter {number}: `museum dead-letters list --state all` lists them")
    letter = letters[0]
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
    ids: IdsArgument = None,
    source: SourceOption = None,
    museum: MuseumOption = None,
    reason: ReasonOption = None,
    json: Json = False,
) -> None:
    """Put open dead letters through their source's rules once more; those that pass are settled."""
    from museum_assets.catalogue import letter_sources
    from museum_assets.cli.printing import console, print_json
    from museum_assets.cli.session import connected
    from museum_assets.dead_letters.replay import replay_letters

    wanted = letter_filter(ids, source, museum, reason)
    with connected() as platform:
        done = replay_letters(platform.database(), letter_sources(), wanted, user())
    if json:
        print_json({"replayed": done.replayed, "refused": done.refused, "due": done.due})
        return
    due = f", {done.due} made due for the next run of their stage" if done.due else ""
    console.print(f"{done.replayed} replayed, {done.refused} refused again{due}", highlight=False)


@app.command()
def close(
    ids: IdsArgument = None,
    note: Annotated[str, typer.Option("--note", help="Why they need no replay; asked for when left out.")] = "",
    source: SourceOption = None,
    museum: MuseumOption = None,
    reason: ReasonOption = None,
    by: ByOption = None,
    json: Json = False,
) -> None:
    """Close open dead letters that need no replay, saying who and why."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.dead_letters.letters import close_letters

    wanted = letter_filter(ids, source, museum, reason)
    note = note.strip() or asked_note()
    with connection() as conn:
        count = close_letters(conn, wanted, by or user(), note)
    if json:
        print_json({"closed": count})
    else:
        console.print(f"{count} closed", highlight=False)


def asked_note() -> str:
    """Return the note that is typed at the terminal. Raises BadParameter for no note, or where nobody can type one."""
    if sys.stdin.isatty() and (note := typer.prompt("Why do they need no replay?", default="").strip()):
        return str(note)
    raise typer.BadParameter('say why they need no replay: add --note "…", which is kept with each letter')


def letter_filter(ids: list[int] | None, source: str | None, museum: str | None, reason: str | None) -> LetterFilter:
    """Return the filter that the options make. Raises BadParameter when they name none, which means every letter."""
    from museum_assets.dead_letters.letters import LetterFilter

    wanted = LetterFilter(source, museum, reason, ids or None)
    if wanted == LetterFilter():
        raise typer.BadParameter("say which letters: their numbers, --source, --museum or --reason")
    return wanted


@contextmanager
def connection() -> Iterator[Connection]:
    """Yield a connection to the platform's database; embedded services run while it is open."""
    from museum_assets.cli.session import connected

    with connected() as platform, platform.database().connect() as conn:
        yield conn


def user() -> str:
    """Return the name of this system's user, which stands in what a command settles."""
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
    """Return bytes as a terminal can show them: UTF-8 text with control characters escaped, otherwise hexadecimal.

    Only the first `limit` characters or bytes are shown; a last line says how many are left out.
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
    """Return text with unprintable characters escaped: they could move the cursor or reverse the text."""
    kept = "\n\t" if lines else ""
    return "".join(c if c.isprintable() or c in kept else c.encode("unicode_escape").decode("ascii") for c in text)
