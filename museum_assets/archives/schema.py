"""Declared sources: one TOML file each in `museum_assets/archives/sources/`, which says all that reading one takes.

A new source is a new file there, and no code. What each field means is said beside it below.
"""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from museum_assets.failures import MuseumError
from museum_assets.sources.wildcard import BadPattern, Wildcard, compile_pattern

FOLDER = Path(__file__).with_name("sources")
NAME = r"^[a-z][a-z0-9_]{0,39}$"
"""Of sources and columns: they name tables and columns, with an import's number behind them."""
RESERVED = frozenset({"import_id", "position"})

Name = Annotated[str, Field(pattern=NAME)]


class SchemaError(MuseumError):
    """A declared source is wrong, or there is none of that name. The message names file and field."""


class Column(BaseModel):
    """One column. Identifiers are text, so that their leading zeros stay."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["text", "integer", "number", "date"] = "text"
    aliases: tuple[str, ...] = ()
    """Names that the file has or had for it; the column's own name counts as well, and case does not."""
    required: bool = False
    """Whether a row without a value is rejected. Columns of the key are required."""
    optional: bool = False
    """Whether a file may lack it; without this a missing column fails the import."""
    format: str = "%Y-%m-%d"
    """Of dates, as strptime reads it."""
    start: int | None = Field(None, ge=1)
    """Fixed width: where it begins, counted from 1 in characters."""
    width: int | None = Field(None, ge=1)
    """Fixed width: how many characters."""

    @property
    def sql_type(self) -> str:
        """Return what it is in Postgres."""
        return {"text": "text", "integer": "bigint", "number": "numeric", "date": "date"}[self.type]


class Source(BaseModel):
    """A declared source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    title: str = Field(min_length=1)
    urls: tuple[str, ...] = Field(min_length=1)
    """Where its files are; `{year}` stands for the year that is asked for."""
    sha256: tuple[str, ...] = ()
    """Of those files, in their order, where the publisher gives it."""
    members: str = "**"
    """Which files of the archives are read: a wildcard of `museum_assets/sources/wildcard.py`."""
    format: Literal["delimited", "fixed", "jsonl", "json"]
    """`json` is one record a member."""
    encoding: Literal["utf-8", "iso-8859-1", "windows-1252", "ascii"] = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    quote: Literal["", '"', "'"] = '"'
    """Empty: there is no quoting, and a stray quotation mark is text like any other."""
    header: Literal["present", "absent", "either"] = "present"
    """`either`: the first line is a header when it names the columns, as it does in some years."""
    layout: tuple[str, ...] = ()
    """The file's columns in their order, for files without a header."""
    keys: tuple[Name, ...] = ()
    """Rows that agree in these are one; the first is kept. Without keys every row is its own."""
    year_column: Name | None = None
    """The column that says which year a row is of: a row of another year fails the import as stale."""
    columns: dict[Name, Column] = Field(min_length=1)
    """What is kept, by the name it gets. What the file has besides is reported and left out."""

    @model_validator(mode="after")
    def consistent(self) -> Self:
        """Check what belongs together."""
        unknown = {*self.keys, *filter(None, [self.year_column])} - self.columns.keys()
        if unknown or RESERVED & self.columns.keys():
            raise ValueError(
                f"keys and year_column must be columns, and no column may be {sorted(RESERVED)}: {unknown}"
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
        """Whether the source has an edition per year."""
        return self.year_column is not None or any("{year}" in url for url in self.urls)

    @property
    def wanted(self) -> Wildcard:
        """Return the compiled pattern of its members."""
        return compile_pattern(self.members)

    def contract(self) -> str:
        """Return a digest of all that decides what a row becomes; where the files are is not part of it."""
        body = self.model_dump_json(exclude={"title", "urls", "sha256"})
        return f"archive:{hashlib.sha256(body.encode()).hexdigest()[:16]}"

    def required(self, column: str) -> bool:
        """Say whether a row without this column is rejected."""
        return self.columns[column].required or column in self.keys or column == self.year_column


def source_names(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the names of the declared sources."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


@cache
def source(name: str, folder: Path = FOLDER) -> Source:
    """Return a declared source. Raises SchemaError."""
    if name not in source_names(folder):
        known = ", ".join(source_names(folder)) or "none"
        raise SchemaError(f"no source {name!r} is declared in {folder.name}/: there is {known}")
    return read_source(folder / f"{name}.toml")


def read_source(path: Path) -> Source:
    """Read one declaration, whose name is that of its file. Raises SchemaError."""
    try:
        return Source(name=path.stem, **tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError) as error:
        raise SchemaError(f"{path.name}: {error}") from error
    except ValidationError as error:
        told = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'together'}: {item['msg']}"
            for item in error.errors(include_url=False)
        )
        raise SchemaError(f"{path.name}: {told}") from None
