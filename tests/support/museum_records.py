"""Records of museums: those that were recorded, wild ones, and what reading may make of any."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from museum_assets.core.failures import Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.museum import Museum
from tests.support.places import SHARED

RECORDS = SHARED / "data" / "museum_records"
CODES = frozenset(
    {"no_id", "no_object_number", "not_public_domain", "no_image", "work_type_out_of_scope", "malformed_record"}
)
"""Why a record may be rejected, whichever museum sent it."""

WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["\ud800", "http://\ud800/"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "x"]) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
"""Any value that JSON can hold, lone surrogates too: a museum's database may send each of them in any field."""


def recorded(folder: str, found_in: Callable[[Any], list[Any]], number: str) -> list[Any]:
    """One case for each recorded item below a folder of the records, whether it lies alone or in an envelope."""
    return [
        pytest.param(item, id=f"{file.stem}-{item[number]}")
        for file in sorted((RECORDS / folder).glob("*.json"))
        for item in found_in(json.loads(file.read_text(encoding="utf-8")))
    ]


def artwork_or_rejected(museum: Museum, payload: Any, codes: frozenset[str] = CODES) -> Artwork | None:
    """Read a record that may be anything. Returns None when it is rejected, with one of these codes."""
    untouched = repr(copy.deepcopy(payload))
    try:
        artwork = museum.read(payload)
        assert isinstance(artwork, Artwork)
    except Rejected as rejected:
        assert rejected.code in codes
        return None
    finally:
        assert repr(payload) == untouched
    return artwork
