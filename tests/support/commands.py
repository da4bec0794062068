"""Commands that texts name: found in the text, and parsed as the command line would parse them."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Any

import typer

from museum_assets.cli.app import app
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS

SLUGS = {*MUSEUMS, *KIOSK_MUSEUMS, "all", "harbour"}
"""The last is the museum that docs/museums.md adds."""
VALUES = {
    "slug": "smk", "museum": "smk", "id": "7", "number": "7", "to": "7", "year": "2026",
    "source": "hcad_buildings",
    "name": "stored_thumbnails", "stage": "stored_thumbnails",
    "stages": "document_files document_records", "assets": "image_clip", "names": "image_clip",
}  # fmt: skip
"""What an f-string's places are filled with, by the last name of the expression in them."""
WORDS = {
    "{museum}": "smk",
    "SLUG": "smk",
    "SOURCE": "a.csv",
    "ID": "7",
    "MAKER": "smk:1",
    "FILE": "a.csv",
    "YEAR": "2026",
}
"""What stands for something in a command that a person completes, or a template does."""


def commands_in(text: str) -> list[str]:
    """Return the commands in backticks, in their order; the text may be wrapped."""
    return re.findall(r"`(museum [^`]+)`", " ".join(text.split()))


def parse(command: str) -> None:
    """Parse a command with its options, assets and museums; nothing is run. Raises for one that cannot run."""
    _, *arguments = [WORDS.get(word, word) for word in shlex.split(command)]
    _program_without_bodies().main(arguments, prog_name="museum", standalone_mode=False)


@cache
def _program_without_bodies() -> Any:
    program: Any = typer.main.get_command(app)
    for option in program.params:
        option.callback = None  # which would install the shell's completion
    return _without_bodies(program)


def is_name(command: str) -> bool:
    """Say whether it is a command's name without its arguments, that of a group, or an option of the program itself."""
    program = _program_without_bodies()
    words = command.split()[1:]
    if any(words == [option] for each in program.params for option in each.opts):
        return True
    for word in words:
        program = getattr(program, "commands", {}).get(word)
    return program is not None


def texts_of(tree: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """Yield a module's texts as (line, text, whether it is documentation).

    The places of an f-string are filled with names that could stand there.
    """
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(map(_filled, node.values)), False
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.lineno, node.value, id(node) in documentation


def _filled(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    if isinstance(part.value, ast.IfExp) and isinstance(part.value.body, ast.Constant):
        return str(part.value.body.value)
    name = ast.unparse(part.value)
    return VALUES.get(re.split(r"\W", name.rstrip("()'\"]"))[-1], f"<{name}>")


def _without_bodies(command: Any) -> Any:
    below = getattr(command, "commands", {})
    for each in below.values():
        _without_bodies(each)
    if not below:
        command.callback = _check_names
        for each in command.params:
            # A file that the text makes up need not exist; the program's own description of it stays as it is.
            info = copy(each.type_descriptor.parameter_info)
            info.exists = False
            each.type_descriptor = replace(each.type_descriptor, parameter_info=info)
    return command


def _check_names(**given: Any) -> None:
    """Raise ValueError where an asset or a museum is named that there is not."""
    wrong = {*(given.get("assets") or ())} - {*_assets(), "all"}
    for name in ("museum", "museums", "slug"):
        value = given.get(name) or ()
        wrong |= {*((value,) if isinstance(value, str) else value)} - SLUGS
    if wrong:
        raise ValueError(f"neither asset nor museum: {', '.join(sorted(wrong))}")


@cache
def _assets() -> frozenset[str]:
    from museum_assets.definitions import build_definitions

    graph = build_definitions().resolve_asset_graph()
    return frozenset(key.to_user_string() for key in graph.materializable_asset_keys)
