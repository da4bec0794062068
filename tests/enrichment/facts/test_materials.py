"""The thesaurus's terms of what works are made of: by the museum's own link, else by the table, never by a guess."""

from __future__ import annotations

import re

import pytest

from museum_assets.enrichment.facts import terms as work_types
from museum_assets.enrichment.facts.materials import TABLE, MaterialTerms, contract, terms, terms_of
from museum_assets.enrichment.facts.stages import material_terms
from museum_assets.loop.books import books
from museum_assets.loop.run import run_stage
from resources.postgres import Database

OIL, CANVAS, PAPER = "300015050", "300014078", "300014109"
GRAPHITE, INK, WATERCOLOUR = "300011098", "300015012", "300015045"
CHALK, RED_CHALK, SILK = "300011727", "300080064", "300243428"


@pytest.mark.parametrize(
    ("said", "aat", "without"),
    [
        ("Oil on canvas", [OIL, CANVAS], []),
        ("Olie på lærred", [OIL, CANVAS], []),
        ("oil paint (paint)", [OIL], []),
        ("Öl auf Leinwand", [OIL, CANVAS], []),
        ("Huile sur toile", [OIL, CANVAS], []),
        ("Graphite, ink and watercolour on paper. Verso: graphite", [GRAPHITE, INK, WATERCOLOUR, PAPER], []),
        ("Pen and brown ink, brown wash over red chalk", [INK, RED_CHALK], ["Pen", "brown wash"]),
        ("brown chalk", [CHALK], []),
        # The thesaurus has another silk, 300014072: the fibre.
        ("Colours on silk", [SILK], ["Colours"]),
        ("gray-green laid paper", [], ["gray-green laid paper"]),
        ("cream laid paper", [PAPER], []),
        # What would be another material with its first word left out.
        ("imitation marble", [], ["imitation marble"]),
        ("Photograph, gelatin silver print on paper", [PAPER], ["Photograph", "gelatin silver print"]),
        ("()", [], []),
    ],
)  # fmt: skip
def test_a_text_of_several_materials_is_taken_apart(said: str, aat: list[str], without: list[str]) -> None:
    found, rest = terms_of(said)
    assert ([each["aat"] for each in found], rest) == (aat, without)


def test_a_number_is_one_of_the_thesaurus_and_has_one_term() -> None:
    rows = [*terms().values(), *work_types.terms().values()]
    names: dict[str, set[str]] = {}
    for row in rows:
        names.setdefault(row["aat"], set()).add(row["term"])
    assert {number: found for number, found in names.items() if len(found) > 1} == {}
    assert [number for number in names if not re.fullmatch(r"300\d{6}", number)] == []


def test_no_word_stands_twice_and_each_is_found() -> None:
    lines = TABLE.path.read_text(encoding="utf-8").splitlines()[1:]
    words = [line.split(",")[0] for line in lines]
    assert len({word.casefold() for word in words}) == len(words)
    assert {word: terms_of(word)[0][0]["aat"] for word in words} == {word: terms()[word]["aat"] for word in words}


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("300012862", "charcoal, kul, houtskool, kohle, fusain"),
        ("300404632", "pastel, pastelkridt, pastelkrijt, pastell"),
        ("300053271", "lithography, litografi, steendruk, lithografie, lithographie"),
        ("300011183", "granite, granit, graniet"),
    ],
)
def test_what_was_left_out_for_want_of_a_source_has_its_term(number: str, words: str) -> None:
    assert {terms()[word]["aat"] for word in words.split(", ")} == {number}


def test_the_museums_own_link_goes_first() -> None:
    links = ("https://www.wikidata.org/entity/Q4259259", "http://vocab.getty.edu/page/aat/300014078")
    assert terms_of("doek", links) == ([{"aat": CANVAS, "term": "doek", "method": "given"}], [])


def test_each_material_is_looked_up_once_and_those_without_a_term_are_counted(database: Database) -> None:
    with database.connect() as conn, conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO staging.materials (museum, object_number, position, material_key, term, links) "
            "VALUES ('smk', %s, 1, %s, %s, '{}')",
            [("1", "smk:a", "Olie på lærred"), ("2", "smk:a", "Olie på lærred"), ("3", "smk:b", "Xylografi")],
        )
    counts = run_stage(database, "smk", material_terms.bind(MaterialTerms(), contract()))
    assert (counts.done, counts.codes) == (1, {"no_term": 1})
    with database.connect() as conn:
        (row,) = conn.execute("SELECT subject, facts FROM staging.artwork_enrichments").fetchall()
        assert row["subject"] == "smk:a"
        assert [each["term"] for each in row["facts"]["materials"]] == [
            "oil paint (paint)",
            "canvas (textile material)",
        ]
        assert books(conn, "smk", material_terms).pending == 0
