"""What a museum says of a record by itself, without any correction."""

from __future__ import annotations

from typing import Any

from museum_assets.core.failures import Rejected
from museum_assets.museums import museum
from museum_assets.museums.artwork import Artwork


def reading(slug: str, payload: dict[str, Any]) -> Artwork | str:
    """Return the artwork that a museum's record reads as, or why it is none."""
    try:
        return museum(slug).read(payload)
    except Rejected as rejection:
        return f"{rejection.code}: {rejection}"
    except Exception as error:  # noqa: BLE001 - the mapping's bug; the stage has made a dead letter of it
        return f"the mapping stumbled over it: {type(error).__name__}: {error}"


def said(artwork: Artwork, field: str) -> Any:
    """Return a field as JSON has it."""
    value = getattr(artwork, field)
    return list(value) if isinstance(value, tuple) else value
