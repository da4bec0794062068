"""A made-up archive as a county publishes one: extra features of buildings, tab-separated, in a ZIP file."""

from __future__ import annotations

import io
import random
import zipfile

BULK_SOURCE = "hcad_extra_features"
"""The declared source that the archive belongs to."""
FEATURES = (
    ("RRS1", "WDUtSh", "Frame Utility Shed"),
    ("RRG1", "Garage", 'Garage, 2" siding'),
    ("RRP1", "Pool", "Gunite Pool"),
)
BULK_COLUMNS = ("acct", "bld_num", "count", "grade", "cd", "s_dscr", "l_dscr", "cat", "dscr", "note", "uts")
BULK_ROWS = 500


def extra_features() -> bytes:
    """Return the archive's bytes, the same at every call."""
    chance = random.Random("extra features")  # noqa: S311  nothing secret
    lines = ["\t".join(BULK_COLUMNS)]
    for number in range(BULK_ROWS):
        code, short, long = chance.choice(FEATURES)
        units = f"{chance.randrange(40, 900)}.0"
        lines.append("\t".join((f"{number:013}", "1", "1", "4", code, short, long, "OB", "Outbuildings", "", units)))
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        # With a fixed time, so that the bytes do not depend on the clock.
        archive.writestr(zipfile.ZipInfo("extra_features.txt", (2026, 1, 1, 0, 0, 0)), "\r\n".join(lines) + "\r\n")
    return body.getvalue()
