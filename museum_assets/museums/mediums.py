"""Work types told from a medium: "Watercolour and bodycolour over graphite" is drawing, watercolor and gouache."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MEDIUMS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "watercolor": r"\b(?:water-?colou?r)s?\b",
        "gouache": r"\b(?:gouache|body-?colou?r)s?\b",
        "pastel": r"\bpastels?\b",
        "aquatint": r"\baquatints?\b",
        "drawing": r"\b(?:graphite|pencil|ink|chalk|charcoal|crayon|drawing|wash|pen)\b",
        "painting": r"\b(?:oil|acrylic|tempera|emulsion|enamel)\b",
        "print": r"\w*(?:print|graph|engraving|etching|aquatint|mezzotint|drypoint|woodcut|linocut|monotype"
        r"|intaglio)\b",
    }.items()
}
"""The searchable work types that a medium tells, and how. "Photograph" is a print by its letters: exclude it first."""


def types_in(medium: str, among: Iterable[str] = tuple(MEDIUMS)) -> list[str]:
    """Return those of the work types that the medium names."""
    return [name for name in among if MEDIUMS[name].search(medium)]
