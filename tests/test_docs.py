"""What the documents name exists, and what exists is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from museum_assets.cli.app import app
from museum_assets.cli.configuration import variables
from museum_assets.loop.stage import STAGES
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob(".env.*.example"))]
COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
PER_MUSEUM = {
    f"{kind}_{slug.upper()}"
    for kind in ("MUSEUM_API", "MUSEUM_IMAGE_HOSTS", "MUSEUM_RATE", "MUSEUM_DOCUMENTS", "MUSEUM_DUMP", "MUSEUM_DRIFT")
    for slug in MUSEUMS
} | {f"{kind}_{slug.upper()}" for kind in ("MUSEUM_KIOSK_BUCKET", "MUSEUM_DRIFT") for slug in KIOSK_MUSEUMS}
KIOSK = {"combined_exhibitions", "combined_kiosk_data", "visitor_feedback", "live_feedback", "exhibition_report"}
ASSETS = {"raw_metadata", *STAGES, *KIOSK, "staging_database", "promoted_database"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"`[^`\n]+`|^    .+$", text, re.MULTILINE))
    for command in re.findall(r"(?<!-)\bmuseum ([a-z-]+)\b", code):
        assert command in COMMANDS, f"{document.name} names `museum {command}`"
    for target in re.findall(r"`make ([a-z]+)`|^    make ([a-z]+)", text, re.MULTILINE):
        assert set(filter(None, target)) <= TARGETS, f"{document.name} names make {target}"
    for variable in re.findall(
        r"\b((?:MUSEUM|S3|AWS|QDRANT|CLIP|JINA|IMAGE|DATABASE|DAGSTER|PRODUCTION|RELEASES?|THUMBNAILS|CONTACT|WITHDRAWAL|FAILURE|DOWNLOAD)_[A-Z0-9_]+)\b",
        text,
    ):
        assert variable in variables() or variable in PER_MUSEUM or variable == "DAGSTER_HOME", (
            f"{document.name}: {variable}"
        )
    for path in re.findall(r"`((?:museum_assets|resources|sql|tests|bench|docs)/[\w./-]*)`", text):
        assert (ROOT / path.rstrip("/")).exists(), f"{document.name} names {path}"


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
        assert (ROOT / "museum_assets" / "museums" / f"{slug}.py").is_file()
