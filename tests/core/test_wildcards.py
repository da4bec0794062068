from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from museum_assets.core.wildcards import BadPattern, compile_pattern, escape

KEYS = (
    "top.txt", "reports/x.txt", "reports/a/x.txt", "reports/a/b/x.txt", "reports_old/x.txt", "data/ab1/x.json",
    "data/abc/x.json", "a[1]b.txt", "a1b.txt", "a-b", "odd\nname.txt", "reports/", "x", "B/x",
)  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.txt", {"top.txt", "a[1]b.txt", "a1b.txt", "odd\nname.txt"}),
        ("reports/*.txt", {"reports/x.txt"}),
        ("reports/**/*.txt", {"reports/x.txt", "reports/a/x.txt", "reports/a/b/x.txt"}),
        ("reports/**", {"reports/x.txt", "reports/a/x.txt", "reports/a/b/x.txt"}),
        ("**/x", {"x", "B/x"}),
        ("**/**/x", {"x", "B/x"}),
        ("**", set(KEYS) - {"reports/"}),
        ("data/ab?/x.json", {"data/ab1/x.json", "data/abc/x.json"}),
        ("data/ab[0-9]/x.json", {"data/ab1/x.json"}),
        ("data/ab[!0-9]/x.json", {"data/abc/x.json"}),
        (r"a\[1\]*.txt", {"a[1]b.txt"}),
        ("a[1]*.txt", {"a1b.txt"}),
        ("a[]-]b", {"a-b"}),
        ("reports?x.txt", set()),
        ("reports[!a]x.txt", set()),
        ("reports[+-9]x.txt", set()),
        ("[A-Z]/x", {"B/x"}),
        ("b/x", set()),
        ("{x,y}", set()),
        ("*/**/x.txt", {"reports/x.txt", "reports/a/x.txt", "reports/a/b/x.txt", "reports_old/x.txt"}),
        ("reports/**/a/**", {"reports/a/x.txt", "reports/a/b/x.txt"}),
    ],
)
def test_what_a_pattern_matches(pattern: str, expected: set[str]) -> None:
    wildcard = compile_pattern(pattern)
    assert {key for key in KEYS if wildcard.matches(key)} == expected


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        ("reports/*.txt", "reports/"),
        ("reports/**", "reports/"),
        ("reports/a*", "reports/a"),
        ("data/ab?/x.json", "data/ab"),
        (r"a\[1\]*", "a[1]"),
        (r"a\\/b*", "a\\/b"),
        (r"a\/b*", "a/b"),
        ("**/x", ""),
        ("one/key.txt", "one/key.txt"),
    ],
)
def test_only_what_begins_with_the_longest_literal_is_listed(pattern: str, prefix: str) -> None:
    assert compile_pattern(pattern).prefix == prefix


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("", "1 to"), ("/x", "slash"), ("a**", "whole segment"), ("a/**b/c", "whole segment"), ("[ab", "never closed"),
     ("[]", "never closed"), ("x\\", "backslash"), ("[z-a]", "empty"), ("x" * 1025, "1 to 1,024")],
)  # fmt: skip
def test_what_is_outside_the_grammar_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(BadPattern, match=said):
        compile_pattern(pattern)


@given(st.text(min_size=1, max_size=30).filter(lambda key: not key.startswith("/") and not key.endswith("/")))
def test_an_escaped_key_matches_itself_and_is_its_own_prefix(key: str) -> None:
    wildcard = compile_pattern(escape(key))
    assert wildcard.prefix == key
    assert wildcard.matches(key)
    assert wildcard.literal
    assert not wildcard.matches(key + "x")


def doubled(atoms: list[str]) -> bool:
    return ("*", "*") in itertools.pairwise(atoms)


ATOMS = st.sampled_from(["a", "b", "*", "?", "[ab]", "[!a]", "[a-c]", r"\*"])
SEGMENTS = st.one_of(st.just(["**"]), st.lists(ATOMS, min_size=1, max_size=5).filter(lambda atoms: not doubled(atoms)))
PATTERNS = st.lists(SEGMENTS, min_size=1, max_size=5)
NAMES = st.lists(st.text("abc*", max_size=5), min_size=1, max_size=5).map("/".join).filter(bool)


def slow(segments: list[list[str]], parts: list[str]) -> bool:
    """The grammar as its sentence says it, without regard to time."""
    if not segments or not parts:
        return not segments and not parts
    (head, *rest), (part, *others) = segments, parts
    if head == ["**"]:
        if not rest:
            return any(parts)
        return slow(rest, parts) or slow(segments, others)
    return fits(head, part) and slow(rest, others)


def fits(atoms: list[str], text: str) -> bool:
    if not atoms:
        return not text
    atom, *rest = atoms
    if atom == "*":
        return any(fits(rest, text[place:]) for place in range(len(text) + 1))
    sets = {"?": "abc*", "[ab]": "ab", "[!a]": "bc*", "[a-c]": "abc", r"\*": "*"}
    return bool(text) and text[0] in sets.get(atom, atom) and fits(rest, text[1:])


@settings(max_examples=1000)
@given(PATTERNS, NAMES)
def test_the_expression_means_what_the_grammar_says(segments: list[list[str]], key: str) -> None:
    assume(not key.endswith("/"))
    pattern = "/".join(map("".join, segments))
    wildcard = compile_pattern(pattern)
    assert wildcard.matches(key) == slow(segments, key.split("/")), (pattern, wildcard.expression)
    if wildcard.matches(key):
        assert key.startswith(wildcard.prefix)


@pytest.mark.parametrize(
    ("pattern", "key"),
    [("*a" * 30 + "b", "a" * 900), ("**/a/" * 20 + "b", "a/" * 450 + "c"), ("?*" * 40 + "b", "a" * 900)],
)
def test_a_pattern_that_backtracks_is_over_before_the_end_of_time(pattern: str, key: str) -> None:
    assert not compile_pattern(pattern).matches(key)
