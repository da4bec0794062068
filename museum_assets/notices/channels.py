"""Which channels are configured, and the stage that tells notices on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from museum_assets.notices.stages import MailNotices, Telling, WebhookNotices
from museum_assets.settings import Settings

NONE = "no channel is configured for notices: set SMTP_HOST and NOTICE_TO for mail, or NOTICE_WEBHOOK_URL"


def configured(settings: Settings) -> list[str]:
    """Return the names of the channels that are configured."""
    given = {"mail": settings.smtp_host and settings.notice_to, "webhook": settings.notice_webhook_url}
    return [name for name, value in given.items() if value]


@contextmanager
def _mail(settings: Settings) -> Iterator[Telling]:
    from resources.mail import Mailer

    with Mailer.from_settings(settings) as mailer:
        yield MailNotices(mailer, settings.notice_ui_url)


@contextmanager
def _webhook(settings: Settings) -> Iterator[Telling]:
    from resources.platform import notice_webhook

    with notice_webhook(settings) as webhook:
        yield WebhookNotices(webhook, settings.notice_ui_url)


CHANNELS: Mapping[str, Callable[[Settings], AbstractContextManager[Telling]]] = {"mail": _mail, "webhook": _webhook}
"""Every channel: opens its stage. Adding one means its stage, its line here and its view `ops.input_notice_<name>`."""
