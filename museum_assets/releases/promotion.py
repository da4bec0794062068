"""From candidate to what readers see: validated, built beside the live release, verified, then committed by one row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from museum_assets.failures import MuseumError
from museum_assets.releases.acceptances import use
from museum_assets.releases.build import NotArrived, build, empty
from museum_assets.releases.candidate import made_at
from museum_assets.releases.record import Release, begin, find, in_state, live, move, note, set_state
from museum_assets.releases.record import retract as take_back
from museum_assets.releases.retention import prune_locked
from museum_assets.releases.schema import CANDIDATE, Table, require_same_shape, tables_of
from museum_assets.releases.summary import Change, Side, as_json, summarise
from museum_assets.releases.validation import Candidate, Verdict, against, validate
from museum_assets.releases.workplace import Workplace
from resources.postgres import Connection, scalar

Tell = Callable[[str], None]


class NotValid(MuseumError):
    """Rules stand against publishing this candidate."""

    def __init__(self, museum: str, failed: Sequence[Verdict]) -> None:
        drift = all(verdict.rule.kind == "drift" for verdict in failed)
        way = (
            "Accept it for this release (`museum release accept`), or promote with force"
            if drift
            else "Correct it; only force_invalid publishes it nevertheless"
        )
        lines = "\n".join(f"  {verdict.rule.name}: {verdict.text}" for verdict in failed)
        super().__init__(f"the candidate of {museum} is not published:\n{lines}\n{way}")
        self.failed = failed


class CanaryFailed(MuseumError):
    """Readers of the new release did not get what they should; the one before is live again."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who promotes which museum, why, and over what."""

    museum: str
    by: str
    why: str
    force: bool = False
    force_invalid: bool = False

    def __post_init__(self) -> None:
        if not self.by.strip() or not self.why.strip():
            raise MuseumError("a promotion needs who and why: neither may be empty")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a promotion would do: the verdicts, and what changes for readers."""

    museum: str
    live: int | None
    verdicts: list[Verdict]
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class Promoted:
    """What a promotion did."""

    release: Release
    previous: int | None
    committed_at: datetime
    verdicts: list[Verdict]
    changes: list[Change]
    outside: dict[str, int]
    pruned: list[int]
    left: str
    """Why not all was pruned that should have been; empty otherwise."""


def preview(work: Workplace, museum: str) -> Preview:
    """Say what a promotion would do, without doing anything. Raises NoCandidate and ShapeDrift."""
    with work.candidate(museum) as candidate:
        made_at(candidate.ours, museum)
        current, changes = look(candidate)
        return Preview(museum, current, validate(candidate), changes)


def look(candidate: Candidate) -> tuple[int | None, list[Change]]:
    """Return which release is live, and what the candidate would change."""
    museum, theirs = candidate.museum, candidate.theirs
    current = live(theirs, museum)
    new, old = Side(candidate.ours, museum, candidate=True), _shown(theirs, museum, current)
    changes = summarise(new, old, candidate.tables)
    return current, changes


def between(work: Workplace, museum: str, new: int | None, old: int | None) -> list[Change]:
    """Return what a release changes over another one; the candidate over the live one when none are named."""
    with work.connections() as (ours, theirs):
        tables = tables_of(theirs, museum)
        before = old if old is not None else live(theirs, museum)
        if new is None:
            require_same_shape(ours, theirs)
            made_at(ours, museum)
            after = Side(ours, museum, candidate=True)
        else:
            after = _shown(theirs, museum, new)
        return summarise(after, _shown(theirs, museum, before), tables)


def _shown(theirs: Connection, museum: str, number: int | None) -> Side:
    """Return a release's side of a comparison. Raises MuseumError when its rows are not there."""
    if number is None:
        return Side(theirs, museum)
    release = find(theirs, museum, number)
    if release["state"] != "ready":
        raise MuseumError(f"release {number} of {museum} is {release['state']}: its rows are not there")
    return Side(theirs, museum, release["slot"])


def promote(work: Workplace, request: Request, tell: Tell = lambda _: None) -> Promoted:
    """Publish a museum's candidate as its next release.

    Raises Busy when another promotion of this museum runs, NotValid, NotArrived, PointerMoved when somebody moved the
    pointer meanwhile, CanaryFailed after having rolled back. Nothing of it is seen by readers but the commit.
    """
    museum = request.museum
    with (
        work.locked(museum) as theirs,
        work.platform.lock(museum, CANDIDATE),
        work.candidate(museum, theirs) as candidate,
    ):
        undo_interrupted(work, theirs, museum, tell)
        finish_interrupted(work, theirs, museum, tell)
        from_candidate = made_at(candidate.ours, museum)
        current, changes = look(candidate)
        seen = Preview(museum, current, validate(candidate), changes)
        if failed := against(seen.verdicts, force=request.force, force_invalid=request.force_invalid):
            raise NotValid(museum, failed)
        forced = _forced(seen.verdicts, request)
        base = next(iter(in_state(theirs, museum, "ready")), None)
        release = begin(theirs, museum, by=request.by, why=request.why, forced=forced, candidate_made_at=from_candidate)
        tell(f"{release.name} is built beside {f'release {seen.live}' if seen.live else 'nothing'}")
        try:
            outside = _build(work, candidate, release, base.id if base else None, tell)
            note(theirs, release, summary=as_json(seen.changes), outside=outside)
            with theirs.transaction():
                set_state(theirs, release, "ready", was=["building"])
                moved = move(theirs, museum, "promote", from_=seen.live, to=release.id, by=request.by, why=request.why)
        except BaseException as error:
            # What cannot be undone now, because a server is away, is undone by the next promotion.
            with suppress(MuseumError, psycopg.Error):
                undo(work, theirs, release, str(error) or type(error).__name__)
            raise
        tell(f"{release.name} is live")
        use(candidate.ours, [v.accepted["id"] for v in seen.verdicts if v.accepted], release.id)
        if wrong := _watch(work, theirs, release, seen.live):
            raise CanaryFailed(wrong)
        pruned, left = _prune(work, theirs, museum, tell)
    return Promoted(release, seen.live, moved, seen.verdicts, seen.changes, outside, pruned, left)


