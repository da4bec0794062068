"""What others run: mail, webhook, brokers, and the museums' own APIs, each asked once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from museum_assets.core.addresses import host_of
from museum_assets.core.failures import MuseumError
from museum_assets.museums import museum
from museum_assets.operations.doctor.line import Line, well
from museum_assets.operations.doctor.reached import answer, connection
from resources.kafka import Kafka, TopicMissing
from resources.platform import Platform

ANSWER_WITHIN = 5.0


def mail(platform: Platform) -> Iterator[Line]:
    """Log in to the mail server, where there is one, and send nothing."""
    settings = platform.settings
    if not settings.smtp_host:
        return
    with platform.mailer() as mailer:
        mailer.log_in()
    yield well("SMTP_HOST", f"{settings.smtp_host}:{settings.smtp_port} takes the login; `museum notices test` sends")


def webhook(platform: Platform) -> Iterator[Line]:
    """Connect to the webhook's server, where there is one, and post nothing."""
    secret = platform.settings.notice_webhook_url
    if secret:
        parts = urlsplit(secret.get_secret_value())
        port = parts.port or (80 if parts.scheme == "http" else 443)
        remedy = "correct NOTICE_WEBHOOK_URL, then try it with `museum notices test`"
        yield connection("NOTICE_WEBHOOK_URL", parts.hostname or "", port, remedy)


def brokers(platform: Platform) -> Iterator[Line]:
    """Say that there is no live stream where none is configured; the topics show whether brokers answer."""
    if not platform.settings.kafka_bootstrap_servers:
        yield well("KAFKA_BOOTSTRAP_SERVERS", "not set: no live stream is read")


def stream(slug: str, platform: Platform) -> Iterator[Line]:
    """Ask the brokers for a kiosk museum's topic."""
    settings = platform.settings
    if not settings.kafka_bootstrap_servers:
        return
    topic = platform.kiosks(slug).topic
    subject = f"topic {topic}"
    try:
        with Kafka.from_settings(settings, ANSWER_WITHIN).reader(topic) as reader:
            count = len(reader.partitions())
    except TopicMissing:
        command = f"kafka-topics.sh --bootstrap-server {settings.kafka_bootstrap_servers} --create --topic {topic}"
        yield Line(subject, "warn", f"the brokers have no topic {topic}", f"create it: `{command}`")
    else:
        yield well(subject, f"{settings.kafka_bootstrap_servers} have it, with partitions: {count}")


def authority(platform: Platform) -> Iterator[Line]:
    """Ask the authority that makers are matched to once, where one is configured."""
    url = platform.settings.reconciliation_url
    if url:
        remedy = f"let this machine reach {host_of(url)}, correct RECONCILIATION_URL, or unset it for no matching"
        yield answer("RECONCILIATION_URL", url, remedy, {"User-Agent": platform.user_agent})


def museum_api(slug: str, platform: Platform) -> Iterator[Line]:
    """Ask a museum's API, or the server of its dump, once. What is a file on this machine is looked for."""
    subject, upper = f"museum {slug}", slug.upper()
    try:
        chosen, overrides = museum(slug), platform.overrides(slug)
    except MuseumError as error:
        yield Line(subject, "fail", str(error), f"correct its declaration, or the variables that end in _{upper}")
        return
    dump = overrides.dump
    url = dump or overrides.api_base or chosen.api_base
    if platform.settings.profile == "demo" and not (dump or overrides.api_base):
        yield well(subject, f"made up by `museum demo`; only `museum demo --live` asks {host_of(url)}")
        return
    variable = f"MUSEUM_DUMP_{upper}" if dump else f"MUSEUM_API_{upper}"
    if url.startswith("file://"):
        path = Path(unquote(urlsplit(url).path))
        there = path.exists()
        yield (
            well(subject, f"{path} is there")
            if there
            else Line(subject, "fail", f"there is no {path}", f"correct {variable}")
        )
        return
    remedy = f"let this machine reach {host_of(url)}, or correct {variable}"
    yield answer(subject, url, remedy, {"User-Agent": platform.user_agent, **chosen.headers})
