"""live_feedback: the museum's live stream, read into the tables of the kiosks."""

import time
from typing import Any

import dagster as dg
from pydantic import Field

from museum_assets.collection.kit import asset_of
from museum_assets.dead_letters.jobs import dead_letter_check
from museum_assets.kiosk.stream import Consumed, consume
from museum_assets.kiosk.stream_batch import SOURCE
from museum_assets.loop.progress import Progress
from museum_assets.museums import kiosks
from partitions import kiosk_partitions
from resources.configured import KafkaBrokers, Postgres


class StreamConfig(dg.Config):
    """The operator's controls."""

    max_seconds: float = Field(
        default=300, gt=0, description="Stop after this long; the next run goes on where this one ended."
    )


@asset_of(
    "kiosk",
    kiosk_partitions,
    kinds={"python", "kafka", "postgres"},
    description="Presses from the museum's Kafka topic, each once; every message that breaks a rule is a dead letter.",
)
def live_feedback(
    context: dg.AssetExecutionContext, config: StreamConfig, postgres: Postgres, kafka: KafkaBrokers
) -> dg.MaterializeResult[None]:
    """Read the partition's topic up to where it ends now."""
    if not kafka.active():
        return dg.MaterializeResult(metadata={"inactive": "there is no live stream: set KAFKA_BOOTSTRAP_SERVERS"})
    museum = kiosks(context.partition_key)
    progress = Progress(f"live_feedback of {museum.slug}", context.log.info)
    until = time.monotonic() + config.max_seconds
    books = consume(
        postgres.database(),
        museum,
        kafka.brokers(),
        lambda: time.monotonic() > until,
        catch_up=True,
        told=lambda books: progress(books.messages, None),
    )
    return dg.MaterializeResult(metadata=stream_metadata(books))


def stream_metadata(books: Consumed) -> dict[str, Any]:
    """Return what a consumer did as metadata; the numbers are plotted over time by the UI."""
    reasons = [dg.TableRecord({"reason": name, "messages": count}) for name, count in books.reasons.most_common()]
    table = {"reasons": dg.MetadataValue.table(reasons)} if reasons else {}
    return {
        "messages": books.messages,
        "loaded": books.loaded,
        "duplicate": books.duplicate,
        "rejected": books.rejected,
        "replayed": books.replayed,
        "partitions with lost offsets": books.lost,
        "lag": books.lag,
        "messages per second": round(books.messages / books.seconds, 1) if books.seconds else 0.0,
        "seconds": round(books.seconds, 2),
        **table,
    }


live_feedback_checks = [dead_letter_check("live_feedback", SOURCE, kiosk_partitions)]

live_stream = dg.define_asset_job(
    "live_stream",
    selection=dg.AssetSelection.assets("live_feedback", "exhibition_report"),
    description="A museum's live stream up to now, and what a curator looks at.",
)
