"""Log lines as JSON, one object each, for whatever collects logs: LOG_FORMAT=json."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from museum_assets.core.work_in_hand import in_hand

OURS = ("museum_assets", "resources", "sensors", "museum")
"""The loggers whose lines from INFO on are written. Of all others, warnings are."""
IDS = ("run", "museum", "stage", "record", "code")
"""What a line says of where it belongs, from `extra` of the call or from what the process has in hand."""
OF_DAGSTER = {"run": "run_id", "job": "job_name", "stage": "step_key"}
"""The same as Dagster notes it on the lines of a run."""


def write_json() -> None:
    """Let every line that this process logs to a stream be JSON, whichever library's handler writes it."""
    if logging.StreamHandler.format is json_line:
        return
    # Dagster, uvicorn and others bring handlers and formatters of their own, at times of their own.
    logging.StreamHandler.format = json_line  # type: ignore[method-assign, assignment]
    for name in OURS:
        logger = logging.getLogger(name)
        logger.addHandler(logging.StreamHandler(sys.stderr))
        logger.setLevel(logging.INFO)
        logger.propagate = False


def json_line(handler: logging.Handler, record: logging.LogRecord) -> str:  # noqa: ARG001  # stands in for a method
    """Return a record as one line of JSON."""
    dagster: dict[str, Any] = getattr(record, "dagster_meta", None) or {}
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": dagster.get("orig_message") or record.getMessage(),
    }
    line |= {name: value for name, key in OF_DAGSTER.items() if (value := dagster.get(key))}
    line |= in_hand()
    line |= {name: value for name in IDS if (value := getattr(record, name, None)) is not None}
    if record.exc_info and record.exc_info[0]:
        line["error"] = logging.Formatter().formatException(record.exc_info)
    return json.dumps(line, ensure_ascii=False, default=str)
