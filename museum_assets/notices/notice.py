"""A notice's text as a mail and as a webhook's JSON. It depends on the notice's row alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

MESSAGE_CHARACTERS = 2_500
"""The most characters of a message that are sent; Slack cuts texts at 4,000. The run has the rest."""
SUBJECT_CHARACTERS = 150
PRODUCT = "museum data"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One failed step, run or check. `event` identifies it, so that an event that is read twice counts once.

    `partition` is '' where there is none. Repeats have the same `reason`, a stable word; their messages may differ.
    """

    event: str
    partition: str
    asset: str
    reason: str
    message: str
    run_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told about an occurrence: it was `seen` so often since `first_at`, `earlier` times before this notice."""

    id: str
    partition: str
    asset: str
    reason: str
    message: str
    run_id: str
    first_at: datetime
    last_at: datetime
    seen: int
    round: int
    earlier: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Notice:
        """Return the notice that a row of `ops.input_notice` holds."""
        values = {name: row[name] for name in cls.__slots__ if name != "id"}
        return cls(id=row["record_id"], **values)

    @property
    def title(self) -> str:
        """The notice in one line."""
        where = f" of {self.partition}" if self.partition else ""
        return one_line(f"{self.asset}{where}: {self.reason}", SUBJECT_CHARACTERS)

    @property
    def times(self) -> str:
        """When it happened, or how often and since when."""
        if self.seen == 1:
            return f"{self.last_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        text = f"{self.seen} times since {self.first_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        return f"{text}, {self.seen - self.earlier} of them since the last notice" if self.earlier else text

    def lines(self, ui: str) -> dict[str, str]:
        """Return {label: text} of what is told besides the message."""
        given = {"asset": self.asset, "partition": self.partition or "none", "reason": self.reason, "when": self.times}
        return {label: one_line(value) for label, value in given.items()} | {"run": run_link(ui, self.run_id)}


def run_link(ui: str, run_id: str) -> str:
    """Return the address of a run in Dagster's UI."""
    return f"{ui.rstrip('/')}/runs/{run_id}"


def as_mail(notice: Notice, ui: str, sender: str, recipients: str) -> EmailMessage:
    """Return the notice as a plain-text mail.

    Its Message-ID is the same whenever it is sent, so that a mail program shows one mail when a kill before the
    outcome was recorded made the platform send it twice.
    """
    mail = EmailMessage()
    mail["Subject"] = f"[{PRODUCT}] {notice.title}"
    mail["From"] = sender
    mail["To"] = recipients
    mail["Date"] = format_datetime(notice.last_at.astimezone(UTC))
    mail["Message-ID"] = f"<notice-{notice.id}-{notice.round}-{notice.run_id}@{sender.rpartition('@')[2]}>"
    # Keeps out-of-office programs from answering (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    lines = [f"{label + ':':<11}{value}" for label, value in notice.lines(ui).items()]
    mail.set_content("\n".join([*lines, "", shortened(notice.message), ""]))
    return mail


def as_json(notice: Notice, ui: str) -> dict[str, Any]:
    """Return the notice for a Slack-compatible webhook: {"text"}, which Mattermost and others accept too."""
    lines = [f"*{label}:* {value if label == 'run' else inert(value)}" for label, value in notice.lines(ui).items()]
    message = inert(shortened(notice.message)).replace("```", "'''")
    return {"text": "\n".join([f"*{inert(notice.title)}*", *lines, f"```{message}```"])}


def inert(text: str) -> str:
    """Return text that a chat shows literally, so that a record's text makes no link and mentions nobody."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Slack's mentions are <!channel>. Other servers read a bare @channel, which a zero-width joiner breaks.
    return escaped.replace("@", "@\u2060")


def one_line(text: str, most: int = 300) -> str:
    """Return text as one printable line of at most `most` characters, fit for a header."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def shortened(text: str) -> str:
    """Return a message without control characters but line breaks and tabs; its end says how much was cut off."""
    clean = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t").strip()
    left = len(clean) - MESSAGE_CHARACTERS
    return clean if left <= 0 else f"{clean[:MESSAGE_CHARACTERS]}… {left} more characters: see the run"
