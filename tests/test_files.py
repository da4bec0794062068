"""A file stays short enough to be read in one go."""

from __future__ import annotations

from tests.support.places import ROOT

FOLDERS = ("museum_assets", "resources", "partitions", "sensors", "sql", "bench", "tests")
LINES = 300


def test_no_file_of_code_is_longer_than_300_lines() -> None:
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    assert {path for path, length in lengths.items() if length > LINES} == set(), "split it by subject"
