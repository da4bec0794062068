"""What the documents name exists, and what exists is named."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from museum_assets.cli.app import app
from museum_assets.cli.configuration import variables
from museum_assets.definitions import build_definitions
from museum_assets.museums import DECLARED, KIOSK_MUSEUMS, MUSEUMS
from tests.support.places import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [
    *sorted(path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"),  # which names what has gone, too
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted(ROOT.glob(".env.*.example")),
]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
WIDTH = 100
"""The most characters of a line of prose."""
FOLDERS = ("museum_assets", "resources", "partitions", "sensors", "sql", "tests", "bench", "docs", "deploy", ".ci")


def _places() -> set[str]:
    """Return every file and folder of the project by its path, and by each end of it, such as `loop/spec.py`."""
    paths = [*ROOT.iterdir(), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    parts = [path.relative_to(ROOT).parts for path in paths if "__pycache__" not in path.parts]
    return {"/".join(each[start:]) for each in parts for start in range(len(each))}


PLACES = _places()
OF_LIBRARIES = {"DAGSTER_HOME", "AWS_CA_BUNDLE"}
"""Variables that Dagster and boto3 read by themselves."""
OF_TESTS = set(re.findall(r"\b[A-Z0-9]+_TEST_[A-Z_]+\b", (ROOT / "tests/servers/plugin.py").read_text()))
COMMANDS = {
    name
    for name, command in typer.main.get_command(app).commands.items()  # type: ignore[attr-defined]
    if not command.hidden
}
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
PER_MUSEUM = {
    f"{kind}_{slug.upper()}"
    for kind in ("MUSEUM_API", "MUSEUM_IMAGE_HOSTS", "MUSEUM_RATE", "MUSEUM_DOCUMENTS", "MUSEUM_DUMP", "MUSEUM_DRIFT")
    for slug in MUSEUMS
} | {f"{kind}_{slug.upper()}" for kind in ("MUSEUM_KIOSK_BUCKET", "MUSEUM_DRIFT") for slug in KIOSK_MUSEUMS}
ASSETS = {key.to_user_string() for key in build_definitions().resolve_asset_graph().materializable_asset_keys}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"`[^`\n]+`|^    .+$", text, re.MULTILINE))
    for command in re.findall(r"(?<!-)\bmuseum ([a-z][a-z-]*)\b", code):
        assert command in COMMANDS, f"{document.name} names `museum {command}`"
    for target in re.findall(r"`make ([a-z0-9-]+)`|^    make ([a-z0-9-]+)", text, re.MULTILINE):
        assert set(filter(None, target)) <= TARGETS, f"{document.name} names make {target}"
    for variable in re.findall(
        r"\b((?:MUSEUM|S3|AWS|QDRANT|CLIP|SIGLIP|SEARCH|JINA|IMAGE|DATABASE|DAGSTER|PRODUCTION|RELEASES?|THUMBNAILS|CONTACT|WITHDRAWAL|FAILURE|DOWNLOAD)_[A-Z0-9_]+)\b",
        text,
    ):
        assert variable in {*variables(), *PER_MUSEUM, *OF_LIBRARIES, *OF_TESTS}, f"{document.name}: {variable}"
    for path in re.findall(r"`([\w.-]+/[\w./-]*|[\w-]+\.(?:py|sql|csv|toml|yaml|txt|md))`", text):
        assert path.strip("/") in PLACES, f"{document.name} names {path}"


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_links_to_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for address in re.findall(r"\]\(([^)\s]+)\)", text):
        if not re.match(r"[a-z]+:", address):
            path, _, heading = address.partition("#")
            target = document.parent / path if path else document
            assert target.exists(), f"{document.name} links to {address}"
            assert not heading or heading in _anchors(target), f"{document.name} links to {address}"


@pytest.mark.parametrize("document", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_lines_of_prose_are_short(document: Path) -> None:
    long = [line for line in _prose(document.read_text(encoding="utf-8")) if len(line) > WIDTH]
    assert long == []


def _prose(text: str) -> Iterator[str]:
    """Yield the lines that are neither code nor rows of a table nor one URL."""
    fenced = code = False
    before = ""
    for line in text.splitlines():
        indented = line.startswith("    ")
        # Indented text is code behind an empty line; elsewhere it goes on with an item of a list.
        code = indented and (code or not before.strip())
        before = line if line.strip() or not code else before
        if line.startswith("```"):
            fenced = not fenced
        elif not (fenced or code or line.startswith("|") or re.fullmatch(r"\s*<?https?://\S+", line)):
            yield line


def _anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_floors_of_the_architecture_are_those_that_lint_holds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    floors = re.findall(r"^\| (\d+) \| (.+?) \|", text, re.MULTILINE)
    assert [int(number) for number, _ in floors] == sorted((int(number) for number, _ in floors), reverse=True)
    named = re.findall(r"`([\w.]+)`", "".join(packages for _, packages in floors))
    assert named == [package for layer in layers for package in re.split(r" [:|] ", layer)]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert re.search(rf"\bmuseum {command}\b|make {command}\b", README)


@pytest.mark.parametrize("target", sorted(TARGETS - {"help"}))
def test_every_target_is_in_the_readme(target: str) -> None:
    assert f"make {target}" in README or target == "install"


@pytest.mark.parametrize("asset", sorted(ASSETS))
def test_every_asset_is_in_the_readme(asset: str) -> None:
    assert f"`{asset}`" in README


def test_every_setting_says_what_it_means() -> None:
    assert all(description.strip() for description in variables().values())


def test_every_museum_has_one_file() -> None:
    for slug in MUSEUMS:
        assert DECLARED.get(slug, ROOT / "museum_assets" / "museums" / f"{slug}.py").is_file()
