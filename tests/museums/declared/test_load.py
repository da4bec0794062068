"""A wrong declaration is explained: line, key, and what may have been meant."""

from __future__ import annotations

import pytest

from museum_assets.museums import DECLARED
from museum_assets.museums.declared.load import DeclarationError, parse
from museum_assets.museums.declared.patterns import bounded

GOOD = DECLARED["cma"].read_text(encoding="utf-8")


def complaint(old: str, new: str) -> str:
    assert old in GOOD
    with pytest.raises(DeclarationError) as caught:
        parse(GOOD.replace(old, new), "museums/cma.toml")
    return str(caught.value)


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(GOOD.splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ('image_hosts = ["o', 'image_host = ["o', "image_host: there is no such key; did you mean `image_hosts`?"),
        ('object_number = "a', 'object_nunber = "a', "did you mean `object_number`?"),
        ("pattern = '", "patern = '", "did you mean `pattern`?"),
        ('kind = "json-api"', 'kind = "json-apy"', "did you mean 'json-api'?"),
        ('Print = "print"', 'Print = "prints"', "'prints' is no work type here: choose from drawing, painting"),
        ("requests_per_second = 2.0", 'requests_per_second = "2"', "should be a valid number"),
        ('address = "https', 'address = "https://user:secret@x.org/a" # https', "more than an address such as"),
        ("'^[^(]*'", "'(a+)+'", "a repetition within a repetition"),
        ("'^[^(]*'", "'['", "is no regular expression"),
    ],
)
def test_a_complaint_names_the_line_and_what_was_meant(old: str, new: str, meant: str) -> None:
    told = complaint(old, new)
    assert told.startswith("museums/cma.toml declares no museum:\n  line ")
    assert f"line {line_of(old)}: " in told
    assert meant in told
    assert "secret" not in told


def test_what_is_missing_is_named_in_its_table() -> None:
    assert f"line {line_of('[fields]')}: fields.thumbnail_url is missing" in complaint("thumbnail_url =", "#")
    assert "give `licence`, `all`, `dead_for` or `country`" in complaint('licence = "share_license_status"', "")


def test_what_is_no_toml_says_where() -> None:
    assert "is not TOML" in complaint('name = "Cleveland', "name = Cleveland")


@pytest.mark.parametrize("pattern", ["(a*)*", "(?:a|b+)+x", "(x{1,99}y)*", r"(a)\1", "(?=a)", "a*b*c*", "x" * 301])
def test_patterns_that_may_take_long_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"repetition|repeats|backreference|look|characters"):
        bounded(pattern)


@pytest.mark.parametrize("pattern", [r"^[^(]*", r"(\d{4})\s{0,9}$", r"(?i:born|b\.)", r"^(.+), (.+)$", "(?:ca?)?x"])
def test_patterns_that_cannot_are_taken(pattern: str) -> None:
    assert bounded(pattern) == pattern
