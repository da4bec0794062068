"""An import that is interrupted again and again ends as one that was not."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from museum_assets.archive_files.download.transfer import Downloaded
from museum_assets.archives import load as loading
from museum_assets.archives.imports import IMPORT_LETTERS, imports
from museum_assets.archives.load import load
from museum_assets.dead_letters.letters import open_letters
from resources.postgres import Database
from tests.support.archive_files import HEADER, balanced, declared, rows, zipped

Files = Callable[..., Downloaded]


class Killed(BaseException):
    """Stands for a kill: no handler of ours may swallow it."""


@pytest.mark.parametrize("kind", ["plain", "zip", "quoted", "jsonl", "fixed"])
def test_an_import_that_was_interrupted_again_and_again_ends_as_one_that_was_not(
    database: Database, file: Files, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for module in ("lines", "quoted", "documents"):
        monkeypatch.setattr(f"museum_assets.archive_files.read.{module}.BLOCK_BYTES", 100)
    monkeypatch.setattr("museum_assets.archive_files.read.lines.line_blocks.__defaults__", (100,))
    monkeypatch.setattr(loading, "BLOCKS_PER_COMMIT", 1)
    dice = random.Random(kind)
    values: list[tuple[str, ...]] = [
        (f"{dice.randrange(60):03}", "x" if n % 19 == 0 else str(n), "note") for n in range(300)
    ]
    source, body = written(kind, values)
    other = source.model_copy(update={"name": "undisturbed"})
    whole = load(database, other, [file(body, f"loans.{kind}")], partial=True)
    files, kills = [file(body, f"loans.{kind}")], 0
    while True:
        stop = dice.randrange(1, 4)

        def told(*_: Any, stop: list[int] = [stop]) -> None:  # noqa: B006
            stop[0] -= 1
            if stop[0] == 0:
                raise Killed

        try:
            found = load(database, source, files, partial=True, on_progress=told if kills < 10 else lambda *_: None)
            break
        except Killed:
            kills += 1
    assert kills == 10
    assert found.outcome == "resumed"
    same = ("rows_read", "loaded", "rejected", "duplicate", "codes", "state")
    assert [getattr(found, name) for name in same] == [getattr(whole, name) for name in same]
    assert balanced(found)
    with database.connect() as conn:
        assert rows(conn, "loans__all", "position, number, value, note") == rows(
            conn, "undisturbed__all", "position, number, value, note"
        )
        letters = [
            [(le.context["line"], le.body) for le in open_letters(conn, IMPORT_LETTERS, name)]
            for name in ("loans", "undisturbed")
        ]
    assert sorted(letters[0]) == sorted(letters[1])


def written(kind: str, values: list[tuple[str, ...]]) -> tuple[Any, bytes]:
    plain = HEADER + "".join("\t".join(each) + "\n" for each in values)
    if kind == "quoted":
        body = "number,value,note\n" + "".join(f'{a},{b},"{c},\n""x"""\n' for a, b, c in values)
        return declared(delimiter=",", quote='"'), body.encode()
    if kind == "jsonl":
        body = "".join(f'{{"number": "{a}", "value": "{b}", "note": {{"text": "{c}"}}}}\n' for a, b, c in values)
        return declared(format="jsonl"), body.encode()
    if kind == "fixed":
        columns = {"number": {"start": 1, "width": 3}, "value": {"type": "number", "start": 4, "width": 5},
                   "note": {"start": 9, "width": 4}}  # fmt: skip
        return declared(format="fixed", columns=columns), "".join(f"{a}{b:>5}{c}\n" for a, b, c in values).encode()
    if kind == "zip":
        half = len(values) // 2
        parts = [HEADER + "".join("\t".join(each) + "\n" for each in part) for part in (values[:half], values[half:])]
        return declared(), zipped(**{"a.txt": parts[0], "b.txt": parts[1]})
    return declared(), plain.encode()


def test_another_file_ends_an_import_left_half_done(database: Database, file: Files) -> None:
    body = HEADER + "".join(f"{n}\t1\t\n" for n in range(10))

    def killed(*_: Any) -> None:
        raise Killed

    with pytest.raises(Killed):
        load(database, declared(), [file(body, "a.txt")], on_progress=killed)
    found = load(database, declared(), [file(body + "11\t2\t\n", "b.txt")])
    assert (found.outcome, found.loaded) == ("imported", 11)
    with database.connect() as conn:
        assert [each.state for each in imports(conn)] == ["loaded", "failed"]
