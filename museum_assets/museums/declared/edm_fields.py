"""EDM as fields, in the best language of each: English, else Dutch, else the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from museum_assets.core.failures import Malformed, Rejected
from museum_assets.museums.declared.xml import anywhere, parsed
from museum_assets.museums.edm import RDF, read_edm


def fields(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record's fields, each a list, and `id`.

    `identifiers`, `titles`, `creators`, `types`, `created`, `rights`, `images` and `page` are of texts; `agents`,
    `places`, `materials` and `subjects` of objects, which say their `kind`: Agent, Place, Concept.

    Raises Rejected(malformed_record).
    """
    id_, root = parsed(payload)
    try:
        found = {name: list(values) for name, values in asdict(read_edm(root, id_)).items()}
    except Malformed as error:
        raise Rejected("malformed_record", str(error)) from error
    for name in ("agents", "places", "materials", "subjects"):
        found[name] = [{**each, "links": list(each["links"])} for each in found[name]]
    pages = [each.get(f"{RDF}resource") for each in anywhere(root, "isShownAt")]
    return {**found, "id": id_, "page": [page for page in pages if page]}
