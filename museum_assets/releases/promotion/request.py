"""Who promotes what, why and over what; and what is said when rules stand against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from museum_assets.core.failures import MuseumError
from museum_assets.releases import commands
from museum_assets.releases.rules import Verdict


@dataclass(frozen=True, slots=True)
class PromotionRequest:
    """Who promotes which museum, why, and over what."""

    museum: str
    by: str
    why: str
    force: bool = False
    force_invalid: bool = False

    def __post_init__(self) -> None:
        if not self.by.strip() or not self.why.strip():
            raise MuseumError("a promotion needs who and why: neither may be empty")


class NotValid(MuseumError):
    """Rules stand against promoting this candidate."""

    def __init__(self, request: PromotionRequest, failed: Sequence[Verdict]) -> None:
        lines = [f"  {verdict.rule.name}: {verdict.text}" for verdict in failed]
        said = [f"the candidate of {request.museum} is not promoted:", *lines, *_ways(request, failed)]
        super().__init__("\n".join(said))
        self.failed = failed


def _ways(request: PromotionRequest, failed: Sequence[Verdict]) -> Iterator[str]:
    """Yield what each kind of finding takes, with commands that can be pasted."""
    museum = request.museum
    kinds = {verdict.rule.kind for verdict in failed}
    if "incomplete" in kinds:
        names = ", ".join(verdict.rule.name for verdict in failed if verdict.rule.kind == "incomplete")
        yield f"Nothing promotes over {names}: without it the release could not be built or shown."
    if drifts := [verdict.rule.name for verdict in failed if verdict.rule.kind == "drift"]:
        until = datetime.now().astimezone() + timedelta(days=7)
        accept = f'museum release accept {museum} {drifts[0]} --until {until:%Y-%m-%d} --why "…"'
        yield f"Drift that is expected is accepted in advance, for one release: `{accept}`."
    if "incomplete" not in kinds:
        invalid = request.force_invalid or bool(kinds - {"drift"})
        options = [*(["--force"] if drifts or request.force else []), *(["--force-invalid"] if invalid else [])]
        fields = " and ".join(option.removeprefix("--").replace("-", "_") for option in options)
        yield (
            f"To promote over it nevertheless: {commands.promote(museum, *options)}; in the launchpad of "
            f"promoted_database it is {fields}."
        )
