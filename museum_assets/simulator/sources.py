"""What each kind of a declared museum's source answers: dumps, a JSON API, OAI-PMH and IIIF Collections."""

from __future__ import annotations

import csv
import gzip
import io
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from html import escape
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from museum_assets.simulator.collection import Collection
from museum_assets.simulator.dialect import Endpoint, base_url, json_response, whole_number
from museum_assets.simulator.hostile import encoded

Source = dict[str, Any]
Records = list[tuple[int, dict[str, Any]]]
PAGE = 5
"""Records of a page of OAI-PMH: a sample of twenty then has several."""
_PATHS = {"json-files": "/dump.tar.gz", "json": "/dump.json", "json-lines": "/dump.jsonl", "csv": "/dump.csv",
          "json-api": "", "oai-pmh": "/oai", "iiif": "/collection.json"}  # fmt: skip


def path_of(kind: str) -> str:
    """Return where a kind of source answers, below its museum's prefix."""
    return _PATHS[kind]


def endpoints(source: Source) -> list[Endpoint]:
    """Return what a declared source answers."""
    match kind := source["kind"]:
        case "json-api":
            return [Endpoint("listing", source["listing"]["path"], _listing)]
        case "oai-pmh":
            return [Endpoint("oai", path_of(kind), _oai)]
        case "iiif":
            return [Endpoint("collection", path_of(kind), _iiif), Endpoint("manifest", "/manifest/{n:int}", _manifest)]
    return [Endpoint("dump", path_of(kind), _dump)]


def _source(collection: Collection) -> Source:
    found: Source = collection.dialect.source  # type: ignore[attr-defined] # this module serves declared ones alone
    return found


def _records(collection: Collection, base: str) -> Records:
    return [(n, collection.record(n, base)) for n in collection.select("all")]


async def _dump(collection: Collection, request: Request) -> Response:
    source = _source(collection)
    body = _WRITERS[source["kind"]](source, _records(collection, base_url(request)))
    etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, headers={"ETag": etag}, media_type="application/octet-stream")


def _archive(source: Source, records: Records) -> bytes:
    out = io.BytesIO()
    pattern = source.get("files", "**/*.json")
    with tarfile.open(fileobj=out, mode="w") as archive:
        for n, record in records:
            name = pattern.replace("**", "all").replace("*", f"r{n:03}").replace("?", "x")
            body = encoded(record, orjson.OPT_INDENT_2)
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return gzip.compress(out.getvalue(), mtime=0)


def _document(source: Source, records: Records) -> bytes:
    return encoded(_under(source.get("records"), [record for _, record in records]))


def _lines(source: Source, records: Records) -> bytes:  # noqa: ARG001 - all writers are called alike
    return b"".join(encoded(record) + b"\n" for _, record in records)


def _table(source: Source, records: Records) -> bytes:  # noqa: ARG001
    out = io.StringIO()
    columns = dict.fromkeys(key for _, record in records for key in record)
    writer = csv.DictWriter(out, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(record for _, record in records)
    return out.getvalue().encode()


_WRITERS: dict[str, Callable[[Source, Records], bytes]] = {
    "json-files": _archive, "json": _document, "json-lines": _lines, "csv": _table,
}  # fmt: skip


def _under(path: str | None, value: Any) -> Any:
    """Return a value below the keys of a path."""
    for key in reversed(path.split(".")) if path else ():
        value = {key: value}
    return value


async def _listing(collection: Collection, request: Request) -> Response:
    """Answer with a page; all works are in the first scope."""
    listing, params = _source(collection)["listing"], request.query_params
    numbers = list(collection.select("all"))
    if listing.get("scope") and params.get(listing["scope"]) != listing["scopes"][0]:
        numbers = []
    try:
        offset = whole_number(params, listing["offset"], 0)
        limit = whole_number(params, listing["limit"], 10, least=1)
    except ValueError as error:
        return json_response({"error": str(error)}, 400)
    page = [collection.record(n, base_url(request)) for n in collection.page(numbers, offset, limit)]
    answer = _under(listing["entries"], page)
    _merge(answer, _under(listing["total"], len(numbers)))
    return json_response(answer)


def _merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = value


async def _oai(collection: Collection, request: Request) -> Response:
    """Answer ListRecords; a token says how many records came, and what was asked for."""
    params, source = request.query_params, _source(collection)
    token = params.get("resumptionToken")
    first = f"0/{params.get('from', '')}/{params.get('set', '')}"
    start, since, wanted = [*(token or first).split("/", 2), "", ""][:3]
    numbers = [n for n in collection.select("all", with_vanished=True)
               if _datestamp(collection, n) >= since and (not wanted or wanted in _sets(collection, n))]  # fmt: skip
    prefix = params.get("metadataPrefix") == (source.get("prefix") or source["format"])
    if params.get("verb") != "ListRecords" or not (token or prefix):
        content = '<error code="badArgument">only ListRecords with the declared metadataPrefix is simulated</error>'
    elif not start.isdigit():
        content = '<error code="badResumptionToken">no such token</error>'
    elif not numbers:
        content = '<error code="noRecordsMatch">nothing</error>'
    else:
        page = collection.page(numbers, int(start), PAGE)
        after = int(start) + PAGE
        goes_on = f"{after}/{since}/{wanted}" if after < len(numbers) else ""
        records = "".join(_oai_record(collection, n, base_url(request)) for n in page)
        attributes = f'completeListSize="{len(numbers)}" cursor="{start}"'
        content = (
            f"<ListRecords>{records}<resumptionToken {attributes}>{escape(goes_on)}</resumptionToken></ListRecords>"
        )
    body = f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{content}</OAI-PMH>'
    return Response(body.encode("utf-8", "surrogateescape"), media_type="text/xml")


def _sets(collection: Collection, n: int) -> list[str]:
    return list(_saved(collection, n).get("sets", ()))


def _saved(collection: Collection, n: int) -> dict[str, Any]:
    found: dict[str, Any] = collection.dialect.sample[n]  # type: ignore[attr-defined]
    return found


def _oai_record(collection: Collection, n: int, base: str) -> str:
    record, gone = collection.record(n, base), collection.is_vanished(n)
    sets = "".join(f"<setSpec>{escape(each)}</setSpec>" for each in record.get("sets", ()))
    status = ' status="deleted"' if gone else ""
    header = (
        f"<header{status}><identifier>{escape(record['identifier'])}</identifier>"
        f"<datestamp>{_datestamp(collection, n)}</datestamp>{sets}</header>"
    )
    return f"<record>{header}{'' if gone else '<metadata>' + record['record'] + '</metadata>'}</record>"


def _datestamp(collection: Collection, n: int) -> str:
    """Return when a record changed last: the time that was saved with it, unless a fault changed it since."""
    saved = str(_saved(collection, n).get("datestamp", ""))
    now = datetime.fromtimestamp(collection.facts(n).modified, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return max(saved, now) if collection.facts(n).modified != collection.source.facts(n).modified else saved or now


async def _iiif(collection: Collection, request: Request) -> Response:
    base = f"{base_url(request)}/{collection.dialect.slug}"
    items = [
        {"id": f"{base}/manifest/{n}", "type": "Manifest", "label": {"none": [str(n)]}}
        for n in collection.select("all")
    ]
    return json_response({"id": f"{base}{path_of('iiif')}", "type": "Collection", "items": items})


async def _manifest(collection: Collection, request: Request) -> Response:
    n = request.path_params["n"]
    if not 0 <= n < collection.source.count or collection.is_vanished(n):
        return json_response({"error": "no such manifest"}, 404)
    return json_response(collection.record(n, base_url(request)))
