"""Dagster's code server goes on looking for runs that died, also after an outage of its storage.

The thread that looks for them ends with the first look that fails (dagster 1.13, `DagsterApiServer._cleanup_thread`).
When a run died while Postgres was away, no later death was noticed, and the server did not end at SIGTERM any more,
since the same thread ends it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from resources.postgres import DatabaseUnavailable
from resources.storage_outages import storage_needed

LOOK = "_check_for_orphaned_runs"


def keep_looking() -> None:
    """Have a code server look again after an outage; in any other process, do nothing."""
    server: Any = getattr(sys.modules.get("dagster._grpc.server"), "DagsterApiServer", None)
    if server and not hasattr(getattr(server, LOOK), "__wrapped__"):
        setattr(server, LOOK, patient(getattr(server, LOOK)))


def patient(look: Callable[..., None]) -> Callable[..., None]:
    """Return a look that an outage of Dagster's storage ends without an error; the next one comes half a second later.

    `tell_outages` has told of the outage.
    """

    @wraps(look)
    def looking(*arguments: object) -> None:
        with suppress(DatabaseUnavailable), storage_needed():
            look(*arguments)

    return looking
