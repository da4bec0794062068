"""One seed from its plan to its verdict."""

from __future__ import annotations

import shutil
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from resources.embedded.services import Environment
from resources.postgres import Connection
from tests.robustness.accounts import Accounts
from tests.robustness.identities import Identities
from tests.robustness.oracle import Oracle, fingerprint, locks
from tests.robustness.plan import plan_of
from tests.robustness.play import Broken, Player, steps_of
from tests.robustness.production import Production
from tests.robustness.world import World, dump_tables, postgres_pid, world_of


@dataclass
class Verdict:
    """What a seed showed: nothing wrong, or what is."""

    seed: int
    seconds: float = 0
    cpu: float = 0
    """Seconds of one core that everything took, services included: what the seed costs on an idle machine."""
    planned: int = 0
    struck: int = 0
    wrong: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    evidence: str = ""


def run_seed(seed: int, services: Environment, folder: Path, evidence: Path) -> Verdict:
    """Play the plan of a seed and judge what is left. On a failure its traces are kept below `evidence`."""
    began, used, home = time.monotonic(), cpu_seconds(), Path(services["MUSEUM_HOME"])
    server, used_by_server = postgres_pid(home), cpu_seconds(postgres_pid(home))
    plan = plan_of(seed)
    shutil.rmtree(folder, ignore_errors=True)
    verdict = Verdict(seed)
    with world_of(plan, services, folder) as world:
        player = Player(world)
        try:
            for _, step in steps_of(world):
                player.play(step)
                for slug in plan.museums:
                    player.whole(slug)
            verdict.wrong = list(judged(world, player))
        except Broken as error:
            verdict.wrong = [str(error)]
        except Exception:  # noqa: BLE001 - the suite's own, or a service that it cannot use: a finding all the same
            verdict.wrong = [traceback.format_exc()]
        verdict.story, verdict.planned, verdict.struck = player.story, player.planned, player.struck
        if verdict.wrong:
            verdict.evidence = str(keep(world, verdict, evidence / f"seed-{seed}"))
    verdict.seconds, verdict.cpu = time.monotonic() - began, cpu_seconds() - used
    if postgres_pid(home) == server:  # else it was killed, and with it what it had counted
        verdict.cpu += cpu_seconds(server) - used_by_server
    shutil.rmtree(folder, ignore_errors=True)
    return verdict


def cpu_seconds(pid: int | None = None) -> float:
    """Return the seconds of CPU that a process, by default this one, and all below it have used."""
    total, root = 0.0, psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])
    return total


def judged(world: World, player: Player) -> Iterator[str]:
    """End all faults, run everything until it is quiet, and yield whatever is not as it must be."""
    world.heal()
    for slug in world.plan.museums:
        player.quieten(slug)
        if world.plan.museums[slug].hostile:
            with world.database().connect() as conn:
                yield from (f"{slug}: {difference}" for difference in Accounts(world, slug).differences(conn))
            world.cure(slug)
            player.quieten(slug)
    # When all are quiet: who a museum's makers are may hang on the makers of the others.
    for slug in world.plan.museums:
        with world.database().connect() as conn:
            before = fingerprint(conn, slug)
        promoted = player.publish(slug)
        with world.database().connect() as conn:
            yield from (f"{slug}: {difference}" for difference in differences(world, slug, promoted, conn))
            if changed := (fingerprint(conn, slug) - before):
                yield f"{slug}: a run with nothing to do did {', '.join(list(changed)[:3])}"
    with world.database().connect() as conn:
        yield from locks(conn)


def differences(world: World, slug: str, promoted: int | None, conn: Connection) -> Iterator[str]:
    """Yield whatever is not as it must be of a quiet museum, whose release `promoted` was made last."""
    yield from Oracle(world, slug).differences(conn)
    yield from Production(world, slug).differences(conn, promoted)
    if world.plan.authority:
        identities = Identities(world, slug, conn)
        yield from identities.differences(conn)
        if promoted is not None:
            yield from identities.release(conn, promoted)


def keep(world: World, verdict: Verdict, folder: Path) -> Path:
    """Keep what a failed seed left: tables, index, what its processes printed, and the story."""
    world.start_postgres()
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(world.folder, folder)
    told = [*world.plan.lines(), "", *verdict.story, "", *verdict.wrong]
    (folder / "story.txt").write_text("\n".join(told))
    dump_tables(world.database(), folder / "tables")
    return folder
