"""Declared sources: one TOML file each in `museum_assets/archive_files/sources/`.

A new source takes a new file there and no code. The classes below say what each field of the file means.
"""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from museum_assets.core.failures import MuseumError
from museum_assets.core.wildcards import BadPattern, Wildcard, compile_pattern

FOLDER = Path(__file__).with_name("sources")
NAME_PATTERN = r"^[a-z][a-z0-9_]{0,39}$"
"""Names of sources and columns. Tables are named by them, with an import's number at the end."""
RESERVED = frozenset({"import_id", "position"})

Name = Annotated[str, Field(pattern=NAME_PATTERN)]


class DeclarationError(MuseumError):
    """A declaration is wrong or does not exist. The message names its file and field."""


class Column(BaseModel):
    """One column of a declared source. Identifiers are declared as text, which keeps their leading zeros."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["text", "integer", "number", "date"] = "text"
    aliases: tuple[str, ...] = ()
    """Other names that files give it, in any case; its own name always counts."""
    required: bool = False
    """Whether a row without a value is rejected. Columns of the key are always required."""
    optional: bool = False
    """Whether a file may lack the column; otherwise such a file fails the import."""
    format: str = "%Y-%m-%d"
    """How a date is written, in the notation of strptime."""
    start: int | None = Field(None, ge=1)
    """The character at which it begins in a fixed-width file, counted from 1."""
    width: int | None = Field(None, ge=1)
    """The number of its characters in a fixed-width file."""

    @property
    def sql_type(self) -> str:
        """Return its type in Postgres."""
        return {"text": "text", "integer": "bigint", "number": "numeric", "date": "date"}[self.type]


class DeclaredSource(BaseModel):
    """A declared source: where its files are, their format, columns, types and keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    title: str = Field(min_length=1)
    urls: tuple[str, ...] = Field(min_length=1)
    """The addresses of its files; `{year}` stands for the year that is imported."""
    sha256: tuple[str, ...] = ()
    """The SHA-256 of each of those files, in their order, where the publisher gives it."""
    members: str = "**"
    """The members of the archives that are read, as a wildcard of `museum_assets/core/wildcards.py`."""
    format: Literal["delimited", "fixed", "jsonl", "json"]
    """`jsonl` has one record per line, `json` one per member."""
    encoding: Literal["utf-8", "iso-8859-1", "windows-1252", "ascii"] = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    quote: Literal["", '"', "'"] = '"'
    """The quotation mark. When it is empty nothing is quoted, and a quotation mark is a character like any other."""
    header: Literal["present", "absent", "either"] = "present"
    """`either`: the first line counts as a header when it names the columns, which differs from year to year."""
    layout: tuple[str, ...] = ()
    """The file's columns in their order, for files without a header."""
    keys: tuple[Name, ...] = ()
    """Of rows that agree in these columns the first is kept. Without keys no row is a duplicate."""
    year_column: Name | None = None
    """The column with a row's year: a row of another year than is imported fails the import as stale."""
    columns: dict[Name, Column] = Field(min_length=1)
    """The columns that are kept, by their names in the table. The file's other columns are left out."""

    @model_validator(mode="after")
    def consistent(self) -> Self:
        """Refuse fields that contradict each other."""
        unknown = {*self.keys, *filter(None, [self.year_column])} - self.columns.keys()
        if unknown or RESERVED & self.columns.keys():
            raise ValueError(
                f"keys and year_column must be columns, and no column may be {sorted(RESERVED)}: {sorted(unknown)}"
            )
        if self.format == "fixed" and not all(c.start and c.width for c in self.columns.values()):
            raise ValueError("every column of a fixed-width file needs start and width")
        if self.header != "present" and self.format == "delimited" and not self.layout:
            raise ValueError("a delimited file that may come without a header needs a layout")
        if self.year_column and self.columns[self.year_column].type not in ("integer", "text"):
            raise ValueError("year_column must be text or integer")
        if self.sha256 and len(self.sha256) != len(self.urls):
            raise ValueError("give a sha256 for each of the urls, or none")
        try:
            compile_pattern(self.members)
        except BadPattern as error:
            raise ValueError(str(error)) from None
        return self

    @property
    def yearly(self) -> bool:
        """Whether there is an edition for each year."""
        return self.year_column is not None or any("{year}" in url for url in self.urls)

    @property
    def member_pattern(self) -> Wildcard:
        """Return `members` as a compiled wildcard."""
        return compile_pattern(self.members)

    def contract(self) -> str:
        """Return a digest of everything that decides what a row becomes; title and addresses are left out."""
        body = self.model_dump_json(exclude={"title", "urls", "sha256"})
        return f"archive:{hashlib.sha256(body.encode()).hexdigest()[:16]}"

    def required(self, column: str) -> bool:
        """Say whether a row without a value in this column is rejected."""
        return self.columns[column].required or column in self.keys or column == self.year_column


def source_names(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the names of the declared sources, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


@cache
def declared_source(name: str, folder: Path = FOLDER) -> DeclaredSource:
    """Return the declared source of this name. Raises DeclarationError."""
    if name not in source_names(folder):
        known = ", ".join(source_names(folder)) or "none"
        raise DeclarationError(f"no source {name!r} is declared in {folder.name}/: choose from {known}")
    return read_declaration(folder / f"{name}.toml")


def read_declaration(path: Path) -> DeclaredSource:
    """Return the source that a TOML file declares, under the file's name. Raises DeclarationError."""
    try:
        return DeclaredSource(name=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
        raise DeclarationError(f"{path.name}: {error}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'together'}: {item['msg']}"
            for item in error.errors(include_url=False)
        )
        raise DeclarationError(f"{path.name}: {faults}") from None
