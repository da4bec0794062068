"""Reading a declaration's file: every complaint names file, line and what may have been meant."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from museum_assets.core.failures import MuseumError
from museum_assets.museums.declared.schema import Declaration

TODO = "TODO"
"""What `museum new` writes where it found nothing."""
_TABLE = re.compile(r"\s*\[+([^\]]+)\]+\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
Place = tuple[str, ...]


class DeclarationError(MuseumError):
    """A museum's declaration is wrong. The message names its file, line and key."""


def load(file: Path) -> Declaration:
    """Return a file's declaration. Raises DeclarationError with every complaint."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{file} cannot be read: {error}") from error
    return parse(text, str(file))


def parse(text: str, name: str) -> Declaration:
    """Return the declaration in a text. Raises DeclarationError; `name` stands for the file in it."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DeclarationError(f"{name} is not TOML: {error}") from error
    if unanswered := [f"line {number}: {line.strip()}" for number, line in enumerate(text.splitlines(), 1)
                      if f'"{TODO}"' in line.partition("#")[0]]:  # fmt: skip
        raise DeclarationError(f"{name} still has to be answered where it says {TODO}:\n  " + "\n  ".join(unanswered))
    try:
        return Declaration.model_validate(content)
    except ValidationError as error:
        lines = _lines(text)
        found = error.errors(include_url=False, include_input=False)
        complaints = dict.fromkeys(_complaint(each, lines, content) for each in found)
        raise DeclarationError(f"{name} declares no museum:\n  " + "\n  ".join(complaints)) from None


def _complaint(error: Any, lines: dict[Place, int], content: Any) -> str:
    loc = error["loc"]
    names = tuple(str(part) for part in loc if isinstance(part, str))
    line = next((lines[names[:size]] for size in range(len(names), 0, -1) if names[:size] in lines), None)
    what = ".".join(map(str, loc)) or "the file"
    where = f"line {line}: {what}" if line else what
    if error["type"] == "extra_forbidden":
        known = list(_keys(Declaration, loc[:-1]))
        meant = difflib.get_close_matches(str(loc[-1]), known, n=1, cutoff=0.6)
        hint = f"did you mean `{meant[0]}`?" if meant else f"known here: {', '.join(known)}"
        return f"{where}: there is no such key; {hint}"
    if error["type"] == "missing":
        return f"{where} is missing"
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "literal_error" and isinstance(value := _value(content, loc), str):
        choices = re.findall(r"'([^']*)'", message)
        if meant := difflib.get_close_matches(value, choices, n=1):
            message += f"; did you mean {meant[0]!r}?"
    return f"{where}: {message}"


def _value(content: Any, loc: Any) -> Any:
    for part in loc:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return None
    return content


def _keys(model: type[BaseModel], loc: Any) -> Iterator[str]:
    """Yield the keys of the table at a place of the declaration."""
    for part in loc:
        if isinstance(part, str) and part in model.model_fields:
            model = _model(model.model_fields[part].annotation) or model
    yield from model.model_fields


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model, get_args(annotation))), None)


def _lines(text: str) -> dict[Place, int]:
    """Return the line of every table and key, by its names. Text of several lines may add some that are none."""
    found: dict[Place, int] = {}
    table: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        if match := _TABLE.fullmatch(line):
            table = _names(match[1])
            found.setdefault(table, number)
        elif match := _KEY.match(line):
            found.setdefault((*table, *_names(match[1])), number)
    return found


def _names(dotted: str) -> Place:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
