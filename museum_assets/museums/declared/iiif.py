"""IIIF Collections (Presentation API 2 and 3) whose manifests carry metadata and rights: a manifest is a record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from museum_assets.core.failures import CheckpointExpired, Failure, Gone, Malformed
from museum_assets.museums.declared.schema import Source
from museum_assets.museums.museum import Api, Json, Leg, Page, RawRecord

MANIFESTS_PER_PAGE = 50
MANIFESTS_WEIGHED = 10
MOST_COLLECTIONS = 1_000
"""Collections within the collection that are asked for at most."""
_LANGUAGES = ("en", "none", "")


def walk(slug: str, source: Source, api: Api, checkpoint: dict[str, Json] | None) -> Iterator[Page]:
    """Fetch every manifest that the collection lists, in pages. Raises CheckpointExpired when the list has changed."""
    addresses = _listed(api)
    version = hashlib.sha256("\n".join(addresses).encode()).hexdigest()[:16]
    start = 0
    if checkpoint is not None:
        if checkpoint.get("list") != version:
            raise CheckpointExpired(f"{slug}: the collection at {source.address} lists other manifests now; start over")
        start = int(checkpoint["start"])
        if start >= len(addresses):
            return
    while start < len(addresses) or start == 0:
        chunk = addresses[start : start + MANIFESTS_PER_PAGE]
        page = Page(
            "collection", [], {"list": version, "start": start + MANIFESTS_PER_PAGE}, len(chunk), len(addresses)
        )
        for address, body in api.json_each(chunk):
            if isinstance(body, Gone):
                page.gone.append(address)
            elif isinstance(body, Failure):
                page.failed[address] = body
            else:
                page.records.append(RawRecord(_id(body) or address, body))
        yield page
        start += MANIFESTS_PER_PAGE


def legs(api: Api) -> Iterator[Leg]:
    """Yield the lists, which have to be read whole to know their manifests, and then the manifests."""
    addresses = _listed(api)
    yield Leg("lists", None, len(addresses), 1.0)
    weighed = addresses[:MANIFESTS_WEIGHED]
    for _ in api.json_each(weighed):
        pass
    yield Leg("manifests", len(addresses), None, len(weighed) / len(addresses) if addresses else 1.0)


def _listed(api: Api) -> list[str]:
    """Return the addresses of all manifests, those of collections within the collection too."""
    waiting, seen, found = [""], set(), dict[str, None]()
    while waiting:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        if len(seen) > MOST_COLLECTIONS:
            raise Malformed(f"{api.base}: more than {MOST_COLLECTIONS:,} collections within each other", permanent=True)
        body = api.json(address)
        if not isinstance(body, dict):
            raise Malformed(f"{address or api.base} is no IIIF Collection: {body!r:.100}")
        items = [each for key in ("items", "manifests", "collections", "members") for each in body.get(key) or ()]
        for item in items:
            kind = str(item.get("type") or item.get("@type")) if isinstance(item, dict) else ""
            if kind.endswith("Manifest"):
                found[_id(item)] = None
            elif kind.endswith("Collection"):
                waiting.append(_id(item))
        if following := body.get("next"):
            waiting.append(_id(following) if isinstance(following, dict) else str(following))
    return [address for address in found if address]


def _id(value: Mapping[str, Any]) -> str:
    return str(value.get("id") or value.get("@id") or "")


def fields(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return `label`, `rights`, `summary`, `thumbnail`, `image`, `page`, `id`, and `metadata` by its labels."""
    metadata: dict[str, list[str]] = {}
    for pair in _list(payload.get("metadata")):
        if isinstance(pair, dict):
            for label in _texts(pair.get("label"))[:1]:
                metadata.setdefault(label, []).extend(_texts(pair.get("value")))
    return {
        "id": _id(payload),
        "label": _texts(payload.get("label")),
        "summary": _texts(payload.get("summary") or payload.get("description")),
        "rights": _texts(payload.get("rights") or payload.get("license")),
        "metadata": metadata,
        "thumbnail": _addresses(payload.get("thumbnail")),
        "image": _image(payload),
        "page": _addresses(payload.get("homepage") or payload.get("related")),
    }


def _image(payload: Mapping[str, Any]) -> list[str]:
    """Return the address of the first canvas's picture."""
    canvases = _list(payload.get("items")) or [
        canvas
        for each in _list(payload.get("sequences"))
        if isinstance(each, dict)
        for canvas in _list(each.get("canvases"))
    ]
    for canvas in canvases[:1]:
        body: Any = canvas
        for step in ("items", "items", "body") if "items" in canvas else ("images", "resource"):
            body = next(iter(_list(body.get(step))), {}) if isinstance(body, dict) else {}
        return _addresses(body)
    return []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _addresses(value: Any) -> list[str]:
    found = [_id(each) if isinstance(each, dict) else each for each in _list(value)]
    return [each for each in found if isinstance(each, str) and each]


def _texts(value: Any) -> list[str]:
    """Return texts in the best language: of a language map (3), of `@value` objects (2), or as they are."""
    if isinstance(value, dict) and "@value" not in value:
        best = next((code for code in _LANGUAGES if code in value), next(iter(value), None))
        return _texts(value.get(best))
    texts = [each.get("@value") if isinstance(each, dict) else each for each in _list(value)]
    return [each.strip() for each in texts if isinstance(each, str) and each.strip()]
