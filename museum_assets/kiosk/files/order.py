"""Sorts rows by several columns, packed into one integer a row where they fit."""

from __future__ import annotations

import numpy as np

from museum_assets.kiosk.files.clock import SECOND, Array


def pack_columns(*columns: Array) -> Array | None:
    """Pack the columns into one integer a row that sorts like them. Return None when they need more than 63 bits."""
    numbers = np.zeros(len(columns[0]), np.int64)
    if not len(numbers):
        return numbers
    room = 63
    for column in columns:
        low, high = int(column.min()), int(column.max())
        bits = (high - low).bit_length()
        room -= bits
        if room < 0:
            return None
        numbers <<= bits
        numbers |= column.astype(np.int64) - low
    return numbers


def sort_order(at: Array, *others: Array) -> Array:
    """Return the positions of the rows sorted by `at` (microseconds), then the other columns. Equal rows stay in order.

    Sorting packed integers takes an eighth of the time. Columns too wide to pack are sorted by `at`, then rows with
    the same `at` by the rest.
    """
    seconds = at // SECOND
    # A history file tells whole seconds, which leaves room for the other columns.
    whole = bool((seconds * SECOND == at).all())
    numbers = pack_columns(seconds if whole else at, *others, np.arange(len(at)))
    if numbers is not None:
        numbers.sort()
        return numbers & ((1 << max(0, len(at) - 1).bit_length()) - 1)
    order = np.argsort(at, kind="stable")
    same = at[order][1:] == at[order][:-1]
    tied = np.flatnonzero(np.concatenate(([False], same)) | np.concatenate((same, [False])))
    ties = order[tied]
    order[tied] = ties[np.lexsort([column[ties] for column in (*reversed(others), at)])]
    return order
