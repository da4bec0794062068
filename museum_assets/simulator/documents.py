"""Made-up condition reports and loan letters about the works of a museum, the same at every call."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

CONDITIONS = ("good", "fair", "stable, with old varnish", "good, frame worn")
DAMAGES = ("a small tear at the lower edge", "slight foxing", "abrasion along the frame", "none visible")
EXAMINERS = ("Ida Holm", "Mara de Wit", "Tom Ashworth", "Ruth Keller")
LENDERS = ("Skagens Museum", "The Walker Art Gallery", "Museum Boerhaave", "a private collection")
FIRST_DAY = date(2024, 1, 1)


def documents(slug: str, object_numbers: Sequence[str]) -> dict[str, bytes]:
    """Return {key: text}: a condition report for each work, and a loan letter for every other one."""
    texts = {}
    for number, object_number in enumerate(object_numbers):
        chance = random.Random(f"{slug}/{number}")  # noqa: S311  nothing secret
        day = FIRST_DAY + timedelta(days=chance.randrange(600))
        texts[f"{slug}/condition/{number}.txt"] = (
            f"Condition report\nObject number: {object_number}\nCondition: {chance.choice(CONDITIONS)}\n"
            f"Damage: {chance.choice(DAMAGES)}\nExaminer: {chance.choice(EXAMINERS)}\nDate: {day}\n"
        ).encode()
        if number % 2 == 0:
            texts[f"{slug}/loan/{number}.txt"] = (
                f"Loan agreement\nObject number: {object_number}\nLender: {chance.choice(LENDERS)}\n"
                f"From: {day}\nTo: {day + timedelta(days=180)}\n"
            ).encode()
    return texts
