"""Playing a plan: its processes are started, killed and waited for, and at the end everything is run until quiet."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from museum_assets.core.crashes import INTERNAL
from museum_assets.releases.record import find, live
from tests.robustness.actions import TERMINATED, UNFORESEEN, Action, Job, perform
from tests.robustness.plan import Process, Step, described
from tests.robustness.tripwire import STRUCK
from tests.robustness.world import World

PATIENCE = 90.0
"""Seconds that a process of a step may take; one that takes longer hangs."""
PASSES = 3
"""Rounds of three runs in which everything must have become quiet after the last fault."""

MOVES = ("done", "rejected", "duplicate", "failed", "removed", "changed")
"""Counts of a stage that say that it did something."""


class Broken(AssertionError):
    """Something is not as the model says."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, and what it reports of its actions."""

    process: Process
    status: int
    results: list[dict[str, Any]]
    log: Path
    seconds: float

    @property
    def struck(self) -> bool:
        """Whether the process came to the operation at which it was to be struck."""
        return STRUCK in self.log.read_text()

    def __str__(self) -> str:
        told = "; ".join(_told(result) for result in self.results) or "nothing reported"
        struck = "struck" if self.struck else "undisturbed"
        return f"{self.seconds:4.1f} s {self.process} -> {struck}, {self.status}: {told}"


