"""`museum erase`."""

from __future__ import annotations

import typer

from museum_assets.core.settings import read_settings
from museum_assets.operations.erasing import erase, places


def erase_home(*, ask: bool) -> None:
    """Delete the home after a question, and name what was deleted. Raises as `erase` does."""
    settings = read_settings()
    found = places(settings)
    if not found:
        typer.echo(f"There is no {settings.home}: nothing to delete.")
        return
    names = " and ".join(str(place) for place in found)
    if ask:
        typer.confirm(f"Delete {names}, with all databases, thumbnails and vectors in there?", abort=True)
    erase(settings)
    typer.echo(f"Deleted {names}. What is kept elsewhere (databases, S3, Qdrant) is untouched.")
