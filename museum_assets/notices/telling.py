"""Telling notices. Each channel is a stage, so that the loop retries, backs off and writes dead letters."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Protocol

from museum_assets.core.failures import Failure, SlowDown
from museum_assets.loop.run import run_stage
from museum_assets.loop.spec import StageSpec
from museum_assets.loop.stage import Counts, Options, Outcome, Stage, Work, done, failed
from museum_assets.notices.notice import Notice, as_json, as_mail
from resources.platform import Platform

NOTICES = "notices"
"""Stands in place of a museum's slug in the ledger and in dead letters."""
NOTICE_ATTEMPTS = 8
"""With the loop's back-off (0, 1, 4, … minutes) the last attempt comes after 23 hours. Then the notice is a dead
letter."""
PER_TICK = 20
SECONDS = 25.0
"""A tick begins no attempt after this. Dagster allows a tick 60 seconds, and an attempt may last until it times out."""


class NoticeMailer(Protocol):
    """Sends mail. Raises Failure."""

    sender: str
    recipients: str

    def send(self, message: Any) -> None:
        """Hand a message to the mail server."""
        ...


class NoticeWebhook(Protocol):
    """Posts JSON. Raises Failure."""

    def wait(self) -> None:
        """Wait until a request may be made. Raises SlowDown when the wait would be long."""
        ...

    def post(self, payload: Mapping[str, Any]) -> None:
        """Post a payload as JSON."""
        ...


class NoticeChannel(Stage):
    """One channel. A transient failure ends the tick, since the server would not answer for other notices either."""

    external: ClassVar[bool] = False
    # A sent message cannot be undone, so its outcome is committed at once.
    batch_size = 1

    def __init__(self, ui: str, seconds: float = SECONDS) -> None:
        self.ui = ui
        self.seconds = seconds

    @abstractmethod
    def tell(self, notice: Notice) -> None:
        """Send a notice. Raises Failure."""

    def ready(self) -> bool:
        """Say whether another notice may be sent now."""
        return True

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Send the notices one after the other, as far as the tick's time goes."""
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
        """Return the message that could not be told, and the notice's other lines."""
        notice = Notice.of(outcome.work.data)
        return notice.message.encode("utf-8", "replace"), notice.lines(self.ui)


class MailNotices(NoticeChannel):
    """Notices by mail."""

    def __init__(self, mail: NoticeMailer, ui: str, seconds: float = SECONDS) -> None:
        super().__init__(ui, seconds)
        self.mail = mail

    def tell(self, notice: Notice) -> None:
        """Mail a notice."""
        self.mail.send(as_mail(notice, self.ui, self.mail.sender, self.mail.recipients))


class WebhookNotices(NoticeChannel):
    """Notices by webhook."""

    def __init__(self, webhook: NoticeWebhook, ui: str, seconds: float = SECONDS) -> None:
        super().__init__(ui, seconds)
        self.webhook = webhook

    def ready(self) -> bool:
        """Return False while the server asks to wait."""
        try:
            self.webhook.wait()
        except SlowDown:
            return False
        return True

    def tell(self, notice: Notice) -> None:
        """Post a notice."""
        self.webhook.post(as_json(notice, self.ui))


def tell(platform: Platform, spec: StageSpec, limit: int | None = PER_TICK) -> Counts:
    """Send the notices that are due on one channel and return the books. Raises Busy while another process does."""
    with spec.opened(platform, NOTICES) as stage:
        return run_stage(platform.database(), NOTICES, stage, Options(limit=limit, max_attempts=NOTICE_ATTEMPTS))
