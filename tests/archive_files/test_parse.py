"""Every format: what is a row, what is refused and where, and what a fault costs."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.archive_files.declared import DeclaredSource
from museum_assets.archive_files.download.obtain import file_name
from museum_assets.archive_files.download.transfer import Downloaded
from museum_assets.archive_files.read.block import LARGEST_RECORD, Checkpoint
from museum_assets.archive_files.read.dump import ArchiveDump
from museum_assets.archive_files.read.parse import read_blocks
from museum_assets.core.failures import Failure
from museum_assets.core.settings import Settings
from museum_assets.museums.dumps import file_pages
from museum_assets.museums.museum import RawRecord
from museum_assets.sources.connector import RecordRefusal, SourceRecord
from museum_assets.sources.registry import make_connector
from resources.platform import Platform
from tests.support.archive_files import declared

CSV = {"delimiter": ",", "quote": '"', "encoding": "utf-8"}
LAYOUT = {"header": "either", "layout": ["number", "value", "note"]}


def read(source: DeclaredSource, path: Path) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """All rows with their line, and all refusals."""
    found: list[tuple[Any, ...]] = []
    refused: list[tuple[Any, ...]] = []
    for block in read_blocks(source, [path], Checkpoint()):
        columns = [column.to_pylist() for column in block.columns.values()]
        found += zip(block.lines, *columns, strict=True)
        refused += [(each.line, each.code, each.body) for each in block.refused]
    return found, refused


def parsed(tmp_path: Path, body: bytes, **changes: Any) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    path = tmp_path / "data.txt"
    path.write_bytes(body)
    return read(declared(**changes), path)


def test_without_quoting_a_quotation_mark_is_a_character(tmp_path: Path) -> None:
    rows, refused = parsed(tmp_path, b'number\tvalue\n"1\t2\n3"\t"4"\n')
    assert (rows, refused) == ([(2, '"1', "2", ""), (3, '3"', '"4"', "")], [])


def test_line_ends_blank_lines_and_a_cr_within_a_line(tmp_path: Path) -> None:
    rows, refused = parsed(tmp_path, b"number\tvalue\r\n1\t2\r\n\r\n3\tfour\rfive\n\n6\t7")
    assert rows == [(2, "1", "2", ""), (4, "3", "four\rfive", ""), (6, "6", "7", "")]
    assert refused == []


@pytest.mark.parametrize("body", [b"NUMBER\tValue\tnote\n1\t2\t3\n", b"1\t2\t3\n"])
def test_a_header_may_be_there_or_not(tmp_path: Path, body: bytes) -> None:
    rows, refused = parsed(tmp_path, body, **LAYOUT)
    assert ([row[1:] for row in rows], refused) == ([("1", "2", "3")], [])


def test_neither_header_nor_layout_fails(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="neither with column names"):
        parsed(tmp_path, b"1\t2\n", **LAYOUT)


def test_the_mark_of_utf_8_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    for quote in ("", '"'):
        rows, _ = parsed(tmp_path, b"\xef\xbb\xbfnumber,value\n1,2\n", **{**CSV, "quote": quote})
        assert [row[1:] for row in rows] == [("1", "2", "")]


def test_quoted_values_hold_delimiters_and_line_ends(tmp_path: Path) -> None:
    rows, refused = parsed(tmp_path, b'number,value,note\r\n1,"2,5","two\r\nlines, ""q"""\r\n3,4,\r\n', **CSV)
    assert rows == [(2, "1", "2,5", 'two\r\nlines, "q"'), (4, "3", "4", "")]
    assert refused == []


def test_a_stray_quotation_mark_costs_its_own_row_and_no_other(tmp_path: Path) -> None:
    body = b'number,value,note\n1,2,"never closed\n' + b"".join(b"%d,5,x\n" % n for n in range(3, 2000))
    rows, refused = parsed(tmp_path, body, **CSV)
    assert refused == [(2, "bad_quoting", b'1,2,"never closed')]
    assert [row[0] for row in rows] == list(range(3, 2000))


def test_bytes_that_do_not_decode_are_refused_in_every_format(tmp_path: Path) -> None:
    for more, body in (
        (CSV, b"number,value\n\xff1,2\n3,4\n"),
        ({"encoding": "utf-8"}, b"number\tvalue\n\xff1\t2\n3\t4\n"),
        ({"format": "jsonl"}, b'\n{"number":"\xff1","value":2}\n{"number":"3","value":4}\n'),
    ):
        rows, refused = parsed(tmp_path, body, **more)
        assert [(line, code) for line, code, _ in refused] == [(2, "undecodable")]
        assert [row[:3] for row in rows] == [(3, "3", "4")]


