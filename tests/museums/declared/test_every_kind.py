"""Every kind of source and every format: a declaration and its sample conform, served by the simulator without code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from museum_assets.museums.declared.load import parse
from museum_assets.museums.declared.museum import DeclaredMuseum, museum_of
from tests.support.places import ROOT

TAIL = """
[rights]
licence = "rights"
[types]
words = ["type"]
medium = "medium"
"""
HEAD = """
name = "A museum"
[source]
kind = "{kind}"
address = "https://example.org/source"
image_hosts = ["img.example.org"]
{more}
[fields]
object_number = {number}
title = "title"
thumbnail_url = {thumbnail}
[makers]
name = "creator"
[years]
text = "date"
"""
FLAT: dict[str, Any] = {
    "id": "7", "number": "A.7", "title": "Ships", "creator": "Anna Holm", "date": "c. 1880",
    "type": "Prints and drawings",
    "medium": "Chalk", "rights": "CC0", "image": "https://img.example.org/7.jpg",
}  # fmt: skip
DC = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:identifier>A.7</dc:identifier><dc:identifier>https://img.example.org/7.jpg</dc:identifier>"
    '<dc:title xml:lang="da">Skibe</dc:title><dc:title xml:lang="en">Ships</dc:title><dc:creator>Anna Holm</dc:creator>'
    "<dc:date>c. 1880</dc:date><dc:type>Drawing</dc:type>"
    "<dc:rights>http://creativecommons.org/publicdomain/zero/1.0/</dc:rights></oai_dc:dc>"
)
EDM = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:edm="http://www.europeana.eu/schemas/edm/" '
    'xmlns:ore="http://www.openarchives.org/ore/terms/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:dcterms="http://purl.org/dc/terms/"><edm:ProvidedCHO rdf:about="x"><dc:identifier>A.7</dc:identifier>'
    "<dc:title>Ships</dc:title><dc:creator>Anna Holm</dc:creator><dc:type>drawing</dc:type>"
    '<dcterms:created>c. 1880</dcterms:created></edm:ProvidedCHO><ore:Aggregation rdf:about="y">'
    '<edm:aggregatedCHO rdf:resource="x"/><edm:isShownBy rdf:resource="https://img.example.org/7.jpg"/>'
    '<edm:rights rdf:resource="http://creativecommons.org/publicdomain/mark/1.0/"/></ore:Aggregation></rdf:RDF>'
)
LIDO = (
    '<lido:lido xmlns:lido="http://www.lido-schema.org"><lido:lidoRecID>7</lido:lidoRecID>'
    "<lido:objectWorkType><lido:term>Drawing</lido:term></lido:objectWorkType>"
    "<lido:titleSet><lido:appellationValue>Ships</lido:appellationValue></lido:titleSet>"
    '<lido:workID lido:type="inventory number">A.7</lido:workID>'
    "<lido:eventSet><lido:event><lido:eventType><lido:term>Production</lido:term></lido:eventType>"
    "<lido:eventActor><lido:actorInRole><lido:actor><lido:nameActorSet><lido:appellationValue>Anna Holm"
    "</lido:appellationValue></lido:nameActorSet><lido:vitalDatesActor><lido:latestDate>1930-05-01</lido:latestDate>"
    "</lido:vitalDatesActor></lido:actor></lido:actorInRole></lido:eventActor>"
    "<lido:eventDate><lido:displayDate>c. 1880</lido:displayDate></lido:eventDate></lido:event></lido:eventSet>"
    "<lido:rightsWorkSet><lido:rightsType><lido:conceptID>http://creativecommons.org/publicdomain/zero/1.0/"
    "</lido:conceptID></lido:rightsType></lido:rightsWorkSet><lido:resourceRepresentation>"
    "<lido:linkResource>https://img.example.org/7.jpg</lido:linkResource></lido:resourceRepresentation></lido:lido>"
)
MANIFEST = {
    "id": "https://example.org/7/manifest", "type": "Manifest", "label": {"en": ["Ships"]}, "rights": "CC0",
    "metadata": [{"label": {"en": [label]}, "value": {"none": [value]}} for label, value in
                 {"Number": "A.7", "Maker": "Anna Holm", "Date": "c. 1880", "Kind": "Drawing"}.items()],
    "thumbnail": [{"id": "https://img.example.org/7.jpg", "type": "Image"}],
}  # fmt: skip
LISTING = """[source.listing]
path = "/works"
offset = "from"
limit = "size"
entries = "result.items"
total = "result.count"
"""


def xml(shape: str, record: str, fields: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """A declaration of an OAI-PMH source, and a record of it."""
    text = HEAD.format(kind="oai-pmh", more=f'format = "{shape}"', number='"identifier"', thumbnail='"image"') + TAIL
    for old, new in fields.items():
        text = text.replace(f' = "{old}"', f" = {new}").replace(f'["{old}"]', f"[{new}]")
    text = text.replace('medium = "medium"\n', "")
    return text, {"identifier": "oai:example.org/7", "datestamp": "2026-01-02", "sets": [], "record": record}


def flat(kind: str, more: str = "") -> tuple[str, dict[str, Any]]:
    return HEAD.format(kind=kind, more=more, number='"number"', thumbnail='"image"') + TAIL, FLAT


def template() -> tuple[str, dict[str, Any]]:
    text, _ = flat("json-lines")
    return text.replace('"image"', '{ path = "image", template = "https://img.example.org/{}.jpg" }'), FLAT | {
        "image": 7
    }


MUSEUMS = {
    "files": flat("json-files", 'files = "works/**/*.json"'),
    "document": flat("json", 'records = "works"'),
    "lines": flat("json-lines"),
    "table": flat("csv"),
    "listed": flat("json-api", LISTING),
    "templated": template(),
    "dublin": xml("oai_dc", DC, {
        "identifier": "{ path = \"identifier\", pattern = '^[^:]{1,50}$' }", "title": '["title@en", "title"]',
        "image": "{ path = \"identifier\", pattern = '^https?://.*$' }"}),
    "europeana": xml("edm", EDM, {"identifier": '"identifiers"', "title": '"titles"', "creator": '"creators"',
                                  "date": '"created"', "type": '"types"', "image": '"images"'}),
    "lido": xml("lido", LIDO, {"identifier": '"object_number"', "creator": '"makers[].name"', "type": '"work_type"',
                               "image": '"images"'}),
    "manifests": (HEAD.format(kind="iiif", more="", number='"metadata.Number"', thumbnail='"thumbnail"')
                  .replace('"title"', '"label"').replace('"creator"', '"metadata.Maker"')
                  .replace('"date"', '"metadata.Date"')
                  + TAIL.replace('"type"', '"metadata.Kind"').replace('medium = "medium"\n', ""), MANIFEST),
}  # fmt: skip
CONFORM = """
import json, sys
from museum_assets.cli.museum_conform import conform
print(json.dumps({slug: [vars(each) for each in conform(slug, works=10)] for slug in sys.argv[1:]}))
"""


def declared(slug: str) -> DeclaredMuseum:
    text, _ = MUSEUMS[slug]
    return museum_of(slug, parse(text, f"{slug}.toml"), Path(f"{slug}.toml"))


@pytest.mark.parametrize("slug", MUSEUMS)
def test_each_kind_gives_the_same_artwork(slug: str) -> None:
    artwork = declared(slug).read(MUSEUMS[slug][1])
    assert (artwork.object_number, artwork.title, artwork.artists) == ("A.7", "Ships", ("Anna Holm",))
    assert (artwork.production_date_start, artwork.searchable_work_types) == (1880, ("drawing",))
    assert artwork.thumbnail_url == "https://img.example.org/7.jpg"


def test_a_format_that_a_museum_does_not_read_is_none_of_its_contract() -> None:
    told = {slug: declared(slug).reads_with() for slug in ("lines", "dublin", "lido")}
    assert [len(modules) for modules in told.values()] == [1, 2, 2]
    assert told["dublin"] != told["lido"]


@pytest.mark.slow
def test_each_kind_conforms(tmp_path: Path) -> None:
    for slug, (text, record) in MUSEUMS.items():
        (tmp_path / f"{slug}.toml").write_text(text, encoding="utf-8")
        several = (json.dumps(record).replace("A.7", f"A.{n}").replace("/7", f"/{n}").replace('"7"', f'"{n}"')
                   for n in range(10, 22))  # fmt: skip
        (tmp_path / f"{slug}.sample.jsonl").write_text("\n".join(several), encoding="utf-8")
    environment = {**os.environ, "MUSEUM_DECLARATIONS": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CONFORM, *MUSEUMS]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert {slug: [rule for rule in rules if not rule["passed"]] for slug, rules in found.items()} == {
        slug: [] for slug in MUSEUMS
    }