class Player:
    """Plays steps on a world, and notes what happened in `story`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.story: list[str] = []
        self.planned = self.struck = 0
        """Strikes that were planned, and those that fell."""
        self._jobs = 0
        self._context = multiprocessing.get_context("forkserver")

    def play(self, step: Step) -> list[Ended]:
        """Take one step. Raises Broken for a process that hangs, or ends as none may."""
        if step.mishap == "postgres restarts":
            self.world.restart_postgres()
        elif step.mishap == "the index is lost":
            self.world.lose_index()
        ended = self.run(*step.processes)
        self.story.append(step.mishap or "\n".join(map(str, ended)))
        self.world.proxy.mishaps.clear()
        self.world.start_postgres()
        return ended

    def run(self, *processes: Process) -> list[Ended]:
        """Run processes at the same time and return how they ended."""
        started = [(process, *self._start(process)) for process in processes]
        ended, began = [], time.monotonic()
        try:
            for process, child, report in started:
                self._await(process, child, report)
                results = json.loads(report.read_text()) if report.exists() else []
                took = time.monotonic() - began
                ended.append(Ended(process, child.exitcode, results, report.with_suffix(".log"), took))
        finally:
            for _, child, _ in started:
                child.kill()
        for each in ended:
            self.planned += each.process.strike is not None
            self.struck += each.struck
            self._judge(each)
        return ended

    def _start(self, process: Process) -> tuple[Any, Path]:
        self._jobs += 1
        report = self.world.folder / f"job-{self._jobs:03}.json"
        job = Job(dict(self.world.environment), process.actions, process.strike, str(report))
        child = self._context.Process(target=perform, args=(job,))
        child.start()
        return child, report

    def _await(self, process: Process, child: Any, report: Path) -> None:
        child.join(PATIENCE)
        if child.exitcode is not None:
            return
        os.kill(child.pid, signal.SIGUSR1)
        time.sleep(0.5)
        child.kill()
        child.join()
        stacks = report.with_suffix(".log").read_text()[-4000:]
        raise Broken(f"it hangs: {process}\n{stacks}")

    def _judge(self, ended: Ended) -> None:
        strike = ended.process.strike
        allowed = {0}
        if strike and strike.kind == "kill":
            allowed.add(-signal.SIGKILL)
        if strike and strike.kind == "term":
            allowed |= {TERMINATED, -signal.SIGTERM}
        if ended.status not in allowed:
            what = "an exception that nothing foresees" if ended.status == UNFORESEEN else f"status {ended.status}"
            raise Broken(f"{what}: {ended.process}\n{ended.log.read_text()[-6000:]}")
        for result in ended.results:
            for stage, counts in result["counts"].items():
                hostile = self.world.plan.museums[result["action"]["museum"]].hostile
                if INTERNAL in counts.get("codes", ()) and not hostile:
                    raise Broken(f"records failed in {stage} as nothing foresees: {ended}")

    def quieten(self, slug: str) -> None:
        """Run a museum without any fault until nothing is left to do. Raises Broken when it does not come to that."""
        force = False
        for _ in range(PASSES):
            # The first ends what was interrupted, the second tries again what failed, the third has nothing to do.
            runs = (Action("run", slug, force=force), Action("run", slug, retry_failed=True), Action("run", slug))
            harvested, *stages = self._last(runs)
            moved = harvested["new"] + harvested["changed"] + harvested["withdrawn"]
            busy = sum(each.get(name, 0) for each in stages for name in MOVES)
            if harvested["state"] == "complete" and not (moved or busy or harvested["resumed"]):
                return
            # So many are gone that a person has to say that they are.
            force = bool(harvested["withheld"])
        raise Broken(f"{slug} is not quiet after {3 * PASSES} runs: {self.story[-1]}")

    def publish(self, slug: str) -> int | None:
        """Stage and promote a museum without any fault, and run it; return its release.

        Returns None when there is nothing to show.
        """
        actions = (Action("stage", slug), Action("promote", slug, force=True), *self._whole_run(Action("run", slug)))
        try:
            return int(self._counts(actions)[1]["promotion"]["release"])
        except Broken as error:
            if "nothing_staged" in str(error):
                return None
            raise

    def _whole_run(self, run: Action) -> tuple[Action, ...]:
        return (run, replace(run, do="enrich")) if self.world.plan.authority else (run,)

    def _last(self, runs: tuple[Action, ...]) -> list[dict[str, Any]]:
        """Do runs that nothing disturbs; return what the harvest and every stage counted in the last of them."""
        actions = [self._whole_run(run) for run in runs]
        counts = self._counts(tuple(itertools.chain.from_iterable(actions)))
        return [each for found in counts[-len(actions[-1]) :] for each in found.values()]

    def _counts(self, actions: tuple[Action, ...]) -> list[dict[str, Any]]:
        """Do what nothing disturbs and return the counts of each action. Raises Broken for one that fails."""
        for _ in range(5):
            (ended,) = self.run(Process(actions))
            self.story.append(str(ended))
            errors = [result for result in ended.results if result["error"] is not None]
            # The connection of a killed process may take moments to be noticed.
            if not any(result["kind"] == "Busy" for result in errors):
                break
        for result in errors:
            raise Broken(f"{described(Action(**result['action']))} fails although nothing does: {result['error']}")
        return [result["counts"] for result in ended.results]

    def whole(self, slug: str) -> None:
        """Check that readers see one complete release of a museum, or none. Raises Broken."""
        with self.world.platform.production().connect() as conn:
            number = live(conn, slug)
            if number is None:
                return
            release = find(conn, slug, number)
            if release["state"] != "ready":
                raise Broken(f"readers of {slug} see release {number}, which is {release['state']}")
            for table, rows in release["counts"].items():
                found = conn.execute(
                    f"SELECT count(*) AS rows, count(*) FILTER (WHERE release_id <> %s) AS others"
                    f" FROM production.{table} WHERE museum = %s",
                    (number, slug),
                ).fetchone()
                if found != {"rows": rows, "others": 0}:
                    raise Broken(f"readers of {slug} see {found} of {table}, release {number} has {rows}")


def _told(result: dict[str, Any]) -> str:
    action = described(Action(**result["action"]))
    counts = "; ".join(f"{name} {_brief(values)}" for name, values in result["counts"].items())
    return f"{action} {counts} {(result['kind'] or '') + ': ' + result['error'][:300] if result['error'] else ''}"


def _brief(values: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items() if value and name not in {"seconds", "scopes"})


def steps_of(world: World) -> Iterator[tuple[int, Step]]:
    """Yield the steps of a plan, with the number of their round, after bringing the museums to its state."""
    for number, round_ in enumerate(world.plan.rounds, 1):
        world.enter(round_)
        for step in round_.steps:
            yield number, step
