"""The documentation is one site with its pictures drawn. It asks nothing of other hosts; a broken link fails it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT

pytestmark = pytest.mark.slow
ASKED = re.compile(r"<(?:script|img|link)\b[^>]*\b(?:src|href)=\"(?:https?:)?//[^\"]+\"|url\(['\"]?(?:https?:)?//")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of all that the site is made of."""
    for name in ("docs", "mkdocs.yml", "tests/support/site_pages.py", *(page.name for page in ROOT.glob("*.md"))):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, target)
    return tmp_path


def build(project: Path) -> subprocess.CompletedProcess[str]:
    """Build the site as `make site` does."""
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build"], cwd=project, capture_output=True, text=True, check=False
    )


def test_the_site_asks_nothing_of_other_hosts_and_shows_its_diagrams(project: Path) -> None:
    built = build(project)
    assert built.returncode == 0, built.stderr
    pages = {path for kind in ("html", "css") for path in (project / "build/site").rglob(f"*.{kind}")}
    assert {path.name for path in pages} >= {
        "index.html",
        "operations.html",
        "CONTRIBUTING.html",
        "0001-one-ledger.html",
    }
    assert [(path.name, found) for path in pages for found in ASKED.findall(path.read_text(encoding="utf-8"))] == []
    drawn = [path.name for path in pages if "<svg" in path.read_text(encoding="utf-8")]
    written = [path for path in (project / "docs").rglob("*.md") if "```mermaid" in path.read_text(encoding="utf-8")]
    assert written
    assert {path.with_suffix(".html").name for path in written} == set(drawn)


def test_each_broken_link_fails_the_build(project: Path) -> None:
    links = ["nowhere.md", "releases.md#nothing-of-the-kind", "../tests/conftest.py"]
    page = project / "docs/decisions/0001-one-ledger.md"
    broken = "\n".join(f"[broken](../{link})" for link in links)
    page.write_text(f"{page.read_text(encoding='utf-8')}\n{broken}\n", encoding="utf-8")
    built = build(project)
    assert built.returncode != 0
    assert f"Aborted with {len(links)} warnings in strict mode" in built.stdout
    for link in links:
        assert link.rpartition("/")[2] in built.stderr
