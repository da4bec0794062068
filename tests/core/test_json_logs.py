"""Log lines as JSON: each says where it belongs, whichever handler writes it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from museum_assets.core import json_logs
from museum_assets.core.work_in_hand import in_hand, working_on


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What the platform's loggers write, as JSON for as long as the test lasts."""
    before = logging.StreamHandler.format
    states = {name: (logging.getLogger(name).level, logging.getLogger(name).propagate) for name in json_logs.OURS}
    json_logs.write_json()
    written = io.StringIO()
    for name in json_logs.OURS:
        (handler,) = logging.getLogger(name).handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(written)
    yield written
    logging.StreamHandler.format = before  # type: ignore[method-assign]
    for name, (level, propagate) in states.items():
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.level, logger.propagate = level, propagate


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_says_where_it_belongs(stream: io.StringIO) -> None:
    log = logging.getLogger("museum_assets.loop.run")
    with working_on(run="r1"):
        with working_on(museum="smk", stage="image_clip"):
            log.info("a record failed: %s", "æ\n", extra={"record": "KMS1", "code": "gone"})
        log.warning("between")
    log.debug("not written")
    try:
        {"a": 1}["title"]
    except KeyError:
        log.exception("after")
    assert in_hand() == {}
    first, second, third = lines(stream)
    where = {"run": "r1", "museum": "smk", "stage": "image_clip", "record": "KMS1", "code": "gone"}
    assert first.items() >= {"level": "INFO", "message": "a record failed: æ\n", **where}.items()
    assert second["run"] == "r1"
    assert "museum" not in second
    assert third["error"].endswith("KeyError: 'title'")


def test_another_librarys_handler_writes_json_too(stream: io.StringIO) -> None:
    other = io.StringIO()
    handler = logging.StreamHandler(other)
    handler.setFormatter(logging.Formatter("*** %(message)s"))
    logger = logging.Logger("uvicorn.like")
    logger.addHandler(handler)
    record = {"dagster_meta": {"run_id": "r2", "step_key": "raw_metadata", "orig_message": "started", "job_name": "j"}}
    logger.info("r2 - started", extra=record)
    (line,) = lines(other)
    assert line.items() >= {"message": "started", "run": "r2", "stage": "raw_metadata", "job": "j"}.items()
