"""docs/museums.md as it is read: from the archive of a museum unknown here to artworks, by its own commands."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from museum_assets.cli import museum_endpoint
from museum_assets.cli.app import app
from museum_assets.cli.museum_files import shape_of
from museum_assets.museums.declared.load import parse
from museum_assets.museums.declared.museum import museum_of
from museum_assets.simulator.server import Simulator, running
from tests.support.places import ROOT

GUIDE = (ROOT / "docs/museums.md").read_text(encoding="utf-8")
RECORD: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)[0])
DECLARATION = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[0]
COMMANDS = re.findall(
    r"^    museum (new harbour .*|try harbour harbour.tar.gz --all.*|conform harbour)$", GUIDE, re.MULTILINE
)
KINDS = (("Painting", "Oil on canvas"), ("Print", "Etching and aquatint"), ("Vase", "Earthenware"),
         ("Drawings and watercolours", "Watercolour on paper"), ("Drawings and watercolours", "Chalk"))  # fmt: skip


def works(count: int = 40) -> list[dict[str, Any]]:
    """The guide's record, in variations."""
    made = []
    for n in range(count):
        kind, technique = KINDS[n % len(KINDS)]
        made.append(RECORD | {
            "objectId": 4711 + n, "inventoryNumber": f"HM.1904.{12 + n}", "objectType": kind, "technique": technique,
            "image": {"thumb": f"https://img.harbour.example/{4711 + n}_800.jpg"} if n % 8 else None,
            "licence": RECORD["licence"] if n % 10 else "https://rightsstatements.org/vocab/InC/1.0/",
            "link": f"https://harbour.example/objects/{4711 + n}",
        })  # fmt: skip
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the museum's archive."""
    with tarfile.open(tmp_path / "harbour.tar.gz", "w:gz") as archive:
        for work in works():
            body = json.dumps(work).encode()
            info = tarfile.TarInfo(f"harbour/{work['objectId']}.json")
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUSEUM_DECLARATIONS", str(tmp_path / "museums"))
    return tmp_path


