"""Dead letters in Dagster: jobs that replay and close them, and the check of their share."""

import dagster as dg
from pydantic import Field

from museum_assets.collection.kit import result
from museum_assets.dead_letters.letters import Chosen, close_letters
from museum_assets.dead_letters.ratio import dead_letter_ratio
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.failures import MuseumError
from museum_assets.settings import settings
from resources.configured import Postgres


class LettersConfig(dg.Config):
    """Which open letters: every filter that is given must hold."""

    source: str | None = Field(default=None, description="Only letters of this source, such as kiosk_stream.")
    museum: str | None = Field(default=None, description="Only letters of this museum.")
    reason: str | None = Field(default=None, description="Only letters with this reason, such as unknown_site.")
    ids: list[int] | None = Field(default=None, description="Only the letters with these numbers.")

    def chosen(self) -> Chosen:
        """Return the filter. Raises MuseumError when it would choose every letter there is."""
        chosen = Chosen(self.source, self.museum, self.reason, self.ids)
        if chosen == Chosen():
            raise MuseumError("say which letters: give a source, a museum, a reason or ids")
        return chosen


class CloseConfig(LettersConfig):
    """Which open letters, and why they are closed."""

    note: str = Field(min_length=1, description="Why they need no replay; kept with each letter.")


@dg.op(description="Sends open dead letters through their source's rules once more.", out=dg.Out(dg.Nothing))
def replay(context: dg.OpExecutionContext, config: LettersConfig, postgres: Postgres) -> None:
    """Replay the chosen letters."""
    done = replay_letters(postgres.database(), config.chosen(), f"replay_dead_letters, run {context.run_id}")
    context.add_output_metadata({"replayed": done.replayed, "refused again": done.refused, "made due": done.due})
    told = f"{done.replayed} replayed, {done.refused} refused again, {done.due} made due for the next run"
    context.log.info(told)


@dg.op(description="Closes open dead letters that need no replay.", out=dg.Out(dg.Nothing))
def close(context: dg.OpExecutionContext, config: CloseConfig, postgres: Postgres) -> None:
    """Close the chosen letters."""
    with postgres.database().connect() as conn:
        count = close_letters(conn, config.chosen(), f"close_dead_letters, run {context.run_id}", config.note)
    context.add_output_metadata({"closed": count})


@dg.job(description="Replays open dead letters: by source, museum, reason or number.")
def replay_dead_letters() -> None:
    """Replay."""
    replay()


@dg.job(description="Closes open dead letters with a note: by source, museum, reason or number.")
def close_dead_letters() -> None:
    """Close."""
    close()


dead_letter_jobs = [replay_dead_letters, close_dead_letters]


def dead_letter_check(asset: str, source: str, partitions: dg.PartitionsDefinition[str]) -> dg.AssetChecksDefinition:
    """Make the check per museum that an asset's open dead letters are within DEAD_LETTER_RATIO_LIMIT."""

    @dg.asset_check(asset=asset, name="dead_letter_ratio", description=dead_letter_ratio.__doc__,
                    partitions_def=partitions)  # fmt: skip
    def check(context: dg.AssetCheckExecutionContext, postgres: Postgres) -> dg.AssetCheckResult:
        with postgres.database().connect() as conn:
            return result(dead_letter_ratio(conn, context.partition_key, source, settings().dead_letter_ratio_limit))

    return check
