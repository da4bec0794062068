"""What pages say of works, in words."""

from __future__ import annotations

import pytest

from museum_assets.readers.shown import century_label, reasons, rights_of, web_link
from museum_assets.search.answer import Reason, Why


@pytest.mark.parametrize(
    ("century", "label"),
    [
        (1, "1st century"),
        (2, "2nd century"),
        (3, "3rd century"),
        (11, "11th century"),
        (13, "13th century"),
        (17, "17th century"),
        (21, "21st century"),
        (-2, "2nd century BCE"),
        (-12, "12th century BCE"),
    ],
)
def test_a_century_is_said_in_words(century: int, label: str) -> None:
    assert century_label(century) == label


def test_reasons_are_one_line_without_little_words() -> None:
    why = (Why(Reason.TITLE), Why(Reason.WORDS, ("ships", "in", "a", "storm")), Why(Reason.LOOKS))
    assert reasons(why) == "Its exact title · Mentions ships, storm · Looks like it"
    assert reasons((Why(Reason.WORDS, ("ox",)),)) == "Mentions ox"
    assert reasons(()) == ""


@pytest.mark.parametrize(
    ("rights", "label"),
    [
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0, no rights reserved"),
        ("https://creativecommons.org/publicdomain/mark/1.0/deed.da", "Public Domain Mark 1.0"),
        ("public domain", "public domain"),
        (None, "Not stated"),
    ],
)
def test_rights_are_said_in_words(rights: str | None, label: str) -> None:
    assert rights_of(rights) == label


@pytest.mark.parametrize(
    ("address", "followed"),
    [
        ("https://open.smk.dk/artwork/KMS1", True),
        ("HTTP://open.smk.dk", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.example", False),
        (" https://x", False),
        ("https:///x", False),
        (None, False),
    ],
)
def test_only_the_web_is_linked_to(address: str | None, followed: bool) -> None:
    assert web_link(address) == (address if followed else None)
