"""Telling notices: a stage of the loop per channel, so that retries, back-off and dead letters are the loop's."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Protocol

from museum_assets.failures import Failure, SlowDown
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Counts, Options, Outcome, Stage, Work, done, failed
from museum_assets.notices.notice import Notice, as_json, as_mail
from resources.postgres import Database

MUSEUM = "notices"
"""Stands where a museum's slug would in ledger and dead letters."""
ATTEMPTS = 8
"""With the loop's back-off (0, 1, 4, … minutes) the last attempt comes after 23 hours, a mail server's bad day; then
the notice is a dead letter."""
PER_TICK = 20
SECONDS = 25.0
"""Dagster gives a tick 60; one attempt may take as long as its time-outs."""


class Mail(Protocol):
    """Sends mail. Raises Failure."""

    sender: str
    recipients: str

    def send(self, message: Any) -> None:
        """Hand a message to the mail server."""
        ...


class Webhook(Protocol):
    """Posts JSON. Raises Failure."""

    def wait(self) -> None:
        """Return when a request may be made. Raises SlowDown when that is not soon."""
        ...

    def post(self, payload: Mapping[str, Any]) -> None:
        """Post a payload."""
        ...


class Telling(Stage):
    """One channel. A failure that may pass ends the tick: whoever does not answer now is not asked twenty times."""

    external: ClassVar[bool] = False
    # What is sent cannot be taken back: it is noted at once.
    batch_size: ClassVar[int] = 1

    def __init__(self, ui: str, seconds: float = SECONDS) -> None:
        self.ui = ui
        self.seconds = seconds
        # Another recipient or window is no reason to tell old stories again.
        self.contract = "notice"

    @abstractmethod
    def tell(self, notice: Notice) -> None:
        """Send a notice. Raises Failure."""

    def ready(self) -> bool:
        """Say whether another one may be sent now."""
        return True

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Send one after the other."""
        until = time.monotonic() + self.seconds
        for work in works:
            if time.monotonic() > until or not self.ready():
                return
            try:
                self.tell(Notice.of(work.data))
            except Failure as failure:
                yield failed(work, failure)
                if not failure.permanent:
                    return
            else:
                yield done(work)

    def evidence(self, outcome: Outcome) -> tuple[bytes, Mapping[str, Any]]:
        """Return the message that could not be told, and what it is about."""
        notice = Notice.of(outcome.work.data)
        return notice.message.encode("utf-8", "replace"), notice.lines(self.ui)


class MailNotices(Telling):
    """Notices by mail."""

    name: ClassVar[str] = "notice_mail"

    def __init__(self, mail: Mail, ui: str, seconds: float = SECONDS) -> None:
        super().__init__(ui, seconds)
        self.mail = mail

    def tell(self, notice: Notice) -> None:
        """Mail a notice."""
        self.mail.send(as_mail(notice, self.ui, self.mail.sender, self.mail.recipients))


class WebhookNotices(Telling):
    """Notices by webhook."""

    name: ClassVar[str] = "notice_webhook"

    def __init__(self, webhook: Webhook, ui: str, seconds: float = SECONDS) -> None:
        super().__init__(ui, seconds)
        self.webhook = webhook

    def ready(self) -> bool:
        """Keep to the pace that the server asked for."""
        try:
            self.webhook.wait()
        except SlowDown:
            return False
        return True

    def tell(self, notice: Notice) -> None:
        """Post a notice."""
        self.webhook.post(as_json(notice, self.ui))


def tell(database: Database, stage: Telling, limit: int | None = PER_TICK) -> Counts:
    """Send what is due on one channel and return the books. Raises Busy when another process is sending."""
    return run_stage(database, MUSEUM, stage, Options(limit=limit, max_attempts=ATTEMPTS))
