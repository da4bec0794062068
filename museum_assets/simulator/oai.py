"""RMA's OAI-PMH 2.0 (museum_apis.md 5b): EDM in pages of 50, persistent deletes, tokens that need no memory."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from museum_assets.simulator.collection import Collection
from museum_assets.simulator.dialect import base_url, iso
from museum_assets.simulator.edm import LOD, OaiRecord
from museum_assets.simulator.facts import Facts

PAGE = 50
TAG = "{http://www.openarchives.org/OAI/2.0/}"
EARLIEST = "2024-08-15T13:51:17Z"

# 7 of the 193 sets.
SETS = {
    "260214": "Top 1000",
    "26121": "Nederland 17e eeuw",
    "261208": "schilderijen (collectie)",
    "261221": "varia",
    "261222": "papier (collectie)",
    "261231": "keramiek (collectie)",
    "26133": "tekeningen",
}
_ARGUMENTS = {
    "Identify": frozenset[str](),
    "ListMetadataFormats": frozenset({"identifier"}),
    "ListSets": frozenset({"resumptionToken"}),
    "ListRecords": frozenset({"metadataPrefix", "from", "until", "set", "resumptionToken"}),
    "ListIdentifiers": frozenset({"metadataPrefix", "from", "until", "set", "resumptionToken"}),
    "GetRecord": frozenset({"metadataPrefix", "identifier"}),
}


class OaiError(Exception):
    """An error of the protocol: HTTP 200 with an <error> element."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Selection:
    """A list request, all of which travels in the resumption token."""

    since: int
    until: int
    set: str
    offset: int

    def token(self) -> str:
        """Return the token that goes on from here."""
        return urlsafe_b64encode(orjson.dumps([self.since, self.until, self.set, self.offset])).decode()


async def answer(collection: Collection, request: Request) -> Response:
    """Answer every verb. Errors of the protocol are HTTP 200."""
    params = request.query_params
    try:
        content = _verb(collection, params, base_url(request))
    except OaiError as error:
        content = f'<error code="{error.code}">{escape(str(error))}</error>'
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in params.items() if key.isalpha())
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<responseDate>{_stamp(datetime.now(UTC).timestamp())}</responseDate>"
        f"<request{attributes}>{base_url(request)}/rma/oai</request>{content}</OAI-PMH>"
    )
    # A hostile record may hold bytes that are no UTF-8.
    return Response(body.encode("utf-8", "surrogateescape"), media_type="text/xml")


def dated(record: OaiRecord, modified: datetime) -> OaiRecord:
    """Return the record with another datestamp."""
    return replace(record, modified=int(modified.timestamp()))


def _verb(collection: Collection, params: Any, base: str) -> str:
    verb = params.get("verb", "")
    if verb not in _ARGUMENTS:
        raise OaiError("badVerb", "Value of the verb argument is not a legal OAI-PMH verb")
    if unknown := set(params) - _ARGUMENTS[verb] - {"verb"}:
        raise OaiError("badArgument", f"Illegal arguments: {', '.join(sorted(unknown))}")
    if verb in ("ListRecords", "ListIdentifiers"):
        content = _list(collection, params, base, whole=verb == "ListRecords")
    elif verb == "GetRecord":
        content = _get_record(collection, params, base)
    else:
        content = {"Identify": _identify, "ListSets": _list_sets, "ListMetadataFormats": _formats}[verb](base)
    return f"<{verb}>{content}</{verb}>"


def _identify(base: str) -> str:
    return (
        "<repositoryName>Rijksmuseum OAI-PMH API</repositoryName>"
        f"<baseURL>{base}/rma/oai</baseURL><protocolVersion>2.0</protocolVersion>"
        "<adminEmail>collectieinfo@rijksmuseum.nl</adminEmail>"
        f"<earliestDatestamp>{EARLIEST}</earliestDatestamp><deletedRecord>persistent</deletedRecord>"
        "<granularity>YYYY-MM-DDThh:mm:ssZ</granularity>"
    )


def _list_sets(base: str) -> str:  # noqa: ARG001 - the three verbs without a list are called alike
    return "".join(f"<set><setSpec>{s}</setSpec><setName>{escape(name)}</setName></set>" for s, name in SETS.items())


def _formats(base: str) -> str:  # noqa: ARG001
    return (
        "<metadataFormat><metadataPrefix>edm</metadataPrefix>"
        "<schema>http://www.europeana.eu/schemas/edm/EDM.xsd</schema>"
        "<metadataNamespace>http://www.europeana.eu/schemas/edm/</metadataNamespace></metadataFormat>"
    )


