"""Being connected: the services running and their addresses in this process's environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from museum_assets.settings import Settings, settings


@contextmanager
def connected(extra: dict[str, str] | None = None, *, for_runs: bool = False) -> Iterator[Settings]:
    """Use the services that run, or run them for as long as the block lasts. `extra` is added to the environment.

    With `for_runs` everything that Dagster runs need is prepared. With the profile demo, museums are those of the
    demo that runs. Raises as `running_services` does.
    """
    from museum_assets.cli.simulation import recorded_environment
    from resources.embedded.services import running_services

    before = dict(os.environ)
    os.environ.update(extra or {})
    settings.cache_clear()
    try:
        with running_services(settings(), for_runs=for_runs) as environment:
            os.environ.update(environment)
            if settings().profile == "demo":
                os.environ.update(recorded_environment(settings().home) or {})
            settings.cache_clear()
            yield settings()
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()
