"""Each error of a table is explained with its line; what is shipped has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from museum_assets.cli import museum_tables
from museum_assets.museums.rights import is_open, known_licence
from museum_assets.museums.tables import Table, TableError, anything, language

COLUMNS = {"term": anything, "language": language}


def table(folder: Path, content: bytes) -> Table:
    file = folder / "work_types.csv"
    file.write_bytes(content)
    return Table(file, COLUMNS, "term")


@pytest.mark.parametrize("shipped", museum_tables.TABLES, ids=lambda each: each.path.name)
def test_what_is_shipped_can_be_used(shipped: Table) -> None:
    assert shipped.rows()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ["line 1 has to be: term,language"]),
        (b"word,language\n", ["line 1 has to be: term,language"]),
        (b"term,language\nmaleri,Danish\n", ["line 2: language 'Danish' is no language such as en, da or nl"]),
        (b"term,language\n ,da\n", ["line 2: term is empty"]),
        (b"term,language\nmaleri\n", ["line 2 has 1 cells instead of 2: maleri"]),
        (b"term,language\nmaleri,da\nMaleri,nl\n", ["line 3: 'Maleri' stands in line 2 already"]),
        (b"term,language\nmaleri;da\nprint,xyz\n", ["line 2 has 1 cells", "line 3: language 'xyz'"]),
        ("term,language\nhåndtegning,da\n".encode("latin-1"), ["save it as CSV in UTF-8"]),
        (b'term,language\n"maleri,da\n', ["save it as CSV in UTF-8"]),
    ],
)
def test_each_error_is_explained_with_its_line(tmp_path: Path, content: bytes, told: list[str]) -> None:
    with pytest.raises(TableError) as caught:
        table(tmp_path, content).rows()
    assert all(words in str(caught.value) for words in [*told, "work_types.csv"])


def test_blanks_and_what_excel_puts_in_front_do_not_count(tmp_path: Path) -> None:
    written = "\ufeffterm, language\n maleri ,da\n".encode()
    assert table(tmp_path, written).rows() == [{"term": "maleri", "language": "da"}]


def test_the_command_shows_the_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert museum_tables.show_tables(as_json=False) == 0
    monkeypatch.setattr(museum_tables, "TABLES", (table(tmp_path, b"term,language\nmaleri,Danish\n"),))
    assert museum_tables.show_tables(as_json=False) == 1
    assert "work_types.csv, line 2: language 'Danish' is no language" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0"),
        ("http://www.creativecommons.org/publicdomain/zero/1.0/deed.da", "CC0"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC BY"),
        ("https://creativecommons.org/licenses/by/3.0/nl/deed.nl", "CC BY"),
        ("https://creativecommons.org/licenses/by-sa/4.0", "CC BY-SA"),
        ("https://creativecommons.org/licenses/by-nc/4.0/", None),
        ("http://rightsstatements.org/vocab/InC-EDU/1.0/", "InC"),
        ("http://rightsstatements.org/page/NoC-US/1.0/?language=en", "NoC-US"),
        ("https://example.org/creativecommons.org/publicdomain/zero/1.0/", None),
        ("CC0", None),
    ],
)
def test_licences_are_known_by_their_addresses(stated: str, name: str | None) -> None:
    assert known_licence(stated) == name
    assert is_open(stated, ["CC0"]) == (name == "CC0" or stated == "CC0")