def test_json_lines(tmp_path: Path) -> None:
    body = (
        b'{"Loan_No": "007", "value": 1.5, "note": ["a"]}\n[]\n{"number": 8}\nnull\n{"number": "9", "value": null}\nx\n'
    )
    rows, refused = parsed(tmp_path, body, format="jsonl")
    assert rows == [(1, "007", "1.5", '["a"]'), (5, "9", "", "")]
    codes = [(line, code) for line, code, _ in refused]
    assert codes == [(2, "bad_json"), (3, "missing_field"), (4, "bad_json"), (6, "bad_json")]


def tar_of(folder: Path, files: dict[str, bytes]) -> Path:
    path = folder / "dump.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return path


def test_one_json_record_a_member(tmp_path: Path) -> None:
    path = tar_of(tmp_path, {"a/1.json": b'{"number": "1", "value": 2}', "a/2.json": b"{", "README.md": b"#"})
    (block,) = read_blocks(declared(format="json", members="**/*.json"), [path], Checkpoint())
    assert [column.to_pylist() for column in block.columns.values()] == [["1"], ["2"], [""]]
    assert block.files == ["a/1.json"]
    assert [(each.file, each.line, each.code) for each in block.refused] == [("a/2.json", 1, "bad_json")]
    assert block.end.member == 2


def test_a_member_that_is_too_large_for_a_record_costs_only_itself(tmp_path: Path) -> None:
    huge = b'{"number": "' + b"2" * (LARGEST_RECORD + 1) + b'", "value": 2}'
    files = {"1.json": b'{"number": "1", "value": 2}', "2.json": huge, "3.json": b'{"number": "3", "value": 2}'}
    path = tar_of(tmp_path, files)
    blocks = list(read_blocks(declared(format="json", members="*.json"), [path], Checkpoint()))
    assert [file for block in blocks for file in block.files or ()] == ["1.json", "3.json"]
    assert [(each.file, each.code) for block in blocks for each in block.refused] == [("2.json", "record_too_large")]
    dump = ArchiveDump(lambda: Downloaded(path, "a" * 64, "file"))
    (page,) = file_pages(dump, "*.json", lambda found: RawRecord(str(found["number"]), found), None, None)
    assert [record.id for record in page.records] == ["1", "3"]
    assert [(name, failure.code) for name, failure in page.failed.items()] == [("2.json", "record_too_large")]


def test_fixed_width_counts_characters_and_not_bytes(tmp_path: Path) -> None:
    columns = {"number": {"start": 1, "width": 4}, "value": {"start": 7, "width": 3}}
    rows, _ = parsed(tmp_path, "dépô  123rest\n12\n".encode(), format="fixed", encoding="utf-8", columns=columns)
    assert rows == [(1, "dépô", "123"), (2, "12", "")]


@given(st.lists(st.text(st.sampled_from('ab\t\r\n"\\\0é'), max_size=20), max_size=30), st.booleans())
def test_every_line_is_a_row_or_refused_and_the_quick_way_reads_as_the_slow_one(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], windows: bool
) -> None:
    body = "number\tvalue" + "".join(("\r\n" if windows else "\n") + line for line in lines)
    path = tmp_path_factory.getbasetemp() / "lines.txt"
    path.write_bytes(body.encode("iso-8859-1"))
    rows, refused = read(declared(), path)
    expected = [
        (number, line.removesuffix("\r"))
        for number, line in enumerate(body.split("\n"), 1)
        if number > 1 and line.removesuffix("\r")
    ]
    assert len(rows) + len(refused) == len(expected)
    for number, line in expected:
        good = line.count("\t") == 1 and "\0" not in line
        assert ((number, *line.split("\t"), "") in rows) == good


def test_file_names_tell_addresses_apart_and_stay_in_the_folder() -> None:
    names = {
        file_name(url) for url in ("https://a/x.zip", "https://b/x.zip", "https://a/..%2F..%2Fx.zip", "https://a/")
    }
    assert len(names) == 4
    assert not any("/" in name or name.startswith(".") for name in names)


def test_a_declared_source_is_a_source_of_the_registry(tmp_path: Path) -> None:
    path = tmp_path / "features.txt"
    path.write_text("acct\tbld_num\tcount\tgrade\tcd\tl_dscr\tnote\tuts\n001\t1\t2\t4\tRRS1\tShed\t\t1.0\nbroken\n")
    source = make_connector(
        Platform(Settings(museum_home=tmp_path)), "archive", name="hcad_extra_features", year=2016, url=path.as_uri()
    )
    record, refusal = sorted(source.extract(), key=lambda each: each.place)
    assert isinstance(record, SourceRecord)
    assert (record.place, record.value["acct"], record.value["uts"]) == ("features.txt:2", "001", "1.0")
    assert isinstance(refusal, RecordRefusal)
    assert (refusal.place, refusal.code, refusal.body) == ("features.txt:3", "field_count", b"broken")
