"""An outage of the Postgres that holds Dagster's storage, told in a few lines.

Each of Dagster's loops, sensors and retries writes what the driver and SQLAlchemy say, with the statement, its values
and a traceback: thousands of lines in a minute. Here the error says in one line which server is away, and what else
this process logs of it is left out.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster_postgres.utils
import psycopg2.extensions  # type: ignore[import-untyped]
from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.exc import DisconnectionError, OperationalError

from museum_assets.core.failures import MuseumError
from museum_assets.core.outage import Outage
from resources.postgres import DatabaseUnavailable, is_outage, unavailable

MARK = "and that DAGSTER_POSTGRES_URL is right"
"""Part of every message about an outage, by which it is known in whatever text quotes it."""
log = logging.getLogger("dagster.storage")
"""Below Dagster's own logger, whose handlers its processes set up."""


class StorageAway(OperationalError):
    """Dagster's storage cannot be reached. Dagster's retries know it as SQLAlchemy's own error."""

    def __init__(self, words: str, orig: BaseException) -> None:
        super().__init__(None, None, orig, connection_invalidated=True)
        self.words = words

    def __str__(self) -> str:
        return self.words


class _OutageLog(logging.Filter):
    """Leaves out of this process's logs what they say about an outage, but for the lines of `Outage`."""

    def __init__(self) -> None:
        super().__init__()
        self.outage = Outage(log.warning, "Dagster's storage", "reached")
        self._lock = threading.RLock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record is to be written."""
        if record.name == log.name:
            return True
        error = record.exc_info[1] if record.exc_info else None
        return MARK not in record.getMessage() and not (error and MARK in "".join(traceback.format_exception(error)))

    def goes_on(self, words: str) -> None:
        """Take a connection that was refused or lost."""
        with self._lock:
            for handler in _handlers():  # now: Dagster's processes set theirs up after the storage
                handler.addFilter(self)
            self.outage.goes_on(words)

    def over(self) -> None:
        """Take a connection that was made."""
        if self.outage.since is not None:
            with self._lock:
                self.outage.over()


outage_log = _OutageLog()


def tell_outages() -> None:
    """Have outages of Dagster's storage told in a few lines, in this process from now on."""
    if not event.contains(Engine, "handle_error", _in_words):
        event.listen(Engine, "handle_error", _in_words)
        event.listen(Engine, "connect", _reached)
        event.listen(Engine, "checkout", _still_there)
        # Its retries warn by `logging.warning`, which gives the root logger a handler where it has none: from then on
        # the daemon wrote every line twice.
        dagster_postgres.utils.logging = logging.getLogger("dagster.postgres")  # type: ignore[assignment,attr-defined]


def _handlers() -> list[logging.Handler]:
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    found = [handler for each in loggers if isinstance(each, logging.Logger) for handler in each.handlers]
    return found + ([logging.lastResort] if logging.lastResort else [])


def _in_words(context: ExceptionContext) -> StorageAway | None:
    """Replace the error of a connection that was refused or lost."""
    error: Any = context.original_exception
    if not isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) or not is_outage(error.pgcode):
        return None
    url = context.engine.url.render_as_string(hide_password=False) if context.engine else ""
    words = str(unavailable(url, error, "DAGSTER_POSTGRES_URL"))
    outage_log.goes_on(words)
    return StorageAway(words, error)


def _reached(connection: Any, record: Any) -> None:
    if isinstance(connection, psycopg2.extensions.connection):  # the platform itself uses psycopg 3
        record.info["made just now"] = True
        outage_log.over()


def _still_there(connection: Any, record: Any, _: object) -> None:
    """Have a connection that was kept made anew when the server went away since.

    Dagster's webserver keeps one for each storage: after an outage the first launch failed.
    """
    if isinstance(connection, psycopg2.extensions.connection) and not record.info.pop("made just now", False):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg2.Error as error:
            raise DisconnectionError from error


@contextmanager
def storage_needed() -> Iterator[None]:
    """Raise DatabaseUnavailable where Dagster's storage went away inside."""
    try:
        yield
    except MuseumError:
        raise
    except Exception as error:
        cause: BaseException | None = error
        while cause:
            if isinstance(cause, StorageAway):
                raise DatabaseUnavailable(cause.words) from error
            cause = cause.__cause__ or cause.__context__
        raise
