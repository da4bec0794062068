"""The settings of notices by mail and webhook."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from museum_assets.core.addresses import WebAddress, WebhookAddress

ADDRESS = r"^[\x21-\x7e]+@[\x21-\x7e]+$"


class NoticeSettings(BaseSettings):
    """Who is told, how, and of what."""

    smtp_host: str | None = Field(
        None, pattern=r"^[^\s@/]+$", description="Mail server for notices; unset: none are mailed."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="How mail travels: starttls, tls (usually port 465), or none (a server on this machine).",
    )
    smtp_user: str | None = Field(None, description="User name at the mail server; unset: no login.")
    smtp_password: SecretStr | None = Field(None, description="Password at the mail server.")
    notice_from: str = Field("museum-data@localhost", pattern=ADDRESS, description="Sender of notices by mail.")
    notice_to: str | None = Field(
        None,
        pattern=rf"{ADDRESS[:-1]}(\s*,\s*{ADDRESS[1:-1]})*$",
        description="Who gets notices by mail, comma-separated.",
    )
    notice_webhook_url: WebhookAddress | None = Field(
        None, description="Slack-compatible webhook that gets notices as JSON; a secret, for whoever has it can post."
    )
    notice_window_minutes: int = Field(
        60, ge=0, description="Minutes in which the same museum, asset and reason are told once and then only counted."
    )
    notice_severity: Literal["ERROR", "WARN"] = Field(
        "ERROR", description="Breached checks that are told: ERROR, or WARN for these as well."
    )
    notice_ui_url: WebAddress = Field(
        "http://127.0.0.1:3000",
        description="Address of Dagster's UI, for the links in notices.",
    )

    @model_validator(mode="after")
    def complete_mail(self) -> Self:
        """Check that mail has a recipient, and that a password does not travel in the open."""
        if bool(self.smtp_host) != bool(self.notice_to):
            raise ValueError("mailed notices need both SMTP_HOST and NOTICE_TO: set the other one, or neither")
        if self.smtp_user and self.smtp_security == "none":
            raise ValueError("SMTP_USER needs SMTP_SECURITY=starttls or tls: the password would travel in the open")
        return self
