"""What decides how a museum's records are read: its definition and what that imports, as one digest.

Registering another museum is none of it. So adding one reads no record of the others again, and a changed helper reads
again the records of those museums that use it.
"""

from __future__ import annotations

import ast
import hashlib
from functools import lru_cache
from pathlib import Path

from museum_assets.museums.museum import Museum

PACKAGE = "museum_assets.museums"
FOLDER = Path(__file__).parent


def definition_digest(museum: Museum) -> str:
    """Return a digest of the museum's definition, of the modules of this package that it imports, and of their tables.

    A table is a CSV file beside the module of its name. The rest of the platform does not count: it knows of no
    museum's fields.
    """
    digest = hashlib.sha256(museum.definition())
    for file in files(museum):
        digest.update(file.relative_to(FOLDER).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def files(museum: Museum) -> list[Path]:
    """Return the files that decide how the museum's records are read, but for a declaration of its own."""
    found: set[Path] = set()
    waiting = [file for module in museum.reads_with() if (file := _file(module))]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += filter(None, map(_file, _imported(file.read_bytes())))
    tables = {table for file in found if (table := file.with_suffix(".csv")).exists()}
    return sorted(found | tables)


@lru_cache(maxsize=256)
def _imported(source: bytes) -> tuple[str, ...]:
    """Return the modules that a module's source may import."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            # `from package import module` and `from module import name` look alike.
            names += [name for alias in node.names for name in (f"{node.module}.{alias.name}", node.module)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return tuple(dict.fromkeys(names))


def _file(module: str) -> Path | None:
    """Return a module's file, None when it is a package (such as the registry), not a module, or another package's."""
    if not module.startswith(f"{PACKAGE}."):
        return None
    file = FOLDER.joinpath(*module.removeprefix(f"{PACKAGE}.").split(".")).with_suffix(".py")
    return file if file.exists() else None
