"""The producer of `tests/support/kafka_broker.py`: `python tests/support/kafka_producer.py SERVERS`.

It reads lines of JSON, [topic, partition, base64 or null], and ends when all of them were delivered.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

from confluent_kafka import Producer


def main(servers: str) -> None:
    """Produce what comes on standard input."""
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 5, "enable.idempotence": True,
                         "queue.buffering.max.messages": 1_000_000})  # fmt: skip

    def delivered(error: Any, _: Any) -> None:
        if error:
            raise RuntimeError(error.str())

    for line in sys.stdin:
        topic, partition, body = json.loads(line)
        value = None if body is None else base64.b64decode(body)
        producer.produce(topic, value, partition=partition, on_delivery=delivered)
        producer.poll(0)
    if producer.flush(60):
        raise RuntimeError("not everything was delivered")


if __name__ == "__main__":
    main(sys.argv[1])