def museum(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command as it is pasted; the registry is read by each process anew."""
    command = [sys.executable, "-m", "museum_assets", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_guide_leads_from_a_file_to_a_museum_that_conforms(folder: Path) -> None:
    new, try_, report, conform = (shlex.split(command) for command in COMMANDS if "--sample" not in command)
    proposed = CliRunner().invoke(app, new)
    assert proposed.exit_code == 0, proposed.output
    group = '"Drawings and watercolours" = { medium = ["drawing", "watercolor"], otherwise = ["drawing"] }'
    assert group in (folder / "museums" / "harbour.toml").read_text(encoding="utf-8")
    file, sample = folder / "museums/harbour.toml", folder / "museums/harbour.sample.jsonl"
    assert len(sample.read_text().splitlines()) == 20
    told = parse(file.read_text(), file.name)
    guessed = {name: spec.path for name, spec in told.fields if spec}
    assert guessed["object_number"] == "inventoryNumber"
    assert (guessed["thumbnail_url"], guessed["source_url"]) == ("image.thumb", "link")
    assert (told.source.id, told.source.image_hosts) == ("objectId", ["img.harbour.example"])
    assert told.rights.open == [RECORD["licence"]]
    file.write_text(DECLARATION, encoding="utf-8")
    tried = museum(*try_, "--json", *report[-2:])
    assert tried.returncode == 0, tried.stderr
    counts = json.loads(tried.stdout)
    assert (counts["records"], counts["artworks"]) == (40, 25)
    assert counts["reasons"] == {"work_type_out_of_scope": 8, "no_image": 5, "not_public_domain": 4}
    assert counts["alone"]["no_image"] == 3
    assert counts["unmapped"] == {"Vase": 8}
    assert "Words without a work type" in (folder / "report.html").read_text()
    again = CliRunner().invoke(app, [*new[:3], "--sample"])
    assert again.exit_code == 0, again.output
    chosen = [json.loads(line) for line in sample.read_text().splitlines()]
    mended = museum_of("harbour", parse(DECLARATION, file.name), file)
    assert sum(not isinstance(mended.judge(record), list) for record in chosen) >= 12, "what it reads now comes first"
    assert file.read_text() == DECLARATION
    kept = museum(*conform, "--json")
    assert kept.returncode == 0, kept.stdout + kept.stderr


@pytest.mark.slow
def test_an_endpoint_is_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulated Rijksmuseum's OAI-PMH, as one that nobody knows."""
    monkeypatch.setattr(museum_endpoint, "PAUSE", 0.0)
    with running(Simulator({"rma": 60})) as server:
        proposed = CliRunner().invoke(
            app, ["new", "harbour", f"{server.base_url}/rma/oai?verb=Identify", "--oai", "edm"]
        )
    assert proposed.exit_code in {0, 1}, proposed.output
    text = (folder / "museums/harbour.toml").read_text()
    for line in ('kind = "oai-pmh"', 'format = "edm"', 'object_number = "identifiers"', 'thumbnail_url = "images"',
                 'title = "titles"', 'licence = "rights"'):  # fmt: skip
        assert line in text
    assert '"CC0"' in text or "publicdomain" in text
    assert len((folder / "museums/harbour.sample.jsonl").read_text().splitlines()) == 20


def test_one_picture_of_each_host_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(Simulator({"cma": 12})) as server:
        for variable, value in server.environment.items():
            monkeypatch.setenv(variable, value)
        source = server.simulator.collections["cma"].source
        file = tmp_path / "works.jsonl"
        file.write_text("\n".join(json.dumps(source.record(n, server.base_url)) for n in range(12)))
        tried = CliRunner().invoke(app, ["try", "cma", str(file), "--all", "--images", "--json"])
    counts, host = json.loads(tried.stdout), server.base_url.removeprefix("http://")
    assert counts["artworks"] > 0
    assert counts["foreign_hosts"] == {host: counts["artworks"]}, "the declaration's own hosts are the museum's"
    assert counts["images"].keys() == {host}
    assert "bytes of image/jpeg" in counts["images"][host]


def test_the_guides_declaration_reads_its_record() -> None:
    artwork = museum_of("harbour", parse(DECLARATION, "harbour.toml"), Path("harbour.toml")).read(RECORD)
    assert (artwork.title, artwork.artists) == ("Ships in a storm", ("Anna Holm",))
    assert (artwork.production_date_start, artwork.production_date_end) == (1887, 1889)
    assert artwork.searchable_work_types == ("painting",)


def test_every_key_of_a_declaration_is_in_the_guide() -> None:
    from museum_assets.museums.declared import schema
    from museum_assets.museums.declared.fields import Text

    tables = (Text, schema.Source, schema.Fields, schema.Years, schema.Makers, schema.Rights, schema.Types)
    keys = {name for table in tables for name in table.model_fields}
    said = set(re.findall(r"`\[?([\w.]+)\]?`|^([\w]+) = ", GUIDE, re.MULTILINE))
    named = {word.rpartition(".")[2] for pair in said for word in pair}
    assert keys - named == set()


@pytest.mark.parametrize(
    ("name", "text", "kind", "records"),
    [
        ("a.json", '[{"id": 1}]', "json", None),
        ("a.json", '{"info": {}, "data": [\n {"id": 1}]}', "json", "data"),
        ("a.jsonl", '{"id": 1}\n{"id": 2}\n', "json-lines", None),
        ("a.csv", "id,title\n1,A\n", "csv", None),
    ],
)
def test_a_file_is_known_by_its_content(tmp_path: Path, name: str, text: str, kind: str, records: str | None) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    found = shape_of(file)
    assert (found.kind, found.records) == (kind, records)


@pytest.mark.parametrize("slug", ["Louvre", "smk", "lms", "a b"])
def test_a_slug_that_cannot_be_is_refused(folder: Path, slug: str) -> None:
    refused = CliRunner().invoke(app, ["new", slug, "harbour.tar.gz"])
    assert refused.exit_code != 0
    assert not (folder / "museums").exists()