def _get_record(collection: Collection, params: Mapping[str, str], base: str) -> str:
    _check_prefix(params)
    identifier = params.get("identifier", "")
    n = collection.source.number(identifier.removeprefix(LOD)) if identifier.startswith(LOD) else None
    if n is None:
        raise OaiError("idDoesNotExist", "The value of the identifier argument is unknown or illegal")
    return _record(collection, n, base, whole=True)


def _list(collection: Collection, params: Mapping[str, str], base: str, *, whole: bool) -> str:
    selection = _selection(params)
    numbers = _numbers(collection, selection)
    if not numbers and selection.set not in ("", *SETS):
        raise OaiError("badArgument", f"Unknown set: {selection.set}")  # what the museum answers is not recorded
    if not numbers:
        raise OaiError("noRecordsMatch", "The combination of the arguments results in an empty list")
    page = collection.page(numbers, selection.offset, PAGE)
    content = "".join(_record(collection, n, base, whole=whole) for n in page)
    after = selection.offset + PAGE
    attributes = f'completeListSize="{len(numbers)}" cursor="{selection.offset}"'
    if after < len(numbers):
        return f"{content}<resumptionToken {attributes}>{replace(selection, offset=after).token()}</resumptionToken>"
    # An empty token ends a list that had more than one page (OAI-PMH 2.0, 3.5); a list of one page has none.
    return f"{content}<resumptionToken {attributes}/>" if selection.offset else content


def _numbers(collection: Collection, selection: Selection) -> Sequence[int]:
    def keep(n: int, facts: Facts) -> bool:  # noqa: ARG001 - a predicate of `select`
        return selection.since <= facts.modified <= selection.until and (
            not selection.set or selection.set in facts.groups
        )

    key = ("oai", selection.since, selection.until, selection.set)
    narrowed = selection.since or selection.until < _FOREVER or selection.set
    return collection.select(key, keep if narrowed else None, with_vanished=True)


_FOREVER = 1 << 40


def _selection(params: Mapping[str, str]) -> Selection:
    token = params.get("resumptionToken")
    if token is None:
        _check_prefix(params)
        since, until = _seconds(params, "from", 0), _seconds(params, "until", _FOREVER)
        return Selection(since, until, params.get("set", ""), 0)
    if set(params) - {"verb", "resumptionToken"}:
        raise OaiError("badArgument", "resumptionToken is an exclusive argument")
    try:
        since, until, set_spec, offset = orjson.loads(urlsafe_b64decode(token))
        return Selection(int(since), int(until), str(set_spec), int(offset))
    except (ValueError, TypeError) as error:
        raise OaiError("badResumptionToken", "The resumptionToken is invalid or expired") from error


def _check_prefix(params: Mapping[str, str]) -> None:
    if "metadataPrefix" not in params:
        raise OaiError("badArgument", "metadataPrefix is required")
    if params["metadataPrefix"] != "edm":
        raise OaiError("cannotDisseminateFormat", "The only metadata format is edm")


def _seconds(params: Mapping[str, str], name: str, default: int) -> int:
    """Read from and until: a day, or a second of UTC; an until of a day takes in that day."""
    text = params.get(name)
    if text is None:
        return default
    for pattern, extra in (("%Y-%m-%dT%H:%M:%SZ", 0), ("%Y-%m-%d", 86_399 if name == "until" else 0)):
        try:
            return int(datetime.strptime(text, pattern).replace(tzinfo=UTC).timestamp()) + extra
        except ValueError:
            continue
    raise OaiError("badArgument", f"{name} is not YYYY-MM-DDThh:mm:ssZ")


def _record(collection: Collection, n: int, base: str, *, whole: bool) -> str:
    record: OaiRecord = collection.record(n, base)
    deleted = collection.is_vanished(n)
    sets = "" if deleted else "".join(f"<setSpec>{set_spec}</setSpec>" for set_spec in record.sets)
    status = ' status="deleted"' if deleted else ""
    header = (
        f"<header{status}><identifier>{LOD}{record.id}</identifier>"
        f"<datestamp>{_stamp(record.modified)}</datestamp>{sets}</header>"
    )
    if not whole:
        return header
    metadata = "" if deleted else f"<metadata>{record.rdf(collection.faults.edm_shape)}</metadata>"
    return f"<record>{header}{metadata}</record>"


def _stamp(unix_seconds: float) -> str:
    return iso(unix_seconds, UTC).replace("+00:00", "Z")
