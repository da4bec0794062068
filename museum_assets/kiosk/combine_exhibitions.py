"""All exhibition files of a museum as one frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from museum_assets.dead_letters.letters import Letter
from museum_assets.kiosk.combined import SOURCE, ReadFile, place, writing
from museum_assets.kiosk.exhibitions import Exhibition, read_exhibition
from museum_assets.kiosk.message import Refusal
from museum_assets.kiosk.museum import KioskMuseum
from museum_assets.kiosk.source_files import Fetched, SourceFiles
from resources.s3 import ObjectStore

if TYPE_CHECKING:
    import pyarrow as pa

TAKEN = "exhibition_code_taken"
Frame = Any
"""A pandas DataFrame."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a combining made: the books of the files, the good rows, and the files that could not be fetched."""

    files: tuple[ReadFile, ...]
    rows: int
    rejected: int
    unreadable: dict[str, str]


def exhibition_schema() -> pa.Schema:
    """Return the columns: those of the files in lower case, `exhibition_id` as `exhibition_code`, and the file."""
    import pyarrow as pa

    names = ("exhibition_code", "exhibition_name", "floor", "department")
    return pa.schema([*((name, pa.string()) for name in names), ("start_date", pa.date32()),
                      ("description", pa.string()), ("file", pa.string())])  # fmt: skip


def combine_exhibitions(
    source: ObjectStore, museum: KioskMuseum, target: ObjectStore, check: Callable[[Frame], None] = lambda _: None
) -> Made:
    """Read every exhibition file of the museum's bucket into one frame; `check` may refuse the frame by raising.

    A file whose code another one claimed before is rejected. Raises as S3 does.
    """
    import pyarrow as pa

    files: list[ReadFile] = []
    letters: list[Letter] = []
    found: dict[str, tuple[str, Exhibition]] = {}
    sources = SourceFiles(source, museum, "exhibition")
    for each in sources:
        if isinstance(each, ReadFile):
            files.append(each)
            continue
        read = read_exhibition(each.body)
        refused = _refusal(read, found)
        if isinstance(read, Exhibition) and refused is None:
            found[read.exhibition_code] = (each.file.key, read)
            files.append(each.read("loaded", rows=1))
        elif not each.body.strip():
            files.append(each.read("empty", "the file is empty"))
        elif refused:
            reasons, message = refused
            files.append(each.read("refused", message, rows=1, rejected=1))
            letters.append(exhibition_letter(museum.slug, each, reasons, message))
    rows = [row(key, exhibition) for key, exhibition in found.values()]
    rows.sort(key=lambda each: each["exhibition_code"])
    table = pa.Table.from_pylist(rows, schema=exhibition_schema())
    check(table.to_pandas())
    with writing(exhibition_schema()) as (writer, _):
        writer.rows.write_table(table)
        writer.reject(letters)
        writer.publish(target, museum.slug, "exhibition", files)
    return Made(tuple(files), len(rows), len(letters), sources.unreadable)


def _refusal(
    read: Exhibition | Refusal, found: dict[str, tuple[str, Exhibition]]
) -> tuple[tuple[str, ...], str] | None:
    if isinstance(read, Refusal):
        return read.reasons, f"no exhibition: {', '.join(read.reasons)}"
    if read.exhibition_code in found:
        owner = found[read.exhibition_code][0]
        return (TAKEN,), f"{read.exhibition_code} is described by {owner} already: delete one of the two files"
    return None


def row(key: str, exhibition: Exhibition) -> dict[str, Any]:
    """Return an exhibition as a row of the frame."""
    return {
        "exhibition_code": exhibition.exhibition_code,
        "exhibition_name": exhibition.name,
        "floor": exhibition.floor,
        "department": exhibition.department,
        "start_date": exhibition.start_date,
        "description": exhibition.description,
        "file": key,
    }


def exhibition_letter(slug: str, each: Fetched, reasons: tuple[str, ...], message: str) -> Letter:
    """Return the dead letter of a whole file."""
    context = {"kind": "exhibition", "file": each.file.key, "etag": each.file.etag}
    return Letter(SOURCE, slug, place(each.file), reasons, each.body, message, context)
