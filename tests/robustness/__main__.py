"""`python -m tests.robustness --seeds 20`: seeds in parallel, a line for each, and how to replay a failure."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.robustness.plan import plan_of
from tests.robustness.seed import Verdict, run_seed
from tests.support.places import ROOT

EVIDENCE = ROOT / "build" / "robustness"
SHOWN = 12


def main() -> int:
    """Run seeds; the exit status is 1 when one of them fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.robustness", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--plan", action="store_true", help="print the plan and run nothing")
    parser.add_argument("--story", action="store_true", help="print what happened, also of seeds that pass")
    parser.add_argument("--workers", type=int, default=2, help="how many seeds run at the same time")
    parser.add_argument("--minutes", type=float, help="begin no seed after so many")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work()
        return 0
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    seeds = range(arguments.seed, arguments.seed + 1) if arguments.seed is not None else seeds
    if arguments.plan:
        for seed in seeds:
            say(f"seed {seed}", *(f"  {line}" for line in plan_of(seed).lines()))
        return 0
    return run(list(seeds), min(arguments.workers, len(seeds)), arguments.minutes, story=arguments.story)


def run(seeds: list[int], workers: int, minutes: float | None, *, story: bool) -> int:
    """Run seeds in so many workers and report each."""
    began = time.monotonic()
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for seed in seeds:
        waiting.put(seed)
    verdicts: list[dict[str, Any]] = []

    def serve() -> None:
        while not waiting.empty() and (minutes is None or time.monotonic() < began + 60 * minutes):
            for verdict in served(waiting, None if minutes is None else began + 60 * minutes):
                verdicts.append(verdict)
                show(verdict, story=story)

    threads = [threading.Thread(target=serve) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = sorted(verdict["seed"] for verdict in verdicts if verdict["wrong"])
    took, used = (sum(verdict[name] for verdict in verdicts) / max(len(verdicts), 1) for name in ("seconds", "cpu"))
    left = len(seeds) - len(verdicts)
    each = f"each {took:.1f} s, {used:.1f} s of CPU"
    planned, struck = (sum(verdict[name] for verdict in verdicts) for name in ("planned", "struck"))
    say(f"{struck} strikes fell of {planned} that were planned")
    say(f"{len(verdicts)} seeds in {time.monotonic() - began:.0f} s, {each}: {len(failed)} failed, {left} not begun")
    for seed in failed:
        say(f"make robustness SEED={seed}")
    return 1 if failed or left else 0


def served(waiting: queue.SimpleQueue[int], until: float | None) -> Iterator[dict[str, Any]]:
    """Give one worker seeds until none is left, or until it dies of one; yield the verdicts."""
    command = [sys.executable, "-m", "tests.robustness", "--worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as worker:
        assert worker.stdin
        assert worker.stdout
        while until is None or time.monotonic() < until:
            try:
                seed = waiting.get_nowait()
            except queue.Empty:
                break
            try:
                worker.stdin.write(f"{seed}\n")
                worker.stdin.flush()
                yield json.loads(worker.stdout.readline())
            except (OSError, ValueError):
                yield asdict(Verdict(seed, wrong=["the suite's worker died"]))
                break
        worker.stdin.close()


def show(verdict: dict[str, Any], *, story: bool) -> None:
    """Print a seed's line; for one that failed its plan, what is wrong, and how to replay it."""
    wrong, seed = verdict["wrong"], verdict["seed"]
    if story:
        say(*verdict["story"])
    if not wrong:
        say(f"seed {seed}: passed, {verdict['seconds']:.1f} s, {verdict['cpu']:.1f} s of CPU")
        return
    plan = [f"  {line}" for line in plan_of(seed).lines()]
    shown = [f"  {line}" for line in wrong[:SHOWN]]
    more = [f"  and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
    say(f"seed {seed}: FAILED, {verdict['seconds']:.1f} s", *plan, "what is wrong:", *shown, *more,
        f"its traces: {verdict['evidence']}", f"to replay it: make robustness SEED={seed}")  # fmt: skip


def say(*lines: str) -> None:
    """Print lines together."""
    sys.stdout.write("\n".join([*lines, ""]))
    sys.stdout.flush()


def work() -> None:
    """Run the seeds that arrive on standard input, on services of this worker's own."""
    # First of all: the process that every process of a plan is forked from imports everything while services start.
    multiprocessing.set_forkserver_preload(["tests.robustness.warm"])
    multiprocessing.get_context("forkserver").Process(target=int).start()
    from museum_assets.core.settings import Settings
    from museum_assets.operations.running import running_platform
    from tests.support.faster_postgres import careless

    with tempfile.TemporaryDirectory(prefix="museum-robustness-", dir=_memory()) as folder:
        Path(folder).chmod(0o755)  # for root, Postgres runs as another user
        settings = Settings(museum_home=Path(folder) / "home", museum_profile="demo")
        with running_platform(settings) as services:
            careless(services["DATABASE_URL"])
            for line in sys.stdin:
                verdict = run_seed(int(line), services, Path(folder) / "seed", EVIDENCE)
                say(json.dumps(asdict(verdict)))


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


if __name__ == "__main__":
    sys.exit(main())
