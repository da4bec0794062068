"""What a run in this process leaves behind in it."""

from __future__ import annotations

import signal

import dagster as dg  # noqa: TID251 - a run in this process is what is tested
import pytest

from museum_assets.cli.run import Controls, materialize, own_sigterm
from resources.platform import Platform


@dg.op
def nothing() -> None: ...


@dg.job(executor_def=dg.in_process_executor)
def run() -> None:
    nothing()


def test_sigterm_still_stops_a_program_whose_sigint_is_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN), signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with own_sigterm():
            assert run.execute_in_process().success
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])


def test_an_asset_that_is_not_in_use_is_no_success(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dg.DagsterInstance, "get", staticmethod(dg.DagsterInstance.ephemeral))
    (ran,) = materialize(["live_feedback"], ["lmnh"], Controls())
    assert (ran.success, ran.good, ran.assets) == (True, False, {})
    assert ran.errors == ["live_feedback is not materialized: there is no live stream: set KAFKA_BOOTSTRAP_SERVERS"]
