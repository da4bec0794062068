"""A stated failure is one line on a run's console; an unforeseen one keeps its stacks."""

from __future__ import annotations

import pytest
from dagster import DagsterInstance, asset, materialize  # noqa: TID251

from resources.postgres import DatabaseUnavailable
from resources.run_console import STACKS, stated_failures_in_brief


def console_of(error: Exception, capfd: pytest.CaptureFixture[str]) -> str:
    """Return what a run writes whose first asset raises `error`."""

    @asset
    def raw_metadata() -> None:
        raise error

    @asset(deps=[raw_metadata])
    def transformed_artworks() -> None: ...

    with DagsterInstance.ephemeral() as instance:
        materialize([raw_metadata, transformed_artworks], instance=instance, raise_on_error=False)
    return capfd.readouterr().err


def test_a_stated_failure_is_told_in_two_lines(capfd: pytest.CaptureFixture[str]) -> None:
    stated_failures_in_brief()
    said = console_of(DatabaseUnavailable("Postgres at x cannot be used. Check that it runs"), capfd)
    lines = [line for line in said.splitlines() if " DEBUG " not in line]
    assert len(lines) == 2, said
    assert lines[0].endswith('of step "raw_metadata" failed. Postgres at x cannot be used. Check that it runs')
    assert "Steps failed: ['raw_metadata']" in lines[1]


def test_an_unforeseen_error_keeps_its_stacks(capfd: pytest.CaptureFixture[str]) -> None:
    stated_failures_in_brief()
    assert STACKS in console_of(KeyError("title"), capfd)
