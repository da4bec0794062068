"""The makers in every record beside the repository, as the museums' readers have them."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from museum_assets.core.failures import Failure
from museum_assets.museums import aic_makers, edm, met_makers, museum, rma, smk
from museum_assets.museums.maker import Maker

MARKS = {"met": "objectID", "cma": "creators", "smk": "production", "aic": "artist_display"}
"""The key of an object that is a record with makers, whether or not its artwork would be taken."""


def recorded_makers(shared: Path) -> list[tuple[str, Maker]]:
    """Return each museum's makers, each once by its key."""
    found: dict[str, tuple[str, Maker]] = {}
    for slug, said in _every(shared):
        found.setdefault(said.key(slug), (slug, said))
    return list(found.values())


def _every(shared: Path) -> Iterator[tuple[str, Maker]]:
    records = shared / "data/museum_records"
    for slug, mark in MARKS.items():
        for file in sorted((records / slug).rglob("*.json")):
            with suppress(ValueError):
                for record in _objects(json.loads(file.read_text(encoding="utf-8"))):
                    if mark in record:
                        yield from ((slug, each) for each in _makers(slug, record))
    for file in sorted((records / "rma/synthetic").glob("*.xml")):
        for rdf in re.findall(r"<rdf:RDF.*?</rdf:RDF>", file.read_text(encoding="utf-8"), re.DOTALL):
            with suppress(Failure):
                agents = edm.read_edm(edm.parse_xml(rdf, file.name), file.name).agents
                yield from (("rma", said) for agent in agents if (said := rma._maker(agent)))
    with tarfile.open(shared / "data/tate-artworks.tar.gz") as archive:
        for member in archive:
            if body := archive.extractfile(member):
                yield from (("tate", each) for each in _declared("tate", json.load(body)))


def _makers(slug: str, record: dict[str, Any]) -> tuple[Maker, ...]:
    if slug == "cma":
        return _declared(slug, record)
    read: dict[str, Any] = {"met": met_makers.makers, "aic": aic_makers.makers, "smk": smk._makers}
    found: tuple[Maker, ...] = read[slug](record)
    return found


def _declared(slug: str, record: dict[str, Any]) -> tuple[Maker, ...]:
    return tuple(each.said for each in museum(slug)._makers(record) if each.said)  # type: ignore[attr-defined]


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(each)
