"""Being connected: the services running and their addresses in this process's environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from resources.platform import Platform


@contextmanager
def exported(variables: Mapping[str, str]) -> Iterator[None]:
    """Have these variables in the environment for as long as the block lasts; what it sets itself goes with them."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def connected(*, for_runs: bool = False) -> Iterator[Platform]:
    """Use the services that run, or run them for as long as the block lasts.

    With `for_runs` everything that Dagster runs need is prepared. With the profile demo, museums are those of the
    demo that runs, and buckets and topics its own. Raises as `running_platform` does.
    """
    from museum_assets.cli.simulation import chosen_names, recorded_environment
    from museum_assets.operations.running import running_platform

    with exported({}):
        settings = Platform.from_settings().settings
        if settings.profile == "demo":
            os.environ.update(chosen_names(settings.home))
        with running_platform(Platform.from_settings().settings, for_runs=for_runs) as environment:
            os.environ.update(environment)
            platform = Platform.from_settings()
            if platform.settings.profile == "demo":
                os.environ.update(recorded_environment(platform.settings.home) or {})
                platform = Platform.from_settings()
            yield platform
