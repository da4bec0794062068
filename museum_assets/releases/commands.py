"""The commands that messages about releases name, in backticks and ready to be pasted."""

from __future__ import annotations


def stage(museum: str) -> str:
    """Return the command that makes a museum's candidate anew."""
    return f"`museum release stage {museum}`"


def promote(museum: str, *options: str) -> str:
    """Return the command that promotes a museum's candidate."""
    return f'`{" ".join(("museum release promote", museum, *options))} --why "…"`'


def roll_back(museum: str, to: int) -> str:
    """Return the command that makes a release live again."""
    return f'`museum release rollback {museum} --to {to} --why "…"`'


def retract(museum: str) -> str:
    """Return the command that takes a museum out of production."""
    return f'`museum release retract {museum} --why "…"`'


def list_releases(museum: str) -> str:
    """Return the command that lists a museum's releases."""
    return f"`museum release list {museum}`"
