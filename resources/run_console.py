"""What a run's process writes to its console where a step fails for a reason that the platform states.

Dagster writes the error with the stacks of all its causes, for the step and again for the run: an outage of Postgres
left 160 lines in the code server's log. The sentence alone is written here; the stacks are in the run's events, in
the UI. Steps that wait for the failed one are no errors of their own: Dagster wrote a line for each.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

from museum_assets.core.failures import MuseumError

CONSOLE = "dagster"
"""The name of the logger that Dagster gives a run for its console (dagster._loggers.colored_console_logger)."""
STACKS = "Stack Trace:"


def stated_failures_in_brief() -> None:
    """Leave the stacks of stated failures out of this process's console, from now on."""
    make = logging.getLogRecordFactory()
    if not isinstance(make, _Brief):
        logging.setLogRecordFactory(_Brief(make))


class _Brief:
    """Makes log records as before, shorter where they quote a stated failure."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self.make = make

    def __call__(self, *args: object, **kwargs: object) -> logging.LogRecord:
        record = self.make(*args, **kwargs)
        if record.name == CONSOLE:
            told = str(record.msg)
            if STACKS in told:
                record.msg = in_brief(told)
            elif told.endswith(" Not executing."):
                record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
        return record


def in_brief(told: str) -> str:
    """Return an event as Dagster's console tells it, without stacks where a stated failure is among its causes."""
    head, *rest = told.splitlines()
    names = {each.__name__ for each in _all_below(MuseumError)}
    for line in rest:
        found = re.match(r"[\w.]*?(\w+): (.+)", line)
        if found and found[1] in names:
            return f"{head} {found[2]}" if " STEP_FAILURE " in head else head
    return told


def _all_below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _all_below(each)
