"""The thesaurus's terms of what works are made of: by the museum's own link, else by the table, never by a guess."""

from __future__ import annotations

import pytest

from museum_assets.enrichment.facts.materials import MaterialTerms, contract, terms_of
from museum_assets.enrichment.facts.stages import material_terms
from museum_assets.loop.books import books
from museum_assets.loop.run import run_stage
from resources.postgres import Database

OIL, CANVAS, PAPER = "300015050", "300014078", "300014109"
GRAPHITE, INK, WATERCOLOUR, CHALK = "300011098", "300015012", "300015045", "300011727"


@pytest.mark.parametrize(
    ("said", "aat", "without"),
    [
        ("Oil on canvas", [OIL, CANVAS], []),
        ("Olie på lærred", [OIL, CANVAS], []),
        ("oil paint (paint)", [OIL], []),
        ("Öl auf Leinwand", [OIL, CANVAS], []),
        ("Huile sur toile", [OIL, CANVAS], []),
        ("Graphite, ink and watercolour on paper. Verso: graphite", [GRAPHITE, INK, WATERCOLOUR, PAPER], []),
        ("Pen and brown ink, brown wash over red chalk", [INK, CHALK], ["Pen", "brown wash"]),
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
