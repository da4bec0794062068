"""From candidate to what readers see: validated, built beside the live release, verified, then committed by one row."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from museum_assets.core.failures import MuseumError
from museum_assets.core.progress import OnLine, no_line
from museum_assets.releases.checks import validate
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.promotion.build import NotArrived, build, empty, fill_search
from museum_assets.releases.promotion.preview import compare_with_live
from museum_assets.releases.promotion.request import NotValid, PromotionRequest
from museum_assets.releases.promotion.retention import prune_locked
from museum_assets.releases.promotion.summary import TableChange, as_json
from museum_assets.releases.record import (
    Release,
    begin,
    clear_pointer,
    find,
    in_state,
    live,
    live_before,
    move_pointer,
    note,
    set_state,
)
from museum_assets.releases.rules import Candidate, Verdict, blocking_verdicts
from museum_assets.releases.schema import CANDIDATE, Table, slot_tables
from museum_assets.releases.staging.acceptances import use
from museum_assets.releases.staging.candidate import CORRECTIONS, made, made_at
from resources.postgres import Connection


class CanaryFailed(MuseumError):
    """Readers of the new release did not get what they should; the one before is live again."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """What a promotion did."""

    release: Release
    previous: int | None
    committed_at: datetime
    verdicts: list[Verdict]
    changes: list[TableChange]
    outside: dict[str, int]
    pruned: list[int]
    left: str
    """Why not all was pruned that should have been; empty otherwise."""

    @property
    def warnings(self) -> list[str]:
        """What goes along with the release and is no reason against it, such as vectors of the demo's model."""
        return warnings(self.verdicts)


def promote(desk: ReleaseDesk, request: PromotionRequest, on_progress: OnLine = no_line) -> Promotion:
    """Publish a museum's candidate as its next release.

    Raises Busy when another promotion of this museum runs, NotValid, NotArrived, PointerMoved when somebody moved the
    pointer meanwhile, CanaryFailed after having rolled back. Nothing of it is seen by readers but the commit.
    """
    museum = request.museum
    with (
        desk.locked(museum) as production,
        desk.platform.lock(museum, CANDIDATE),
        desk.candidate(museum, production) as candidate,
    ):
        undo_interrupted(desk, production, museum, on_progress)
        finish_interrupted(desk, production, museum, on_progress)
        from_candidate = made_at(candidate.platform, museum)
        current, changes = compare_with_live(candidate)
        verdicts = validate(candidate)
        if failed := blocking_verdicts(verdicts, force=request.force, force_invalid=request.force_invalid):
            raise NotValid(request, failed)
        forced = _forced(verdicts, request)
        base = next(iter(in_state(production, museum, "ready")), None)
        release = begin(
            production, museum, by=request.by, why=request.why, forced=forced, candidate_made_at=from_candidate
        )
        on_progress(f"{release.name} is built beside {f'release {current}' if current else 'nothing'}")
        try:
            outside = _build(desk, candidate, release, base.id if base else None, on_progress)
            note(production, release, summary=as_json(changes), outside=outside, warnings=warnings(verdicts))
            with production.transaction():
                set_state(production, release, "ready", was=["building"])
                moved = move_pointer(
                    production, museum, "promote", from_=current, to=release.id, by=request.by, why=request.why
                )
        except BaseException as error:
            # What cannot be undone now, because a server is away, is undone by the next promotion.
            with suppress(MuseumError, psycopg.Error):
                undo(desk, production, release, str(error) or type(error).__name__)
            raise
        on_progress(f"{release.name} is live")
        use(candidate.platform, [v.accepted["id"] for v in verdicts if v.accepted], release.id)
        if wrong := _ask_canary(desk, production, release, current):
            raise CanaryFailed(wrong)
        pruned, left = _prune(desk, production, museum, on_progress)
    return Promotion(release, current, moved, verdicts, changes, outside, pruned, left)


def warnings(verdicts: Sequence[Verdict]) -> list[str]:
    """Return the texts of the rules that warn."""
    return [verdict.text for verdict in verdicts if verdict.warns]


def _prune(desk: ReleaseDesk, production: Connection, museum: str, on_progress: OnLine) -> tuple[list[int], str]:
    """Prune; what cannot be pruned now is no failure of the promotion, which is over, and is left to the next one."""
    try:
        return prune_locked(desk, production, museum, on_progress), ""
    except (MuseumError, psycopg.Error) as error:
        left = f"old releases were not pruned, the next promotion does it: {error}"
        on_progress(left)
        return [], left


