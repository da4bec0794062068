"""What a page's address asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from museum_assets.museums import MUSEUMS
from museum_assets.readers.links import LAST_PAGE, PER_PAGE
from museum_assets.readers.problems import Problem, not_found
from museum_assets.search.question import BadQuestion, Filters, Question

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_YES_NO = {"true": True, "false": False}


def plain(words: str) -> str:
    """Return words without control characters and doubled spaces; Postgres takes no NUL."""
    return " ".join(_CONTROL.sub(" ", words).split())


def page_question(
    words: str = "", museum: str = "", work_type: str = "", century: str = "", image: str = "", page: str = "",
    artist: str = "",
) -> Question:  # fmt: skip
    """Return the question of a search page. What a form sends empty is not asked. Raises Problem 400."""
    if image and image not in _YES_NO:
        raise Problem(400, "With or without a picture is asked as image=true or image=false.")
    number = _whole(page or "1", "page")
    if not 1 <= number <= LAST_PAGE:
        raise Problem(400, f"There are pages 1 to {LAST_PAGE}: narrow the search to see more.")
    filters = {
        "museum": museum or None,
        "work_type": work_type or None,
        "century": _whole(century, "century") if century else None,
        "has_image": _YES_NO.get(image),
        "artist": artist or None,
    }
    return asked(words, filters, PER_PAGE, (number - 1) * PER_PAGE)


def asked(words: str, filters: Mapping[str, object], limit: int, offset: int) -> Question:
    """Return a question. Raises Problem 400 for one that has no answer."""
    if (artist := filters.get("artist")) is not None:
        filters = {**filters, "artist": plain(str(artist)) or None}
    try:
        return Question(plain(words), Filters(**filters), limit, offset)  # type: ignore[arg-type]
    except BadQuestion as error:
        message = str(error)
        raise Problem(400, f"{message[0].upper()}{message[1:]}.") from None


def _whole(text: str, name: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,6}", text):
        raise Problem(400, f"The {name} must be a number.")
    return int(text)


def known(museum: str, number: str | None = None) -> None:
    """Raise Problem 404 for a museum or an object number that cannot be there."""
    if museum not in MUSEUMS:
        raise not_found("This museum")
    if number is not None and (not number or _CONTROL.search(number)):
        raise not_found("This work")
