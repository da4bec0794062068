"""Postgres addresses: checking one, and naming it without its password."""

from __future__ import annotations

from museum_assets.core.failures import MuseumError

NOT_AN_ADDRESS = (
    "not a Postgres address: it must read postgresql://user:password@host:port/database, with / ? # @ : % in the "
    "password written as %2F %3F %23 %40 %3A %25"
)


class BadAddress(MuseumError, ValueError):
    """A text is no Postgres address. The message never quotes it, since a password may be anywhere in it."""


def postgres_url(url: str) -> str:
    """Return the URL as libpq takes it: SQLAlchemy's driver suffix is dropped. Raises BadAddress."""
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise BadAddress("not a Postgres address: it must begin with postgresql://")
    plain = f"postgresql://{rest}"
    _parts(plain)
    return plain


def _parts(url: str) -> dict[str, str]:
    """Return libpq's own reading of a URL, which allows several hosts and sockets. Raises BadAddress."""
    import psycopg  # not every command needs it
    from psycopg.conninfo import conninfo_to_dict

    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        raise BadAddress(NOT_AN_ADDRESS) from None
    host, name, ports = parts.get("host", ""), parts.get("dbname", ""), parts.get("port", "")
    # What follows an unescaped / or @ of a password is read as port, database or host, which connection errors quote.
    strayed = "@" in name or ("@" in host and not host.startswith("/"))
    if strayed or not all(port.isdigit() for port in ports.split(",") if port):
        raise BadAddress(NOT_AN_ADDRESS)
    return parts


def address_label(url: str) -> str:
    """Return host and database of a connection URL, without user or password; never raises."""
    try:
        parts = _parts(postgres_url(url))
    except BadAddress:
        return "an address that is not Postgres's"
    host, port = parts.get("host", "/"), parts.get("port")
    host = "local socket" if host.startswith("/") else host
    return f"{host}{f':{port}' if port else ''}/{parts.get('dbname', '')}"
