"""What a run in this process leaves behind in it."""

from __future__ import annotations

import signal

import dagster as dg  # noqa: TID251 - a run in this process is what is tested

from museum_assets.cli.run import own_sigterm


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
