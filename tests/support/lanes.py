"""A pytest plugin that says what a test needs, and in which lane it runs.

What a test needs is read from its fixtures, so that nobody has to mark it by hand:

- `integration`: it starts or uses embedded services (`services`, `own_home`). `make test-fast` leaves these out.
- `shared`: it reads the folder of real records beside the repository (the fixture `shared`, or the mark itself where
  test cases are read when tests are collected).

A test that needs the folder is skipped where the folder is absent, except in CI, which refuses to start without it.
Where the folder is, no such test may be skipped for any reason.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator

import pytest

from tests.support.places import SHARED

SERVICES = frozenset({"services", "own_home"})
ABSENT = f"the folder of real records is not beside the repository, at {SHARED}"


def pytest_configure() -> None:
    """Refuse to start in CI without the shared folder: there, a skipped test would be an untested promise.

    Ctrl-C means what it says, also where a script started the tests in the background and it is ignored: Dagster's
    runs in this process would have SIGTERM ignored as well, and so would every program that a test starts afterwards.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.environ.get("CI") and not SHARED.is_dir():
        raise pytest.UsageError(f"{ABSENT}. CI needs it; unset CI to skip the tests that read it.")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by its fixtures, before `-m` selects."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & SERVICES:
            item.add_marker("integration")
        if "shared" in fixtures:
            item.add_marker("shared")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs the shared folder where it is absent."""
    if item.get_closest_marker("shared") and not SHARED.is_dir():
        pytest.skip(ABSENT)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that needs the shared folder, has it, and was skipped all the same."""
    report = yield
    elsewhere = any(item.get_closest_marker(name) for name in ("gpu", "live"))
    expected = hasattr(report, "wasxfail") or elsewhere or not item.get_closest_marker("shared")
    if report.skipped and not expected and SHARED.is_dir():
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although {SHARED} is there: {report.longrepr}"
    return report
