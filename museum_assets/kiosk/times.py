"""Reading a column of times as kiosk files write them: ISO, or day first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from museum_assets.kiosk.clock import Array

SHORTEST = len("1/7/19 8:45")
"""Characters; a day alone is no time of a press."""
LOCAL = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%y %H:%M",
)  # fmt: skip
"""UK files write the day first: 01/07/19 is 1 July 2019."""
ABSOLUTE = ("%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S.%f%z")


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds since 1970: of the museum's clock, or UTC where `absolute`; meaningful only where `known`."""

    local: Array
    absolute: Array
    known: Array
    missing: Array


def read_times(column: Any) -> Times:
    """Read an Arrow array of text. What no form fits is not known; nothing is raised."""
    import pyarrow as pa
    import pyarrow.compute as pc

    missing = pc.equal(column, "").to_numpy(zero_copy_only=False)
    absolute = np.zeros(len(column), bool)
    if len(column) and pc.min(pc.utf8_length(column)).as_py() >= len("2023-03-06 08:30"):
        try:  # nearly every file: this is 20 times as fast as trying forms
            local = column.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
            return Times(local, absolute, np.ones(len(column), bool), missing)
        except pa.ArrowInvalid:
            pass
    return _by_forms(column, missing, absolute)


def _by_forms(column: Any, missing: Array, absolute: Array) -> Times:
    import pandas as pd

    texts = column.to_pandas()
    local = np.zeros(len(texts), np.int64)
    known = np.zeros(len(texts), bool)
    open_ = ~missing & (texts.str.len() >= SHORTEST).to_numpy(bool)
    for form in (*LOCAL, *ABSOLUTE):
        if not open_.any():
            break
        zoned = form.endswith("%z")
        found = pd.to_datetime(texts[open_], format=form, errors="coerce", exact=True, utc=zoned)
        read = found.notna().to_numpy()
        places = np.flatnonzero(open_)[read]
        local[places] = found[read].astype("datetime64[us, UTC]" if zoned else "datetime64[us]").astype("int64")
        absolute[places] = zoned
        known[places] = True
        open_[places] = False
    return Times(local, absolute, known, missing)
