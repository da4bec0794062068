"""A museum's contract: what it is made of, and what it is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from museum_assets.museums import DECLARED, MUSEUMS, contract, museum
from museum_assets.museums.contract import definition_digest, files
from museum_assets.museums.declared.load import parse
from museum_assets.museums.declared.museum import museum_of
from tests.support.places import ROOT

TELL = """
from museum_assets.museums import MUSEUMS
from museum_assets.collection.artworks.mapping import mapping_contract
for slug in MUSEUMS:
    print(slug, mapping_contract(slug))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package, to be changed."""
    copy = tmp_path / "package"
    shutil.copytree(contract.FOLDER, copy)
    monkeypatch.setattr(contract, "FOLDER", copy)
    return copy


def changed_by(file: Path) -> set[str]:
    """The museums whose digest a changed file changes."""
    before = {slug: definition_digest(museum(slug)) for slug in MUSEUMS}
    file.write_bytes(file.read_bytes() + b"\n# changed\n")
    return {slug for slug in MUSEUMS if definition_digest(museum(slug)) != before[slug]}


@pytest.mark.parametrize(
    ("file", "readers"),
    [
        ("smk.py", {"smk"}), ("met_dump.py", {"met"}), ("edm.py", {"rma"}), ("years.py", set(MUSEUMS)),
        ("work_types.csv", set(MUSEUMS)), ("mediums.py", set(DECLARED)), ("declared/reading.py", set(DECLARED)),
        ("__init__.py", set()), ("lmnh.py", set()), ("contract.py", set()), ("tate.toml", set()),
    ],
)  # fmt: skip
def test_a_changed_file_reads_again_what_uses_it(folder: Path, file: str, readers: set[str]) -> None:
    """A declaration counts by what it says, which a comment does not change."""
    assert changed_by(folder / file) == readers


def test_every_museum_is_made_of_files_that_are_there() -> None:
    for slug in MUSEUMS:
        assert {file.name for file in files(museum(slug))} >= {"artwork.py", "reading.py", "work_types.csv"}


def test_only_what_a_declaration_says_of_reading_counts() -> None:
    text = DECLARED["tate"].read_text(encoding="utf-8")

    def digest(old: str, new: str) -> str:
        assert old in text
        return definition_digest(museum_of("tate", parse(text.replace(old, new), "tate.toml"), DECLARED["tate"]))

    same = definition_digest(museum("tate"))
    assert digest('name = "Tate"', 'name = "Tate"  # in London') == same
    assert digest("/heads/master.tar.gz", "/heads/main.tar.gz") == same
    assert digest("made_by = 1870", "made_by = 1880") != same


@pytest.mark.slow
def test_adding_and_removing_a_museum_changes_no_other(tmp_path: Path) -> None:
    """The file is all: with it the museum is registered, without it gone, and no contract of the others moves."""

    def told() -> dict[str, str]:
        environment = {**os.environ, "MUSEUM_DECLARATIONS": str(tmp_path), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", TELL]
        printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        return dict(line.split() for line in printed.splitlines())

    before = told()
    declaration = tmp_path / "seventh.toml"
    declaration.write_text(DECLARED["tate"].read_text(encoding="utf-8"), encoding="utf-8")
    with_it = told()
    assert with_it.keys() - before.keys() == {"seventh"}
    assert {slug: with_it[slug] for slug in before} == before
    declaration.unlink()
    assert told() == before
