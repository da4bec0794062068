"""Declarations: what is wrong with one is said, and those of the product read the files that they describe."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.archive_files.declared import DeclarationError, declared_source, read_declaration, source_names
from museum_assets.archive_files.download.obtain import Order
from museum_assets.archive_files.download.transfer import Downloaded
from museum_assets.archives.imports import IMPORT_LETTERS, imports
from museum_assets.archives.load import load
from museum_assets.catalogue import letter_sources
from museum_assets.core.failures import MuseumError
from museum_assets.dead_letters.letters import LetterFilter, count_letters
from museum_assets.dead_letters.replay import replay_letters
from resources.postgres import Database
from tests.support.archive_files import declared, rows
from tests.support.new_database import NewDatabase

Files = Callable[..., Downloaded]
GOOD = """
title = "Loans"
urls = ["https://example.org/loans.csv"]
format = "delimited"
keys = ["number"]
[columns]
number = { type = "text" }
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('keys = ["number"]', 'keys = ["no"]', "must be columns"),
        ('"delimited"', '"xls"', "format"),
        ("[columns]", 'encodding = "utf-8"\n[columns]', "encodding"),
        ("[columns]", 'encoding = "utf-16"\n[columns]', "encoding"),
        ("[columns]", 'header = "either"\n[columns]', "layout"),
        ("[columns]", 'members = "***"\n[columns]', "whole segment"),
        ("[columns]", 'sha256 = ["a", "b"]\n[columns]', "sha256"),
        ("number = {", "Number = {", "Number"),
        ("[columns]", "[columns]\nposition = {}", "position"),
        ("title = ", "title == ", "loans.toml"),
    ],
)
def test_what_is_wrong_with_a_declaration_is_said(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "loans.toml"
    path.write_text(GOOD)
    assert read_declaration(path).name == "loans"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(DeclarationError, match=told):
        read_declaration(path)


def test_an_unknown_source_is_named_with_the_known_ones() -> None:
    with pytest.raises(DeclarationError, match="hcad_accounts"):
        declared_source("hcad")


def test_where_the_files_are_is_no_part_of_the_contract() -> None:
    assert declared().contract() == declared(urls=["https://elsewhere.org/"], title="x").contract()
    assert declared().contract() != declared(keys=[]).contract()


def test_orders() -> None:
    assert declared().yearly
    with pytest.raises(MuseumError, match="leave the year out"):
        Order(year=2020).files(declared(urls=["https://example.org/a.zip"]))
    with pytest.raises(MuseumError, match="1 SHA-256 were given for 2 files"):
        Order(["a", "b"], ["0"]).files(declared())
    (wanted,) = Order(year=2026).files(declared())
    assert (wanted.url, wanted.name[12:]) == ("https://example.org/2026/loans.zip", "-loans.zip")


def edition(name: str, year: int, count: int, *, header: bool) -> bytes:
    """A file as the declared source describes it, made up: no owner, no address of anybody."""
    dice, described = random.Random(f"{name} {year}"), declared_source(name)
    lines = ["\t".join(described.layout)] if header else []
    for n in range(count):
        values = {
            "acct": f"{n:013}   ", "yr": str(year), "bld_num": "1", "dscr": '2" pipe', "note": 'a "b', "count": "1",
            "qa_cd": "C", "eff_ar": "7",
        }  # fmt: skip
        kinds = {column: kind.type for column, kind in described.columns.items()}
        lines.append(
            "\t".join(
                values.get(field.lower())
                or (
                    str(dice.randrange(5000)) if kinds.get(field.lower(), "text") != "text" else f"x{dice.randrange(9)}"
                )
                for field in described.layout
            )
        )
    return ("\r\n".join(lines) + "\r\n").encode("iso-8859-1")


@pytest.mark.parametrize("name", source_names())
@pytest.mark.parametrize("header", [True, False])
def test_the_county_sources_import_with_and_without_a_header(
    database: Database, file: Files, name: str, header: bool
) -> None:
    found = load(database, declared_source(name), [file(edition(name, 2026, 50, header=header), "data.txt")], year=2026)
    assert (found.state, found.rows_read, found.loaded, found.current) == ("loaded", 50, 50, True)
    with database.connect() as conn:
        assert min(rows(conn, name, "acct")) == ("0000000000000",)
        assert {row["attname"] for row in conn.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", (f"archive.{name}",)
        )} == set(declared_source(name).columns)  # fmt: skip


def test_no_owner_and_no_mailing_address_is_ever_a_column() -> None:
    assert not {column for column in declared_source("hcad_accounts").columns if "mail" in column or "own" in column}


@pytest.mark.parametrize("name", ["building_res", "extra_features"])
def test_real_heads_of_the_county_files_are_read(database: Database, shared: Path, name: str, file: Files) -> None:
    declaration = {"building_res": "hcad_buildings", "extra_features": "hcad_extra_features"}[name]
    body = (shared / f"data/hcad/{name}_2016_head.tsv").read_bytes()
    found = load(database, declared_source(declaration), [file(body, f"{name}.txt")], year=2016)
    assert (found.rows_read, found.loaded, found.rejected) == (5, 5, 0)


def test_a_rejected_row_is_due_when_the_declaration_has_changed(
    database: Database, file: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [file("number\tvalue\n1\tmuch\n")]
    now = declared()
    monkeypatch.setattr("museum_assets.archives.replay.declared_source", lambda _: now)
    load(database, now, files)
    assert replay_letters(database, letter_sources(), LetterFilter(IMPORT_LETTERS), "a test").refused == 1
    now = declared(columns={"number": {}, "price": {"aliases": ["value"]}})
    assert replay_letters(database, letter_sources(), LetterFilter(IMPORT_LETTERS), "a test").due == 1
    assert load(database, now, files).state == "loaded"
    with database.connect() as conn:
        assert count_letters(conn, LetterFilter(IMPORT_LETTERS)) == 0
        assert [each.state for each in imports(conn)] == ["loaded", "held"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
VALUES = st.one_of(TEXTS, st.sampled_from(["1", "-7", " 12 ", "1.5", "1e400", "nan", "0x1F", "1_0", "2024-02-30",
                                           "2024-02-29", "0000-01-01", "٣", "+5", ".5", "9" * 30]))  # fmt: skip


@pytest.fixture(scope="module")
def wild(new_database: NewDatabase) -> Iterator[Database]:
    """One database for all examples."""
    with new_database() as url:
        yield Database(url)


@given(st.lists(st.tuples(VALUES, VALUES, VALUES, VALUES), min_size=1, max_size=8))
def test_whatever_the_values_postgres_takes_what_is_not_rejected_and_the_books_balance(
    wild: Database, tmp_path_factory: pytest.TempPathFactory, values: list[tuple[str, ...]]
) -> None:
    names = ("text", "integer", "number", "date")
    wanted = declared(name="wild", format="jsonl", keys=[], columns={name: {"type": name} for name in names})
    body = "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in values).encode()
    path = tmp_path_factory.getbasetemp() / "wild.jsonl"
    path.write_bytes(body)
    found = load(wild, wanted, [Downloaded(path, str(hash(body)), path.as_uri())], partial=True, force=True)
    assert found.rows_read == len(values) == found.loaded + found.rejected
    with wild.connect() as conn:
        kept = {tuple(row) for row in rows(conn, f"wild__{found.id}", "text, integer::text, number::text, date::text")}
        trimmed = {(row[0].strip("\t\n\v\f\r ") or None) for row in values}
        assert {row[0] for row in kept} <= trimmed
