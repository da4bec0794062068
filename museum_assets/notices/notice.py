"""What a notice says, as a mail and as a webhook's JSON. Pure: what is sent follows from the row alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

MESSAGE_CHARACTERS = 2_500
"""Of a message: Slack cuts a text at 4,000 characters, and who wants more follows the link."""
SUBJECT_CHARACTERS = 150
PRODUCT = "museum data"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that a person should hear of, once. `event` identifies it, so that reading it twice counts once.

    `partition` is empty where there is none. `reason` is a stable word: repeats are folded by it, and a message that
    counts would never repeat.
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
    """One round of an occurrence: `seen` times in all since `first_at`, of which `earlier` before this round."""

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
        """Return the notice of a row of `ops.input_notice`."""
        values = {name: row[name] for name in cls.__slots__ if name != "id"}
        return cls(id=row["record_id"], **values)

    @property
    def title(self) -> str:
        """The notice in one line."""
        where = f" of {self.partition}" if self.partition else ""
        return one_line(f"{self.asset}{where}: {self.reason}", SUBJECT_CHARACTERS)

    @property
    def times(self) -> str:
        """How often it happened."""
        if self.seen == 1:
            return f"{self.last_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        text = f"{self.seen} times since {self.first_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        return f"{text}, {self.seen - self.earlier} of them since the last notice" if self.earlier else text

    def lines(self, ui: str) -> dict[str, str]:
        """Return what is told besides the message, by its label."""
        given = {"asset": self.asset, "partition": self.partition or "none", "reason": self.reason, "when": self.times}
        return {label: one_line(value) for label, value in given.items()} | {"run": run_link(ui, self.run_id)}


def run_link(ui: str, run_id: str) -> str:
    """Return the address of a run in Dagster's UI."""
    return f"{ui.rstrip('/')}/runs/{run_id}"


def as_mail(notice: Notice, ui: str, sender: str, recipients: str) -> EmailMessage:
    """Return the notice as a mail of plain text.

    The same round has the same Message-ID, so that a mail which was sent twice (a kill between sending and noting it)
    is recognised as one by whoever reads it.
    """
    mail = EmailMessage()
    mail["Subject"] = f"[{PRODUCT}] {notice.title}"
    mail["From"] = sender
    mail["To"] = recipients
    mail["Date"] = format_datetime(notice.last_at.astimezone(UTC))
    mail["Message-ID"] = f"<notice-{notice.id}-{notice.round}-{notice.run_id}@{sender.rpartition('@')[2]}>"
    # Out-of-office answers to a machine help nobody (RFC 3834).
    mail["Auto-Submitted"] = "auto-generated"
    lines = [f"{label + ':':<11}{value}" for label, value in notice.lines(ui).items()]
    mail.set_content("\n".join([*lines, "", shortened(notice.message), ""]))
    return mail


def as_json(notice: Notice, ui: str) -> dict[str, Any]:
    """Return the notice as a Slack-compatible webhook takes it: `text` alone, which Mattermost and others read too."""
    lines = [f"*{label}:* {value if label == 'run' else inert(value)}" for label, value in notice.lines(ui).items()]
    message = inert(shortened(notice.message)).replace("```", "'''")
    return {"text": "\n".join([f"*{inert(notice.title)}*", *lines, f"```{message}```"])}


def inert(text: str) -> str:
    """Return text that a chat shows as it is: no link, no mention of everybody, whatever a record brought along."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Slack's mentions are <!channel>; other servers read a bare @channel, which a joiner of no width breaks.
    return escaped.replace("@", "@\u2060")


def one_line(text: str, most: int = 300) -> str:
    """Return text in one line, without what is not printable: it goes into headers."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def shortened(text: str) -> str:
    """Return a message with an end that says what was left out; control characters but line breaks are dropped."""
    clean = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t").strip()
    left = len(clean) - MESSAGE_CHARACTERS
    return clean if left <= 0 else f"{clean[:MESSAGE_CHARACTERS]}… {left} more characters: see the run"
