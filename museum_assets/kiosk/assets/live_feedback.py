"""live_feedback: presses of a museum's live stream, in the kiosks' tables."""

import time
from collections.abc import Iterator
from typing import Any

import dagster as dg
from pydantic import Field

from museum_assets.core.progress import Progress
from museum_assets.kiosk.stream.stream import StreamBooks, consume
from museum_assets.kit.assets import asset_of
from partitions import kiosk_partitions
from resources.dagster_resources import PlatformResource


class StreamConfig(dg.Config):
    """The operator's controls."""

    max_seconds: float = Field(
        default=900, gt=0, description="Stop after this many seconds; the next run continues from there."
    )
    quiet_seconds: float = Field(
        default=0, ge=0, description="Having caught up, go on reading until no message came for this many seconds."
    )


@asset_of(
    "kiosk",
    kiosk_partitions,
    kinds={"python", "kafka", "postgres"},
    output_required=False,
    description="Every press in the museum's Kafka topic, once. A message that breaks a rule becomes a dead letter.",
)
def live_feedback(
    context: dg.AssetExecutionContext, config: StreamConfig, platform: PlatformResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Read the partition's topic to its end, and on while messages come. Without brokers nothing is materialized."""
    services = platform.get()
    if not services.settings.kafka_bootstrap_servers:
        context.log.warning("there is no live stream: set KAFKA_BOOTSTRAP_SERVERS")
        return
    museum = services.kiosks(context.partition_key)
    progress = Progress(f"live_feedback of {museum.slug}", context.log.info)
    until = time.monotonic() + config.max_seconds
    told = 0

    def tell(books: StreamBooks) -> None:
        nonlocal told
        progress(books.messages, None)
        for loss in books.losses[told:]:
            context.log.warning(loss)
        told = len(books.losses)

    books = consume(
        services.database(),
        museum,
        services.kafka(),
        lambda: time.monotonic() > until,
        catch_up=True,
        quiet_seconds=config.quiet_seconds,
        on_progress=tell,
    )
    why = _why_it_ended(books, config)
    context.log.info("%d messages of %s were read in %.0f s: %s", books.messages, museum.slug, books.seconds, why)
    yield dg.MaterializeResult(metadata={**stream_metadata(books), "ended because": why})


def _why_it_ended(books: StreamBooks, config: StreamConfig) -> str:
    if books.seconds >= config.max_seconds:
        return f"a run reads for {config.max_seconds:g} s at most, and the next one goes on"
    if config.quiet_seconds:
        return f"no message came for {config.quiet_seconds:g} s"
    return "the end was reached"


def stream_metadata(books: StreamBooks) -> dict[str, Any]:
    """Return a consumer's books as metadata; the UI plots its numbers over time."""
    reasons = [dg.TableRecord({"reason": name, "messages": count}) for name, count in books.reasons.most_common()]
    table = {"reasons": dg.MetadataValue.table(reasons)} if reasons else {}
    return {
        "messages": books.messages,
        "loaded": books.loaded,
        "duplicate": books.duplicate,
        "rejected": books.rejected,
        "replayed": books.replayed,
        "losses of offsets": len(books.losses),
        "lag": books.lag,
        "messages per second": round(books.messages / books.worked, 1) if books.worked else 0.0,
        "seconds": round(books.seconds, 2),
        **table,
    }
