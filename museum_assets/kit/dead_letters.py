"""Dead letters in Dagster: jobs that replay and close them."""

import dagster as dg
from pydantic import Field

from museum_assets.core.failures import MuseumError
from museum_assets.dead_letters.letters import LetterFilter, close_letters
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.dead_letters.sources import Sources
from resources.dagster_resources import PlatformResource


class LettersConfig(dg.Config):
    """Which open letters: every filter that is given must hold."""

    source: str | None = Field(default=None, description="Only letters of this source, such as kiosk_stream.")
    museum: str | None = Field(default=None, description="Only letters of this museum.")
    reason: str | None = Field(default=None, description="Only letters with this reason, such as unknown_site.")
    ids: list[int] | None = Field(default=None, description="Only the letters with these numbers.")

    def letter_filter(self) -> LetterFilter:
        """Return the filter. Raises MuseumError when it would choose every letter there is."""
        wanted = LetterFilter(self.source, self.museum, self.reason, self.ids)
        if wanted == LetterFilter():
            raise MuseumError("say which letters: give a source, a museum, a reason or ids")
        return wanted


class CloseConfig(LettersConfig):
    """Which open letters, and why they are closed."""

    note: str = Field(min_length=1, description="Why they need no replay; kept with each letter.")


def dead_letter_jobs(sources: Sources) -> list[dg.JobDefinition]:
    """Make the jobs that replay letters of these sources, and that close letters of any."""

    @dg.op(description="Sends open dead letters through their source's rules once more.", out=dg.Out(dg.Nothing))
    def replay(context: dg.OpExecutionContext, config: LettersConfig, platform: PlatformResource) -> None:
        by = f"replay_dead_letters, run {context.run.run_id}"
        done = replay_letters(platform.get().database(), sources, config.letter_filter(), by)
        context.add_output_metadata({"replayed": done.replayed, "refused again": done.refused, "made due": done.due})
        line = f"{done.replayed} replayed, {done.refused} refused again, {done.due} made due for the next run"
        context.log.info(line)

    @dg.op(description="Closes open dead letters that need no replay.", out=dg.Out(dg.Nothing))
    def close(context: dg.OpExecutionContext, config: CloseConfig, platform: PlatformResource) -> None:
        with platform.get().database().connect() as conn:
            count = close_letters(
                conn, config.letter_filter(), f"close_dead_letters, run {context.run.run_id}", config.note
            )
        context.add_output_metadata({"closed": count})

    @dg.job(description="Replays open dead letters: by source, museum, reason or number.")
    def replay_dead_letters() -> None:
        replay()

    @dg.job(description="Closes open dead letters with a note: by source, museum, reason or number.")
    def close_dead_letters() -> None:
        close()

    return [replay_dead_letters, close_dead_letters]
