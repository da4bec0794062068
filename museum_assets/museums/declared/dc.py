"""oai_dc as fields: `title`, `creator`, `date`, `rights` and the others are lists of texts, with `title@en` beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from museum_assets.museums.declared.xml import add, local, parsed


def fields(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return {element: texts} of a stored record, and `id`. Raises Rejected(malformed_record)."""
    id_, root = parsed(payload)
    found: dict[str, list[str]] = {}
    for element in root:
        add(found, local(element), element)
    return {**found, "id": id_}