def _prune(work: Workplace, theirs: Connection, museum: str, tell: Tell) -> tuple[list[int], str]:
    """Prune; what cannot be pruned now is no failure of the promotion, which is over, and is left to the next one."""
    try:
        return prune_locked(work, theirs, museum, tell), ""
    except (MuseumError, psycopg.Error) as error:
        left = f"old releases were not pruned, the next promotion does it: {error}"
        tell(left)
        return [], left


def _forced(verdicts: Sequence[Verdict], request: Request) -> dict[str, Any]:
    forced: dict[str, Any] = {}
    for verdict in verdicts:
        if verdict.accepted:
            who = verdict.accepted
            forced[verdict.rule.name] = {
                "accepted_by": who["accepted_by"],
                "why": who["why"],
                "until": str(who["until"]),
            }
        elif not verdict.finding.passed:
            forced[verdict.rule.name] = {"forced_by": request.by, "why": request.why}
        else:
            continue
        forced[verdict.rule.name]["finding"] = verdict.finding.description
    return forced


def _build(work: Workplace, candidate: Candidate, release: Release, base: int | None, tell: Tell) -> dict[str, int]:
    theirs = candidate.theirs
    contents = build(candidate.ours, theirs, candidate.tables, release, same=work.same, tell=tell)
    note(theirs, release, counts={name: found.rows for name, found in contents.items()},
         checksums={name: found.checksum for name, found in contents.items()})  # fmt: skip
    if not _has_outside(candidate.tables):
        return {}
    outside = work.outside.publish(release.museum, release.id, base, tell)
    if problems := work.outside.verify(release.museum, release.id):
        raise NotArrived(f"{release.name} is not complete outside Postgres: {'; '.join(problems)}")
    return outside


def _has_outside(tables: Sequence[Table]) -> bool:
    """Say whether releases of this kind of museum have points and thumbnails."""
    return any(table.name == "index_status" for table in tables)


def _watch(work: Workplace, theirs: Connection, release: Release, before: int | None) -> str:
    """Ask production what readers would, and go back when the answers are wrong. Returns what happened, if anything."""
    try:
        problems = work.canary(release.museum)
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody has seen that readers get what they should
        problems = [f"it could not ask: {error}"]
    if not problems:
        theirs.execute(
            "UPDATE production.release SET watched_at = now() WHERE museum = %s AND release_id = %s",
            (release.museum, release.id),
        )
        return ""
    why = f"the canary of release {release.id} failed: {'; '.join(problems)}"
    if before is None:
        take_back(theirs, release.museum, by="canary", why=why)
    else:
        move(theirs, release.museum, "automatic_rollback", from_=release.id, to=before, by="canary", why=why)
    note(theirs, release, message=why)
    now = f"release {before} is live again" if before else f"{release.museum} is retracted, for nothing was live before"
    return f"{release.name} was rolled back by itself: {why}. Now {now}"


def finish_interrupted(work: Workplace, theirs: Connection, museum: str, tell: Tell = lambda _: None) -> None:
    """Ask the canary of a live release whose promotion was killed between its commit and its canary."""
    current = live(theirs, museum)
    if current is None or (found := find(theirs, museum, current))["watched_at"] is not None:
        return
    before = scalar(theirs, "SELECT production.live_before(%s)", (museum,))
    tell(
        _watch(work, theirs, Release(museum, current, found["slot"]), before) or f"release {current} passed its canary"
    )


def undo(work: Workplace, theirs: Connection, release: Release, message: str) -> None:
    """Take back what an unfinished release made. Repeating it finishes what was begun."""
    tables = tables_of(theirs, release.museum)
    if _has_outside(tables):
        work.outside.withdraw(release.museum, release.id)
    empty(theirs, tables, release.museum, release.slot)
    set_state(theirs, release, "failed", was=["building"], message=message)


def undo_interrupted(work: Workplace, theirs: Connection, museum: str, tell: Tell = lambda _: None) -> list[int]:
    """Undo the releases whose promotion was killed: this one holds the lock, so nobody builds them any more."""
    left = in_state(theirs, museum, "building")
    for release in left:
        undo(work, theirs, release, "interrupted; undone by the next promotion")
        tell(f"{release.name} was interrupted and is undone")
    return [release.id for release in left]