def _forced(verdicts: Sequence[Verdict], request: PromotionRequest) -> dict[str, Any]:
    forced: dict[str, Any] = {}
    for verdict in verdicts:
        if verdict.accepted:
            who = verdict.accepted
            forced[verdict.rule.name] = {
                "accepted_by": who["accepted_by"],
                "why": who["why"],
                "until": str(who["until"]),
            }
        elif verdict.blocks:
            forced[verdict.rule.name] = {"forced_by": request.by, "why": request.why}
        else:
            continue
        forced[verdict.rule.name]["finding"] = verdict.finding.description
    return forced


def _build(
    desk: ReleaseDesk, candidate: Candidate, release: Release, base: int | None, on_progress: OnLine
) -> dict[str, int]:
    production = candidate.production
    digests = build(candidate.platform, production, candidate.tables, release, same=desk.same, on_progress=on_progress)
    corrected = {name: count for name, count in made(candidate.platform, release.museum)["counts"].items()
                 if name == CORRECTIONS}  # fmt: skip
    for count in corrected.values():
        on_progress(f"corrections: {count}")
    note(production, release, counts={name: found.rows for name, found in digests.items()} | corrected,
         checksums={name: found.checksum for name, found in digests.items()})  # fmt: skip
    if not _has_outside(candidate.tables):
        return {}
    fill_search(production, release, on_progress)
    outside = desk.outside.add(release.museum, release.id, base, on_progress)
    if problems := desk.outside.verify(release.museum, release.id):
        raise NotArrived(f"{release.name} is not complete outside Postgres: {'; '.join(problems)}")
    desk.outside.show(release.museum, release.id)
    return outside


def _has_outside(tables: Sequence[Table]) -> bool:
    """Say whether releases of this kind of museum have points and thumbnails."""
    return any(table.name == "index_status" for table in tables)


def _ask_canary(desk: ReleaseDesk, production: Connection, release: Release, before: int | None) -> str:
    """Ask production what readers would, and go back when the answers are wrong. Returns what happened, if anything."""
    try:
        problems = desk.canary(release.museum)
    except Exception as error:  # noqa: BLE001 - whatever it is, nobody has seen that readers get what they should
        problems = [f"it could not ask: {error}"]
    if not problems:
        production.execute(
            "UPDATE production.release SET watched_at = now() WHERE museum = %s AND release_id = %s",
            (release.museum, release.id),
        )
        return ""
    why = f"the canary of release {release.id} failed: {'; '.join(problems)}"
    if before is None:
        clear_pointer(production, release.museum, by="canary", why=why)
    else:
        move_pointer(
            production, release.museum, "automatic_rollback", from_=release.id, to=before, by="canary", why=why
        )
    note(production, release, message=why)
    now = f"release {before} is live again" if before else f"{release.museum} is retracted, for nothing was live before"
    return f"{release.name} was rolled back by itself: {why}. Now {now}"


def finish_interrupted(desk: ReleaseDesk, production: Connection, museum: str, on_progress: OnLine = no_line) -> None:
    """Ask the canary of a live release whose promotion was killed between its commit and its canary."""
    current = live(production, museum)
    if current is None or (found := find(production, museum, current))["watched_at"] is not None:
        return
    before = live_before(production, museum)
    on_progress(
        _ask_canary(desk, production, Release(museum, current, found["slot"]), before)
        or f"release {current} passed its canary"
    )


def undo(desk: ReleaseDesk, production: Connection, release: Release, message: str) -> None:
    """Take back what an unfinished release made. Repeating it finishes what was begun."""
    tables = slot_tables(production, release.museum)
    if _has_outside(tables):
        desk.outside.undo(release.museum, release.id)
    empty(production, tables, release.museum, release.slot)
    set_state(production, release, "failed", was=["building"], message=message)


def undo_interrupted(
    desk: ReleaseDesk, production: Connection, museum: str, on_progress: OnLine = no_line
) -> list[int]:
    """Undo the releases whose promotion was killed: this one holds the lock, so nobody builds them any more."""
    left = in_state(production, museum, "building")
    for release in left:
        undo(desk, production, release, "interrupted; undone by the next promotion")
        on_progress(f"{release.name} was interrupted and is undone")
    return [release.id for release in left]
