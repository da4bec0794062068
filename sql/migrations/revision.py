"""Makes an Alembic revision of SQL files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sql.migrations import number

Step = Callable[[], None]


def from_sql(module: str) -> tuple[str, str | None, Step, Step]:
    """Return (revision, the one before, upgrade, downgrade) for the module file of a revision, from its name."""
    file = Path(module)
    this = int(number(file))
    before = f"{this - 1:04}" if this > 1 else None
    return f"{this:04}", before, lambda: run(file.with_suffix(".up")), lambda: run(file.with_suffix(".down"))


def run(name: Path) -> None:
    """Run `<name>.sql`, or every file of the folder `<name>` in order, as it is written: % and : are not parameters."""
    from alembic import op

    files = sorted(name.glob("*.sql")) if name.is_dir() else [name.with_name(f"{name.name}.sql")]
    for file in files:
        op.get_bind().exec_driver_sql(file.read_text(encoding="utf-8"), execution_options={"no_parameters": True})
