"""The databases: that they answer, which Postgres it is, what the login may do, and which version the tables have."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from museum_assets.core.failures import MuseumError
from museum_assets.core.postgres_address import address_label
from museum_assets.core.settings import where_to_set
from museum_assets.operations.doctor.line import RUN_UP, Line, well
from resources.embedded import postgres
from resources.embedded.services import own_databases
from resources.migrations import require_newest, revision
from resources.platform import Platform
from resources.postgres import Database
from sql import query
from sql.migrations import PLATFORM, PRODUCTION, History

OLDEST = 15
"""The first version of PostgreSQL that is tried (docs/servers.md)."""
MOST_SECONDS = 5.0
"""How far two clocks may be apart."""
FEWEST_CONNECTIONS = 20
"""A run takes up to six; webserver, daemon and readers' pages the rest."""


def platform(platform: Platform) -> Iterator[Line]:
    """Look at the platform's database."""
    histories = [PLATFORM] if platform.settings.production_database_url else [PLATFORM, PRODUCTION]
    yield from _configured(platform, "database_url", histories)


def production(platform: Platform) -> Iterator[Line]:
    """Look at production's database, where it is one of its own."""
    url = platform.settings.production_database_url
    if url:
        yield from _examined(Database(url, "PRODUCTION_DATABASE_URL"), [PRODUCTION])


def dagster(platform: Platform) -> Iterator[Line]:
    """Look at Dagster's own database."""
    yield from _configured(platform, "dagster_postgres_url", [])


def readers(platform: Platform) -> Iterator[Line]:
    """Look at what the readers' login may do, where they have one."""
    url = platform.settings.readers_database_url
    if not url:
        return
    database, subject = Database(url, "READERS_DATABASE_URL"), "READERS_DATABASE_URL"
    with database.connect() as conn:
        may = conn.execute(query("doctor.readers")).fetchone() or {}
    login, where = may["login"], address_label(url)
    if not may["reads"]:
        remedy = f"run `museum release roles`, then as a superuser GRANT museum_reader TO {login}"
        yield Line(subject, "fail", f"{login} may not read what is published at {where}", remedy)
    elif may["writes"]:
        remedy = "give the readers' pages a login that is a member of museum_reader and of nothing else"
        yield Line(subject, "warn", f"{login} may write to {may['writes']} tables of production at {where}", remedy)
    else:
        yield well(subject, f"{login} reads what is published at {where}, and writes nothing")


def _configured(platform: Platform, name: str, histories: list[History]) -> Iterator[Line]:
    settings = platform.settings
    url = getattr(settings, name)
    if name in own_databases(settings):
        if settings.profile == "prod":
            text = f"{name.upper()} is not set, and the profile prod runs no database of its own"
            yield Line(name.upper(), "fail", text, f"set {name.upper()} in {where_to_set()}")
            return
        if url is None or not postgres.is_running(settings.home):
            yield well(name.upper(), f"embedded in {settings.home}, not running now; {RUN_UP}")
            return
    yield from _examined(Database(url, name.upper()), histories)


def _examined(database: Database, histories: list[History]) -> Iterator[Line]:
    subject, where = database.variable, address_label(database.url)
    schemas = [each.schema for each in histories]
    with database.unchecked().connect() as conn:
        before = time.time()
        found = conn.execute(query("doctor.database"), {"schemas": schemas}).fetchone() or {}
        ahead = found["clock"] - (before + time.time()) / 2
    yield _server(subject, where, found)
    if subject == "DAGSTER_POSTGRES_URL":
        yield (
            well(subject, "Dagster's tables are there")
            if found["dagster"]
            else Line(subject, "fail", f"{where} has no tables of Dagster's", "run `museum init`")
        )
    for history in histories:
        yield _version(subject, database, history)
    yield _rights(subject, where, found)
    if abs(ahead) > MOST_SECONDS:
        behind = "ahead of" if ahead > 0 else "behind"
        text = f"its clock is {abs(ahead):.0f} s {behind} this machine's"
        yield Line(subject, "warn", text, "let both keep time by NTP: `timedatectl` shows whether a machine does")


def _server(subject: str, where: str, found: dict[str, Any]) -> Line:
    text = f"PostgreSQL {found['version']} at {where}"
    if found["number"] < OLDEST * 10000:
        return Line(subject, "fail", text, f"use PostgreSQL {OLDEST} or later")
    if found["encoding"] != "UTF8":
        remedy = "make it anew: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        return Line(subject, "fail", f"{text}, encoded in {found['encoding']}", remedy)
    if found["free"] < FEWEST_CONNECTIONS:
        remedy = "raise max_connections in postgresql.conf, or end what holds them: SELECT * FROM pg_stat_activity"
        return Line(subject, "warn", f"{text}, {found['free']} connections left", remedy)
    return well(subject, text)


def _version(subject: str, database: Database, history: History) -> Line:
    try:
        require_newest(database, history)
    except MuseumError as error:
        return Line(subject, "fail", str(error).partition(". ")[0], "run `museum init`, or read docs/operations.md")
    return well(subject, f"the schema {history.schema} has version {revision(database, history)}, the newest")


def _rights(subject: str, where: str, found: dict[str, Any]) -> Line:
    login = found["login"]
    if not found["may_create"]:
        remedy = f"as a superuser: GRANT CREATE, TEMPORARY ON DATABASE {found['name']} TO {login}"
        return Line(subject, "fail", f"{login} may not make schemas at {where}", remedy)
    if found["owned_by_others"]:
        schemas = ", ".join(found["owned_by_others"])
        remedy = "use the login that ran `museum migrate`, or make this one a member of the role that owns them"
        return Line(subject, "fail", f"{login} does not own {schemas} at {where}", remedy)
    return well(subject, f"{login} may do what migrations and runs need")
