"""What `museum tables` prints."""

from __future__ import annotations

from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.enrichment.facts import terms
from museum_assets.museums import copyright_terms, qualifiers, rights, unknown_artists, work_types
from museum_assets.museums.tables import TableError

TABLES = (work_types.TABLE, unknown_artists.TABLE, qualifiers.TABLE, rights.TABLE, copyright_terms.TABLE,
          terms.TABLE)  # fmt: skip


def show_tables(*, as_json: bool) -> int:
    """Print each table with its rows and its errors; return the exit status."""
    rows: dict[str, int] = {}
    errors: dict[str, list[str]] = {}
    for table in TABLES:
        name = table.path.name
        try:
            rows[name], errors[name] = len(table.rows()), []
        except TableError as error:
            rows[name], errors[name] = 0, [line.strip() for line in str(error).splitlines()[1:]]
    if as_json:
        print_json([{"table": name, "rows": rows[name], "errors": errors[name]} for name in rows])
    else:
        print_table("Tables", ("table", "rows", "errors"), [(name, rows[name], len(errors[name])) for name in rows])
        for name, found in errors.items():
            for problem in found:
                console.print(f"{name}, {problem}", markup=False)
    return int(any(errors.values()))
