"""Addresses of services: checking one, and naming it without the secrets in it. Nothing else shows an address."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, SecretStr

from museum_assets.core.postgres_address import BadAddress
from museum_assets.core.postgres_address import address_label as postgres_label

SHORTEST_SECRET = 6
"""Letters: blotting out shorter ones would make most sentences unreadable."""
NOT_A_WEB_ADDRESS = "not an address such as https://host.example.org:8443/path"
NOT_PLAIN = (
    "more than an address such as https://host.example.org:8443/path: it is printed and recorded, so that user, "
    "password and what stands behind ? or # have no place in it; keys are settings of their own"
)


def web_address(url: str, *, login: bool = False, file: bool = False, query: bool = False, at: bool = False) -> str:
    """Return the URL. Raises BadAddress for one that is none, or that holds a secret where it must not.

    Only with `login` may it hold user and password, with `file` be a file:// address, with `query` go on behind a `?`,
    with `at` hold an @ behind the host, as the webhooks of Teams do.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadAddress(NOT_A_WEB_ADDRESS) from None
    if parts.scheme == "file" and file:
        return url
    # In path, query and fragment, an @ is what follows an unescaped / ? # of a password.
    strayed = "@" in parts.path + parts.query + parts.fragment and not at
    readable = url.isprintable() and not any(letter.isspace() or letter == "\\" for letter in url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or strayed or not readable:
        raise BadAddress(NOT_A_WEB_ADDRESS)
    if "@" in parts.netloc and not login:
        raise BadAddress(NOT_PLAIN)
    if parts.fragment or "#" in url or (parts.query and not query):
        raise BadAddress(NOT_PLAIN)
    return url


def webhook_address(url: str) -> str:
    """Return the address of a webhook, which may hold secrets anywhere. Raises BadAddress."""
    return web_address(url, login=True, query=True, at=True)


def _webhook(secret: SecretStr) -> SecretStr:
    webhook_address(secret.get_secret_value())
    return secret


WebAddress = Annotated[str, AfterValidator(web_address)]
"""A setting that is shown, so that it must hold no secret."""
WebhookAddress = Annotated[SecretStr, AfterValidator(_webhook)]
"""A setting that is a secret, and must be an address all the same: a client's own complaint would quote it."""


def shown_address(url: str) -> str:
    """Return an address as it may be shown, without user, password, query and fragment; never raises.

    Of a Postgres address that is host and database. Of a webhook show only `host_of`: its path is a secret.
    """
    if url.startswith("postgres"):
        return postgres_label(url)
    try:
        parts = urlsplit(url)
        web_address(url, login=True, file=True, query=True)
    except (BadAddress, ValueError):
        return "an address that cannot be read"
    return f"{parts.scheme}://{host_of(url)}{parts.path}{'?…' if parts.query else ''}"


def host_of(url: str) -> str:
    """Return host and port of a URL in lower case, without user and password; '' for file:// and for no URL."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def secrets_of(url: str) -> list[str]:
    """Return the parts of a web address that may be secrets, for whoever quotes a server that may quote them."""
    parts = urlsplit(url)
    given = [parts.password, parts.query, *(value for _, value in parse_qsl(parts.query))]
    return sorted({text for text in given if text and len(text) >= SHORTEST_SECRET}, key=len, reverse=True)
