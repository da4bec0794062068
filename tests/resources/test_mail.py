from __future__ import annotations

import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from museum_assets.core.failures import Failure, MuseumError
from museum_assets.core.profiles import SettingsError
from museum_assets.core.settings import Settings
from resources.mail import Mailer
from tests.support.mail_server import PASSWORD, MailServer, mail_server, self_signed

pytestmark = pytest.mark.slow  # it starts processes, or waits

TO = "ann@example.org, bob@example.org"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("certificate"))


def mailer(port: int, **options: Any) -> Mailer:
    given: dict[str, Any] = {
        "security": "none",
        "sender": "museum@example.org",
        "recipients": TO,
        "timeout": 20.0,
    } | options
    return Mailer("127.0.0.1", port, **given)


def message(subject: str = "s") -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject, "museum@example.org", TO
    mail.set_content("text")
    return mail


def failure(mail: Mailer) -> Failure:
    with mail, pytest.raises(Failure) as raised:
        mail.send(message())
    return raised.value


def test_several_mails_go_over_one_connection(server: MailServer) -> None:
    with mailer(server.port) as mail:
        mail.send(message("one"))
        first = mail._server
        mail.send(message("two"))
        assert mail._server is first
    assert [found["Subject"] for found in server.mails] == ["one", "two"]
    assert server.mails[0]["To"] == TO


def test_starttls_with_login_and_tls(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(certificate) as server:
        with mailer(server.port, security="starttls", login=("museum", PASSWORD)) as mail:
            mail.send(message())
        wrong = failure(mailer(server.port, security="starttls", login=("museum", "wrong-secret")))
        assert (wrong.code, wrong.permanent) == ("login", False)
        assert "SMTP_PASSWORD" in str(wrong)
        assert "wrong-secret" not in str(wrong)
        assert failure(mailer(server.port, security="starttls")).code == "login"
        assert len(server.mails) == 1
    with mail_server(certificate, tls=True) as server:
        with mailer(server.port, security="tls") as mail:
            mail.send(message())
        assert len(server.mails) == 1


def test_a_server_without_a_certificate_that_we_trust_gets_nothing(certificate: Path) -> None:
    with mail_server(certificate) as server:
        found = failure(mailer(server.port, security="starttls"))
    assert (found.code, found.permanent) == ("tls", False)
    assert "certificate" in str(found)


def test_a_server_without_starttls_is_not_spoken_to_in_the_open(server: MailServer) -> None:
    found = failure(mailer(server.port, security="starttls"))
    assert (found.code, found.permanent) == ("not_supported", False)
    assert not server.mails


@pytest.mark.parametrize(
    ("refusal", "code", "permanent"),
    [
        ({"mail": "550 not you"}, "refused", True),
        ({"mail": "451 later"}, "unavailable", False),
        ({"mail": "530 log in"}, "login", False),
        ({"data": "554 spam"}, "refused", True),
        ({"data": "421 going down"}, "unavailable", False),
        ({"rcpt": dict.fromkeys(TO.split(", "), "550 nobody")}, "recipient", True),
        ({"rcpt": dict.fromkeys(TO.split(", "), "450 greylisted")}, "recipient", False),
        ({"rcpt": {"bob@example.org": "550 nobody"}}, "recipient", True),
    ],
)
def test_what_is_refused_for_good_and_what_is_tried_again(
    server: MailServer, refusal: dict, code: str, permanent: bool
) -> None:
    for name, value in refusal.items():
        setattr(server.handler, name, value)
    found = failure(mailer(server.port))
    assert (found.code, found.permanent) == (code, permanent)
    # One of two recipients has it, and that the other has not is no success.
    assert len(server.mails) == (1 if "rcpt" in refusal and len(refusal["rcpt"]) == 1 else 0)


def test_a_refused_mail_does_not_spoil_the_next_one(server: MailServer) -> None:
    with mailer(server.port) as mail:
        server.handler.data = "554 spam"
        with pytest.raises(Failure):
            mail.send(message())
        server.handler.data = ""
        mail.send(message())
    assert len(server.mails) == 1


def test_a_server_that_hangs_or_is_not_there_is_given_up(server: MailServer) -> None:
    server.handler.delay = 2.0
    assert failure(mailer(server.port, timeout=0.2)).code == "unavailable"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = failure(mailer(closed.getsockname()[1]))
    assert (nobody.code, nobody.permanent) == ("unavailable", False)
    assert "SMTP_HOST" in str(nobody)


def test_a_server_that_speaks_something_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        found = failure(mailer(port, timeout=0.2))
    assert found.code == "unavailable"


def test_settings() -> None:
    with pytest.raises(MuseumError, match="SMTP_HOST and NOTICE_TO"):
        Mailer.from_settings(Settings())
    made = Mailer.from_settings(
        Settings(smtp_host="mail.example.org", smtp_user="u", smtp_password="p", notice_to="a@b.c, d@e.f")
    )
    assert (made.host, made.port, made.security, made.login) == ("mail.example.org", 587, "starttls", ("u", "p"))
    assert made.recipients == "a@b.c, d@e.f"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"smtp_host": "mail.example.org"}, "NOTICE_TO"),
        ({"notice_to": "a@b.c"}, "SMTP_HOST"),
        ({"smtp_host": "m", "notice_to": "a@b.c", "smtp_user": "u", "smtp_security": "none"}, "in the open"),
    ],
)
def test_half_a_configuration_is_refused(given: dict, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from museum_assets.core.settings import read_settings

    for name, value in given.items():
        monkeypatch.setenv(name.upper(), value)
    with pytest.raises(SettingsError, match=said):
        read_settings()
