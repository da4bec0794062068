"""Every command that code, messages and documents name runs when it is pasted.

Documents and docstrings may also speak of a command by its name alone, which a message may not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.commands import commands_in, is_name, parse, texts_of
from tests.support.guides import GUIDES, commands, text_of
from tests.support.places import ROOT
from tests.support.product_code import modules

DOCUMENTS = [
    *sorted(path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"),  # which names what has gone, too
    *sorted(path for path in (ROOT / "docs").rglob("*.md")),
    *sorted(ROOT.glob(".env.*.example")),
]
LINE = re.compile(r"^(?: {4}|#? ?\$ )(?:\.venv/bin/)?(museum .+?)(?:\s+#.*)?$", re.MULTILINE)
"""A command as a line of its own in a block of code."""


def named_in_code() -> Iterator[tuple[str, str]]:
    """Yield where a command is named in the platform's texts, docstrings among them, and the command."""
    for path, tree in modules():
        for line, text, documentation in texts_of(tree):
            for command in commands_in(text):
                if not (documentation and is_name(command)):
                    yield f"{path}:{line}", command


def named_in_documents() -> Iterator[tuple[str, str]]:
    """Yield where a document names a command, and the command."""
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for command in [*commands_in(text.replace(".venv/bin/museum", "museum")), *LINE.findall(text)]:
            if not is_name(command):
                yield path.name, command


@pytest.mark.slow
@pytest.mark.parametrize("named", [named_in_code, named_in_documents])
def test_a_named_command_is_one(named: object) -> None:
    assert callable(named)
    wrong, count = [], 0
    for place, command in named():
        count += 1
        try:
            parse(command)
        except Exception as error:  # noqa: BLE001 - whatever the parser finds wrong
            wrong.append(f"{place}: `{command}`: {getattr(error, 'message', None) or error}")
    assert wrong == []
    assert count > 20


def test_every_page_with_commands_is_run() -> None:
    """The README's and those of the drill, the guides' and the runbooks', each where something runs it."""
    pages = {path.stem for path in (ROOT / "docs").glob("*.md") if [*commands(path.read_text(encoding="utf-8"))]}
    assert pages - {"backup"} == set(GUIDES) - {"README"}
    assert len([*commands(text_of("README"))]) > 10
