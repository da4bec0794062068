"""What stands in a document, and what is only a part of something longer that stands there."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from museum_assets.documents.quoting import folded, possible_numbers, quotes_name, quotes_number

WORDS = st.text("abcKMS019", min_size=1, max_size=6)
NUMBERS = st.builds("".join, st.lists(st.one_of(WORDS, st.sampled_from([".", "-", "/", ",", "_"])), min_size=1)).filter(
    lambda number: number[0].isalnum() and number[-1].isalnum()
)
AROUND = st.sampled_from(["", " ", "\n", ". ", ", ", "(", ")", '"', "' ", "; ", ": "])


@pytest.mark.parametrize(
    ("number", "text", "stands"),
    [
        ("1952.10", "Nr. 1952.10 is good", True),
        ("1952.1", "Nr. 1952.10 is good", False),
        ("1952", "Nr. 1952.10 is good", False),
        ("952.10", "Nr. 1952.10 is good", False),
        ("10", "Nr. 1952.10 is good", False),
        ("1952.10", "It is 1952.10.", True),
        ("KMS", "Object number: KMS1", False),
        ("KMS1", "Object number: KMS1", True),
        ("kms1", "Object number:KMS1, framed", True),
        ("KMS1", "KMS1-KMS3", False),
        ("KMS1", "Sold: KMS1 - framed", True),
        ("KMS1", "(KMS1)", True),
        ("SK-A", "SK-A-4", False),
        ("KKS1970", "KKS1970/2", False),
        ("O.12", "O.12:1", False),
        ("12", "Inv.no.12", True),
        ("12-1952", "A.12-1952", False),
        ("KMS 1", "KMS\n  1", True),
        ("KMS1", "KMS1\u0301", False),
        ("KMS1", "KMS12 and KMS1", True),
        ("", "KMS1", False),
    ],
)
def test_an_object_number_stands_whole_or_not_at_all(number: str, text: str, stands: bool) -> None:
    assert quotes_number(number, folded(text), ()) is stands


@pytest.mark.parametrize(
    ("name", "text", "stands"),
    [
        ("Ida Holm", "Examiner: Ida Holm", True),
        ("Ida Hol", "Examiner: Ida Holm", False),
        ("da Holm", "Examiner: Ida Holm", False),
        ("Smith", "Mr Smith-Jones", False),
        ("Smith", "by J.Smith,conservator", True),
        ("Caf\u00e9 Holm", "Cafe\u0301 Holm's loan", True),
        ("Cafe", "Cafe\u0301 Holm", False),
    ],
)
def test_a_name_stands_in_whole_words(name: str, text: str, stands: bool) -> None:
    assert quotes_name(name, folded(text)) is stands


@pytest.mark.parametrize(
    ("number", "known", "stands"),
    [
        ("KMS 1", (), True),
        ("KMS 1", ("KMS 1 a",), False),
        ("KMS 1", ("KMS 1", "KMS 1 a"), True),
        ("KMS 1 a", ("KMS 1 a",), True),
        ("R-2", (), True),
        ("R-2", ("R-2(R)",), False),
        ("R-2(R)", ("R-2(R)",), True),
    ],
)
def test_the_museums_own_numbers_decide_where_a_number_ends(number: str, known: tuple[str, ...], stands: bool) -> None:
    assert quotes_number(number, folded("Of KMS 1 a and R-2(R), framed"), known) is stands


def test_a_part_that_also_stands_alone_is_no_part() -> None:
    assert quotes_number("KMS 1", folded("KMS 1 a belongs to KMS 1, framed"), {"KMS 1 a"})


@given(NUMBERS, AROUND, AROUND)
def test_what_is_written_is_found_and_what_is_cut_off_is_not(number: str, before: str, after: str) -> None:
    text = folded(f"Object {before} {number}{after} of the museum")
    assert quotes_number(number, text, ())
    for part in (number[:-1], number[1:]):
        assume(folded(part) not in folded(number)[1:-1] and folded(part) not in "object of the museum")
        assert not quotes_number(part, text, ()), f"{part!r} is a part of {number!r}"


@given(NUMBERS, st.lists(WORDS, max_size=4), st.lists(WORDS, max_size=4))
def test_every_number_of_a_letter_is_looked_for(number: str, before: list[str], after: list[str]) -> None:
    assume(any(letter.isdigit() for letter in number))
    assert number in possible_numbers(" ".join([*before, number + ",", *after]))
    assert f"{number} a" in possible_numbers(" ".join([*before, f"({number} a).", *after]))


def test_a_text_of_numbers_only_is_looked_at_in_part() -> None:
    assert len(possible_numbers(" ".join(map(str, range(50_000))))) < 6_000
