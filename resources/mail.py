"""Sending mail, with the standard library's smtplib."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import Any, Literal, Self, cast

from museum_assets.core.failures import Failure, MuseumError, RequestRefused, Unavailable
from museum_assets.core.settings import Settings
from resources.closing import Closing
from resources.deadlines import Deadline, TimedFile

TIMEOUT = 10.0
"""Seconds of silence after which the server counts as gone."""
DEADLINE = 6
"""Times `timeout`: the longest that connecting, logging in and one mail may take."""
LOGIN_WANTED = {530, 534, 535, 538}
"""Codes of RFC 4954, which servers also give to a sender or recipient."""


class Mailer(Closing):
    """A mail server; connects at the first message and keeps the connection. `close` it."""

    def __init__(
        self,
        host: str,
        port: int,
        security: Literal["starttls", "tls", "none"],
        sender: str,
        recipients: str,
        login: tuple[str, str] | None = None,
        *,
        timeout: float = TIMEOUT,
    ) -> None:
        self.host, self.port, self.security = host, port, security
        self.sender, self.recipients = sender, recipients
        self.login = login
        self.timeout = timeout
        self._server: smtplib.SMTP | None = None
        self._deadline = Deadline(DEADLINE * timeout)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the server of SMTP_* and NOTICE_*. Raises MuseumError when none is configured."""
        if not settings.smtp_host or not settings.notice_to:
            raise MuseumError("no mail server is configured for notices: set SMTP_HOST and NOTICE_TO")
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
        return cls(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_security,
            settings.notice_from,
            settings.notice_to,
            (settings.smtp_user, password) if settings.smtp_user else None,
        )

    def close(self) -> None:
        """Close the connection."""
        server, self._server = self._server, None
        if server:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()

    def log_in(self) -> None:
        """Connect and log in, and send nothing. Raises Failure or Unavailable."""
        self._deadline.restart()
        with self._translated():
            (self._server or self._connect()).noop()

    def send(self, message: EmailMessage) -> None:
        """Hand a message to the server.

        Raises RequestRefused for a message or recipient that it will not take, also for one of several recipients:
        then the others have got it. Raises Failure or Unavailable for what may be mended.
        """
        self._deadline.restart()
        with self._translated():
            server = self._server or self._connect()
            refused = server.send_message(message)
        if refused:
            raise RequestRefused(
                f"{self._name()} does not deliver to {_told(refused)}: check NOTICE_TO", code="recipient"
            )

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if self.security == "tls":
            server = _TlsServer(self.host, self.port, timeout=self.timeout, context=context, deadline=self._deadline)
        else:
            server = _Server(self.host, self.port, timeout=self.timeout, deadline=self._deadline)
        # Kept at once: also what goes wrong from here on must close it.
        self._server = server
        if self.security == "starttls":
            server.starttls(context=context)
        if self.login:
            server.login(*self.login)
        return server

    def _name(self) -> str:
        return f"the mail server {self.host}:{self.port}"

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn smtplib's errors into the platform's; what a connection is good for after one is not worth knowing."""
        try:
            yield
        except smtplib.SMTPException as error:
            self._drop()
            raise self._judged(error) from None  # which quotes the server without the password
        except ssl.SSLError as error:
            self._drop()
            text = f"{self._name()} cannot be spoken to securely: {error}. Check SMTP_SECURITY, SMTP_PORT and SMTP_HOST"
            raise Unavailable(text, code="tls") from error
        except OSError as error:
            self._drop()
            text = f"{self._name()} cannot be used: {error or type(error).__name__}. Check SMTP_HOST and SMTP_PORT"
            raise Unavailable(text) from error

    def _drop(self) -> None:
        """Close the connection without a word: a server that does not answer would be waited for once more."""
        server, self._server = self._server, None
        if server:
            server.close()

    def _judged(self, error: smtplib.SMTPException) -> Failure:
        """Return what an error means: that this message will never be taken, or that it may be later."""
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            permanent = all(code >= 500 for code, _ in error.recipients.values())
            text = f"{self._name()} takes none of the recipients: {_told(error.recipients)}. Check NOTICE_TO"
            return Failure(text, code="recipient", permanent=permanent)
        if isinstance(error, smtplib.SMTPNotSupportedError):
            text = f"{self._name()}: {error}. Set SMTP_SECURITY to what it offers, or leave out SMTP_USER"
            return Failure(text, code="not_supported")
        if not isinstance(error, smtplib.SMTPResponseException):
            return Unavailable(f"{self._name()} cannot be used: {error}. Check SMTP_HOST, SMTP_PORT and SMTP_SECURITY")
        said = f"{self._name()} answered {_said(error, self.login)}"
        if isinstance(error, smtplib.SMTPAuthenticationError) or error.smtp_code in LOGIN_WANTED:
            return Failure(f"{said}. Check SMTP_USER and SMTP_PASSWORD", code="login")
        if error.smtp_code >= 500 and isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError):
            return RequestRefused(f"{said}. Check NOTICE_FROM and what the server takes")
        return Unavailable(said)


class _Timed:
    """Reads every answer of the server within the deadline of its mail; Python reads a line for as long as it comes."""

    file: Any
    sock: Any

    def __init__(self, *args: Any, deadline: Deadline, **options: Any) -> None:
        self.deadline = deadline
        super().__init__(*args, **options)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None:
            self.file = TimedFile.buffered(self.sock, self.deadline)
        return cast("tuple[int, bytes]", super().getreply())  # type: ignore[misc]


class _Server(_Timed, smtplib.SMTP):
    pass


class _TlsServer(_Timed, smtplib.SMTP_SSL):
    pass


def _said(error: smtplib.SMTPResponseException, login: tuple[str, str] | None) -> str:
    raw = error.smtp_error
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return f"{error.smtp_code} {text.replace(login[1], '…') if login and login[1] else text}"


def _told(refused: dict[str, tuple[int, bytes]]) -> str:
    return ", ".join(f"{name} ({code} {text.decode('utf-8', 'replace')})" for name, (code, text) in refused.items())
