"""Tables that a curator edits: CSV files beside the modules that read them, checked row by row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from museum_assets.core.failures import MuseumError

Check = Callable[[str], str | None]
"""Returns what is wrong with a cell, None when nothing is."""


class TableError(MuseumError):
    """A table holds what cannot be read; the message names every such line."""


def anything(_: str) -> None:
    """Accept every text that is not empty."""


def language(cell: str) -> str | None:
    """Accept a language of two small letters."""
    return None if len(cell) == 2 and cell.isalpha() and cell.islower() else "is no language such as en, da or nl"


def years(cell: str) -> str | None:
    """Accept a number of years."""
    return None if cell.isdigit() and 0 < int(cell) <= 200 else "is no number of years from 1 to 200"


def country(cell: str) -> str | None:
    """Accept an ISO code of a country."""
    return None if len(cell) == 2 and cell.isalpha() and cell.isupper() else "is no code of a country such as DK"


def address(cell: str) -> str | None:
    """Accept an address without its scheme."""
    wrong = "://" in cell or " " in cell or "/" not in cell
    return "is no address such as rightsstatements.org/vocab/InC/1.0, without https://" if wrong else None


@dataclass(frozen=True)
class Table:
    """A table: its file, the columns in their order with the check of each, and the one that names a row."""

    path: Path
    columns: Mapping[str, Check]
    key: str

    def rows(self) -> list[dict[str, str]]:
        """Return the rows, without blanks around their cells. Raises TableError with every error."""
        rows, errors = self._read()
        if errors:
            raise TableError(f"{self.path} cannot be used:\n" + "\n".join(f"  {error}" for error in errors))
        return rows

    def _read(self) -> tuple[list[dict[str, str]], list[str]]:
        try:
            lines = [*csv.reader(self.path.read_text(encoding="utf-8-sig").splitlines(), strict=True)]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            return [], [f"{error}; save it as CSV in UTF-8"]
        names = list(self.columns)
        if not lines or [cell.strip() for cell in lines[0]] != names:
            return [], [f"line 1 has to be: {','.join(names)}"]
        rows: list[dict[str, str]] = []
        errors: list[str] = []
        first: dict[str, int] = {}
        for number, cells in enumerate(lines[1:], 2):
            row = dict(zip(names, (cell.strip() for cell in cells), strict=False))
            if len(cells) != len(names):
                errors.append(f"line {number} has {len(cells)} cells instead of {len(names)}: {','.join(cells)}")
                continue
            errors += [f"line {number}: {problem}" for problem in self._problems(row)]
            key = row[self.key].casefold()
            if key in first:
                errors.append(f"line {number}: {row[self.key]!r} stands in line {first[key]} already")
            first.setdefault(key, number)
            rows.append(row)
        return rows, errors

    def _problems(self, row: Mapping[str, str]) -> list[str]:
        found = []
        for name, check in self.columns.items():
            if not row[name]:
                found.append(f"{name} is empty")
            elif problem := check(row[name]):
                found.append(f"{name} {row[name]!r} {problem}")
        return found
