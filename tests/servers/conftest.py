"""Fixtures for tests against real servers; without the plugin that starts them, the tests are skipped."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.servers.plugin import SERVERS, Servers
from tests.servers.process import ServerProcess

Own = Callable[[str], ServerProcess]


@pytest.fixture
def servers(request: pytest.FixtureRequest) -> Servers:
    """The servers that run."""
    found: Servers | None = request.config.stash.get(SERVERS, None)
    if found is None:
        pytest.skip("run `make test-servers`")
    return found


@pytest.fixture
def own(servers: Servers) -> Own:
    """A server by its name, which this process started and the test may stop."""

    def find(name: str) -> ServerProcess:
        if name not in servers.own:
            pytest.skip(servers.missing.get(name, f"{name} was given, and a test must be able to stop it"))
        return servers.own[name]

    return find
