"""Combines all exhibition files of a museum into one frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from museum_assets.dead_letters.letters import Letter
from museum_assets.kiosk.files.combined import FileBooks, combined_writer, letter_place
from museum_assets.kiosk.files.exhibitions import Exhibition, read_exhibition
from museum_assets.kiosk.files.source_files import FetchedFile, SourceFiles
from museum_assets.kiosk.letters import KIOSK_FILE
from museum_assets.kiosk.stream.message import RefusalReasons
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.s3 import ObjectStore

if TYPE_CHECKING:
    import pyarrow as pa

CODE_TAKEN = "exhibition_code_taken"
Frame = Any
"""A pandas DataFrame."""


@dataclass(frozen=True, slots=True)
class CombineReport:
    """The books of a museum's files of one kind, their rows, and by key why a file could not be fetched."""

    files: tuple[FileBooks, ...]
    rows: int
    rejected: int
    unreadable: dict[str, str]


def exhibition_schema() -> pa.Schema:
    """Return the frame's columns: the files' in lower case, with `exhibition_id` as `exhibition_code`, and `file`."""
    import pyarrow as pa

    names = ("exhibition_code", "exhibition_name", "floor", "department")
    return pa.schema([*((name, pa.string()) for name in names), ("start_date", pa.date32()),
                      ("description", pa.string()), ("file", pa.string())])  # fmt: skip


def combine_exhibitions(
    source: ObjectStore, museum: KioskMuseum, target: ObjectStore, check: Callable[[Frame], None] = lambda _: None
) -> CombineReport:
    """Write every exhibition file of the museum's bucket into one frame; return what became of them.

    `check` gets the frame before it is written, and raises to stop. A file is rejected when an earlier one has its
    exhibition code. Raises as S3 does.
    """
    import pyarrow as pa

    files: list[FileBooks] = []
    letters: list[Letter] = []
    exhibitions: dict[str, tuple[str, Exhibition]] = {}
    sources = SourceFiles(source, museum, "exhibition")
    for each in sources:
        if isinstance(each, FileBooks):
            files.append(each)
            continue
        read = read_exhibition(each.body)
        refused = _refusal(read, exhibitions)
        if isinstance(read, Exhibition) and refused is None:
            exhibitions[read.exhibition_code] = (each.file.key, read)
            told = f"repaired: {', '.join(read.text_repairs)}" if read.text_repairs else None
            files.append(each.books("loaded", told, rows=1))
        elif not each.body.strip():
            files.append(each.books("empty", "the file is empty"))
        elif refused:
            reasons, message = refused
            files.append(each.books("refused", message, rows=1, rejected=1))
            letters.append(exhibition_letter(museum.slug, each, reasons, message))
    rows = [exhibition_row(key, exhibition) for key, exhibition in exhibitions.values()]
    rows.sort(key=lambda each: each["exhibition_code"])
    table = pa.Table.from_pylist(rows, schema=exhibition_schema())
    check(table.to_pandas())
    with combined_writer(exhibition_schema()) as (writer, _):
        writer.rows.write_table(table)
        writer.reject(letters)
        writer.upload(target, museum.slug, "exhibition", files)
    return CombineReport(tuple(files), len(rows), len(letters), sources.unreadable)


def _refusal(
    read: Exhibition | RefusalReasons, taken: dict[str, tuple[str, Exhibition]]
) -> tuple[tuple[str, ...], str] | None:
    if isinstance(read, RefusalReasons):
        return read.reasons, f"it describes no exhibition: {', '.join(read.reasons)}"
    if read.exhibition_code in taken:
        owner = taken[read.exhibition_code][0]
        return (CODE_TAKEN,), f"{read.exhibition_code} is described by {owner} already: delete one of the two files"
    return None


def exhibition_row(key: str, exhibition: Exhibition) -> dict[str, Any]:
    """Return an exhibition as a row of the frame; `key` names its file."""
    return {
        "exhibition_code": exhibition.exhibition_code,
        "exhibition_name": exhibition.name,
        "floor": exhibition.floor,
        "department": exhibition.department,
        "start_date": exhibition.start_date,
        "description": exhibition.description,
        "file": key,
    }


def exhibition_letter(slug: str, each: FetchedFile, reasons: tuple[str, ...], message: str) -> Letter:
    """Return the dead letter of an exhibition file."""
    context = {"kind": "exhibition", "file": each.file.key, "etag": each.file.etag}
    return Letter(KIOSK_FILE.name, slug, letter_place(each.file), reasons, each.body, message, context)
