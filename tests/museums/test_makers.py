"""What each museum says of the makers of its works, and what sets a work apart from the maker it names."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.museums import aic_makers, edm, met_makers, museum
from museum_assets.museums.declared.makers import makers_of
from museum_assets.museums.declared.schema import Makers
from museum_assets.museums.maker import Maker, maker, named
from museum_assets.museums.qualifiers import qualifier_in, split_name
from museum_assets.museums.rma import _maker as of_agent
from museum_assets.museums.smk import _makers as of_smk

BASAN = {"constituentID": 43165, "role": "Publisher", "name": "François Basan", "constituentULAN_URL": ""}
RIBERA = {
    "constituents": [
        {"constituentID": 162018, "role": "Artist", "name": "After Jusepe de Ribera (called Lo Spagnoletto)",
         "constituentULAN_URL": "http://vocab.getty.edu/page/ulan/500008521", "constituentWikidata_URL": ""},
        BASAN,
    ],
    "artistPrefix": "After", "artistDisplayName": "Jusepe de Ribera (called Lo Spagnoletto)",
    "artistDisplayBio": "Spanish, Játiva 1591–1652 Naples", "artistNationality": "Spanish",
    "artistBeginDate": "1591", "artistEndDate": "1652",
}  # fmt: skip


def said(each: Maker) -> tuple[Any, ...]:
    return each.name, each.qualifier, each.birth_year, each.death_year, each.nationality, each.museum_id


def test_met_tells_more_of_the_first_constituent_only() -> None:
    after, publisher = met_makers.makers(RIBERA)
    name = "After Jusepe de Ribera (called Lo Spagnoletto)"
    assert said(after) == (name, "after", 1591, 1652, "Spanish", "162018")
    assert after.links == ("http://vocab.getty.edu/page/ulan/500008521",)
    assert (publisher.role, publisher.birth_year) == ("Publisher", None)
    assert [each.key("met") for each in (after, publisher)] == ["met:162018 (after)", "met:43165"]


@pytest.mark.parametrize(
    ("shown", "names", "expected"),
    [
        ("Lucas Emil Vorsterman (Flemish, 1595-1675)\nafter Jan Lievens (Dutch, 1607-1674)", ["Lucas Emil Vorsterman"],
         [("Lucas Emil Vorsterman", None, 1595, 1675, "Flemish", "7")]),
        ("Ana Mendieta\nAmerican, born Cuba, 1948–1985", ["Ana Mendieta"],
         [("Ana Mendieta", None, 1948, 1985, "American", "7")]),
        ("Workshop of Rembrandt van Rijn\nDutch, 1606-1669", ["Rembrandt van Rijn"],
         [("Rembrandt van Rijn", "workshop of", 1606, 1669, "Dutch", "7")]),
        ("Follower of Rembrandt Harmensz. van Rijn", ["Rembrandt van Rijn"],
         [("Rembrandt van Rijn", "follower of", None, None, None, "7")]),
        ("Worcester Porcelain Factory\nWorcester, England, founded 1751", ["Worcester Porcelain Factory"],
         [("Worcester Porcelain Factory", None, None, None, None, "7")]),
        ("A\nB", ["A", "B"], [("A", None, None, None, None, "7"), ("B", None, None, None, None, "8")]),
    ],
)  # fmt: skip
def test_aic_says_the_rest_in_one_text(shown: str, names: list[str], expected: list[Any]) -> None:
    payload = {"artist_title": names[0], "artist_titles": names, "artist_ids": [7, 8][: len(names)],
               "artist_id": 7, "artist_display": shown}  # fmt: skip
    assert [said(each) for each in aic_makers.makers(payload)] == expected


def test_smk_keeps_its_order_of_names_and_its_roles() -> None:
    production = [
        {"creator": "Fritzsch, Christian D.", "creator_date_of_birth": "1695-01-01T00:00:00.000Z",
         "creator_nationality": "tysk", "creator_lref": "29297_person"},
        {"creator": "Denner, Balthasar", "creator_qualifier": "efter", "creator_role": "efter forlæg af"},
        {"creator": "Ubekendt"},
    ]  # fmt: skip
    first, second = of_smk({"production": production})
    assert said(first) == ("Fritzsch, Christian D.", None, 1695, None, "tysk", "29297_person")
    assert (second.qualifier, second.role) == ("after", "efter forlæg af")


def test_rma_names_agents_with_their_links() -> None:
    agent = edm.Agent("Rembrandt van Rijn", "https://id.rijksmuseum.nl/2103429", "1606-07-15", "1669-10-08",
                      ("http://www.wikidata.org/entity/Q5598",))  # fmt: skip
    found = of_agent(agent)
    assert found
    assert said(found) == ("Rembrandt van Rijn", None, 1606, 1669, None, "2103429")
    assert (found.links, found.dates) == (("http://www.wikidata.org/entity/Q5598",), "1606-07-15/1669-10-08")


def test_declarations_say_all_of_it() -> None:
    creators = [{"description": "Frans Hals (Dutch, c. 1581-1666)", "role": "artist", "birth_year": "c. 1581",
                 "death_year": "1666", "qualifier": {"Id": 119, "Value": "workshop of"}}]  # fmt: skip
    (hals,) = (each.said for each in museum("cma")._makers({"creators": creators}))  # type: ignore[attr-defined]
    assert said(hals) == ("Frans Hals", "workshop of", 1581, 1666, "Dutch", None)
    contributor = {"fc": "Thomas Girtin", "role": "after", "date": "1775–1802", "birthYear": 1775, "id": 211}
    (girtin,) = museum("tate")._makers({"contributors": [contributor]})  # type: ignore[attr-defined]
    assert girtin.name == "after Thomas Girtin"
    assert said(girtin.said) == ("Thomas Girtin", "after", 1775, 1802, None, "211")


def test_another_shape_beside_the_name_costs_nothing() -> None:
    odd = {"constituents": [{"name": "A", "constituentID": [1], "role": {"x": 1}, "constituentULAN_URL": 7.5}]}
    assert [said(each) for each in met_makers.makers(odd)] == [("A", None, None, None, None, None)]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("After Rembrandt", ("after", "Rembrandt")),
        ("Rembrandt (school of)", ("school of", "Rembrandt")),
        ("Rembrandt, follower of", ("follower of", "Rembrandt")),
        ("Rembrandt van Rijn and workshop", ("and others", "Rembrandt van Rijn")),
        ("Attributed to Workshop of Bellini", ("attributed to", "Bellini")),
        ("Workshop of", ("workshop of", "Workshop of")),
        ("Studio", ("workshop of", "Studio")),
        ("Afterman, Jo", (None, "Afterman, Jo")),
        ("Schule, Karl", (None, "Schule, Karl")),
    ],
)
def test_a_name_is_told_from_what_sets_it_apart(name: str, split: tuple[str | None, str]) -> None:
    assert split_name(name) == split


@pytest.mark.parametrize(
    ("role", "qualifier"),
    [("efter forlæg af", "after"), ("Publisher", None), ("prints after", "after"), ("and", None), ("Crafter", None)],
)
def test_a_role_may_set_apart(role: str, qualifier: str | None) -> None:
    assert qualifier_in(role) == qualifier


def test_keys_are_stable_and_tell_makers_apart() -> None:
    one, same, older = (maker("Jan  Steen", years=(born, 1679)) for born in (1626, "1626", 1600))
    assert one
    assert same
    assert older
    assert one.key("cma") == same.key("cma") != older.key("cma")
    assert maker("\x00\x81 ") is None
    long_id = maker("A", museum_id="é" * 900)
    assert long_id
    assert long_id.key("cma").startswith("cma:~")


def test_a_corrected_artist_is_another_maker() -> None:
    record = {"production": [{"creator": "Juel, Jens", "creator_forename": "Jens", "creator_surname": "Juel",
                              "creator_lref": "1"}]}  # fmt: skip
    juel = of_smk(record)
    assert named(("Jens Juel", "After Anna Ancher"), ("Jens Juel",), juel) == (*juel, maker("After Anna Ancher"))


@pytest.mark.parametrize(("excluded", "left"), [(["unknown*"], ["Ann"]), (["unknown"], ["Unknown American", "Ann"])])
def test_a_star_excludes_all_names_that_begin_so(excluded: list[str], left: list[str]) -> None:
    declared = Makers.model_validate({"name": {"path": "by"}, "exclude_names": excluded})
    found = makers_of(declared)({"by": ["Unknown American", "unknown", "Ann"]})
    assert [each.name for each in found] == left


@pytest.mark.parametrize("name", ["*", "un*known", "*known"])
def test_a_star_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"a \* stands at the end of a name"):
        Makers.model_validate({"name": "by", "exclude_names": [name]})
