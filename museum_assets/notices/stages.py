"""The stages that tell notices, one per channel. Sensors run them instead of assets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from museum_assets.core.settings import Settings
from museum_assets.loop.spec import StageSpec
from museum_assets.loop.stage import Stage
from museum_assets.notices.telling import NOTICES, MailNotices, WebhookNotices
from resources.platform import Platform

NO_CHANNEL = "no channel is configured for notices: set SMTP_HOST and NOTICE_TO for mail, or NOTICE_WEBHOOK_URL"


@contextmanager
def _mail(platform: Platform, _: str) -> Iterator[Stage]:
    with platform.mailer() as mailer:
        yield MailNotices(mailer, platform.settings.notice_ui_url)


@contextmanager
def _webhook(platform: Platform, _: str) -> Iterator[Stage]:
    with platform.notice_webhook() as webhook:
        yield WebhookNotices(webhook, platform.settings.notice_ui_url)


def _without_mail(settings: Settings) -> str | None:
    return None if settings.smtp_host and settings.notice_to else "no notices by mail: set SMTP_HOST and NOTICE_TO"


def _without_webhook(settings: Settings) -> str | None:
    return None if settings.notice_webhook_url else "no notices by webhook: set NOTICE_WEBHOOK_URL"


def _channel(
    name: str,
    description: str,
    open_: Callable[[Platform, str], AbstractContextManager[Stage]],
    inactive: Callable[[Settings], str | None],
) -> StageSpec:
    return StageSpec(
        name=name,
        domain="notices",
        description=description,
        kinds=frozenset({"python"}),
        # It never changes: another recipient or window must not make old notices due.
        contract=lambda _, __: "notice",
        open=open_,
        inactive=inactive,
        museums=(NOTICES,),
    )


CHANNELS: Mapping[str, StageSpec] = {
    "mail": _channel("notice_mail", "Notices by mail.", _mail, _without_mail),
    "webhook": _channel("notice_webhook", "Notices by webhook.", _webhook, _without_webhook),
}
"""{name: stage} of every channel. A new one takes a stage, a line here and a view `ops.input_notice_<channel>`."""
STAGES: tuple[StageSpec, ...] = tuple(CHANNELS.values())


def configured(settings: Settings) -> list[str]:
    """Return the names of the configured channels."""
    return [name for name, spec in CHANNELS.items() if not spec.inactive(settings)]
