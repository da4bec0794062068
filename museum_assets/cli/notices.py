"""`museum notices`: list notices, send those that are due, and test the channels."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from museum_assets.cli.options import Json

app = typer.Typer(
    name="notices", help="Failed runs and breached checks, told by mail and webhook.", no_args_is_help=True
)


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="At most this many, latest first.")] = 50, json: Json = False
) -> None:
    """List notices, latest first, each with its state on every channel."""
    from museum_assets.cli.printing import console, print_json, print_table
    from museum_assets.cli.session import connected
    from museum_assets.notices.stages import NO_CHANNEL, configured
    from museum_assets.notices.store import list_notices

    with connected() as platform:
        channels = configured(platform.settings)
        with platform.database().connect() as conn:
            rows = list_notices(conn, limit)
    if json:
        print_json({"channels": channels, "notices": rows})
        return
    columns = ("id", "asset", "partition", "reason", "seen", "last", "told", "message")
    print_table("Notices", columns, [_row(row) for row in rows])
    console.print(f"channels: {', '.join(channels)}" if channels else NO_CHANNEL, highlight=False)


def _row(row: dict[str, Any]) -> tuple[Any, ...]:
    from museum_assets.notices.notice import one_line

    channels = "; ".join(_channel(name, state) for name, state in sorted(row["channels"].items()))
    return (str(row["id"]), one_line(row["asset"]), one_line(row["partition"]), one_line(row["reason"]), row["seen"],
            f"{row['last_at']:%Y-%m-%d %H:%M:%S}", channels or "nobody", one_line(row["message"]))  # fmt: skip


def _channel(name: str, state: dict[str, Any]) -> str:
    from museum_assets.notices.notice import one_line

    if state["state"] not in {"retried", "dead letter"}:
        return f"{name}: {state['state']}"
    return f"{name}: {state['state']} after {state['attempts']} attempts, {one_line(state['message'] or '')}"


@app.command()
def test(json: Json = False) -> None:
    """Send a test notice on every configured channel. Exits with 1 when a channel fails."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.cli.session import connected
    from museum_assets.core.failures import MuseumError
    from museum_assets.notices.stages import CHANNELS, NO_CHANNEL, configured
    from museum_assets.notices.telling import NOTICES, NoticeChannel

    outcomes: dict[str, str] = {}
    with connected() as platform:
        if not configured(platform.settings):
            raise MuseumError(NO_CHANNEL)
        for name in configured(platform.settings):
            try:
                with CHANNELS[name].opened(platform, NOTICES) as stage:
                    assert isinstance(stage, NoticeChannel)
                    stage.tell(sample())
                outcomes[name] = "sent"
            except MuseumError as error:
                outcomes[name] = str(error)
    if json:
        print_json(outcomes)
    else:
        for name, outcome in outcomes.items():
            console.print(f"{name}: {outcome}", highlight=False, markup=False)
    raise typer.Exit(0 if set(outcomes.values()) == {"sent"} else 1)


@app.command()
def send(json: Json = False) -> None:
    """Send the notices that are due. Sensors do this by themselves while Dagster's daemon runs."""
    from museum_assets.cli.printing import console, print_json
    from museum_assets.cli.session import connected
    from museum_assets.core.failures import MuseumError
    from museum_assets.notices.stages import CHANNELS, NO_CHANNEL, configured
    from museum_assets.notices.telling import tell

    books: dict[str, dict[str, int]] = {}
    with connected() as platform:
        if not configured(platform.settings):
            raise MuseumError(NO_CHANNEL)
        for name in configured(platform.settings):
            counts = tell(platform, CHANNELS[name], limit=None)
            books[name] = {"sent": counts.done, "failed": counts.failed, "left": counts.left}
    if json:
        print_json(books)
    else:
        for name, counts_of in books.items():
            console.print(f"{name}: {', '.join(f'{n} {what}' for what, n in counts_of.items())}", highlight=False)
    raise typer.Exit(1 if any(counts_of["failed"] for counts_of in books.values()) else 0)


def sample() -> Any:
    """Return the notice that a test sends."""
    import secrets
    from datetime import UTC, datetime

    from museum_assets.notices.notice import Notice

    now = datetime.now(UTC)
    return Notice("test", "", "museum notices test", "a test", "If you read this, notices reach you.",
                  secrets.token_hex(4), now, now, 1, 1, 0)  # fmt: skip
