"""A mail server for tests: aiosmtpd, which refuses what a test tells it to refuse."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

PASSWORD = "hunter2"


class Handler:
    """Keeps the mails; `mail`, `rcpt` (by recipient) and `data` are answers to give instead, after `delay` seconds."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.mail = self.data = ""
        self.rcpt: dict[str, str] = {}
        self.delay = 0.0

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if self.mail:
            return self.mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        time.sleep(self.delay)
        if self.data:
            return self.data
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


class MailServer:
    """A running server with its handler."""

    def __init__(self, handler: Handler, port: int) -> None:
        self.handler = handler
        self.port = port

    @property
    def mails(self) -> list[EmailMessage]:
        """What was delivered."""
        return self.handler.mails


class AnyPort(Controller):
    """A controller that knows which port it got: the library looks for itself at port 0."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False) if not good else AuthResult(success=True)


@contextmanager
def mail_server(certificate: Path | None = None, *, tls: bool = False) -> Iterator[MailServer]:
    """A server for as long as the block lasts; with a certificate it speaks TLS, or wants STARTTLS and a login."""
    handler = Handler()
    options: dict[str, Any] = {}
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if not tls:
            options = {"tls_context": context, "require_starttls": True, "auth_required": True,
                       "authenticator": authenticate}  # fmt: skip
    controller = AnyPort(
        handler, hostname="127.0.0.1", port=0, ssl_context=context if tls else None, ready_timeout=10, **options
    )
    controller.start()
    try:
        yield MailServer(handler, controller.port)
    finally:
        controller.stop()


def self_signed(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 with its key, in one file."""
    file = folder / "mail.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
               "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem"),
               "-out", str(folder / "cert.pem")]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    file.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return file
