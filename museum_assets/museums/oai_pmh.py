"""OAI-PMH responses (https://www.openarchives.org/OAI/openarchivesprotocol.html) and their records."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element, tostring

from museum_assets.core.failures import CheckpointExpired, Failure, Gone, Malformed, RequestRefused
from museum_assets.museums.edm import MOST_MARKUP, RDF, element_text, last_segment, markup, parse_xml
from museum_assets.museums.keys import is_too_long, shortened
from museum_assets.museums.museum import BadEntry

_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_RECORD = re.compile(r"<(?P<tag>(?:[\w.-]+:)?record)(?:\s[^>]*)?>.*?</(?P=tag)\s*>", re.DOTALL)
MOST_OF_RECORD = 100_000
"""Tags and attributes of a record, where its page cannot be parsed whole. A real one has 200."""
LONGEST_BEGINNING = 64 << 10
"""Characters before the first record, where each record is parsed behind them."""
_IDENTIFIER = re.compile(r"<(?:[\w.-]+:)?identifier>([^<]*)</")


@dataclass(frozen=True, slots=True)
class OaiEntry:
    """One record of an OAI-PMH response; `metadata` is None when it is deleted or came without any."""

    identifier: str
    datestamp: str
    sets: tuple[str, ...]
    deleted: bool
    metadata: Element | None

    @property
    def rdf(self) -> Element | None:
        """The metadata as EDM; None when it is something else."""
        return self.metadata if self.metadata is not None and self.metadata.tag == f"{RDF}RDF" else None

    @property
    def id(self) -> str:
        """The last segment of the identifier: the museum's own number for the object."""
        return last_segment(self.identifier)


@dataclass(frozen=True, slots=True)
class OaiPage:
    """One response; `token` continues the list (None at its end), `total` is `completeListSize`."""

    entries: tuple[OaiEntry, ...]
    token: str | None
    total: int | None
    broken: tuple[BadEntry, ...] = ()
    """Records that could not be read, with their bytes."""


def read_oai(xml: str, verb: str, source: str) -> OaiPage:
    """Read a ListRecords or GetRecord response.

    `noRecordsMatch` is an empty page. Raises CheckpointExpired (`badResumptionToken`), Gone (`idDoesNotExist`),
    RequestRefused (any other OAI error) and Malformed (not OAI-PMH, or another verb's answer). A record that is not
    well-formed, or has no identifier, is one of `broken`; what is wrong around the records spoils the whole page, for
    XML cannot be split there.
    """
    root, records, broken = _parsed(xml, source)
    error = root.find(f"{_OAI}error")
    if error is not None:
        failure = _oai_failure(error, source)
        if failure is not None:
            raise failure
        return OaiPage(entries=(), token=None, total=0)
    listing = root.find(f"{_OAI}{verb}")
    if root.tag != f"{_OAI}OAI-PMH" or listing is None:
        found = ", ".join(child.tag for child in root) or "nothing"
        raise Malformed(f"{source}: no OAI-PMH {verb} in <{root.tag}>, which holds {found:.200}")
    token = listing.find(f"{_OAI}resumptionToken")
    size = token.get("completeListSize", "") if token is not None else ""
    entries = []
    for record in (*listing.findall(f"{_OAI}record"), *records):
        try:
            entries.append(_entry(record, source))
        except BadEntry as bad:
            broken.append(bad)
    return OaiPage(
        entries=tuple(entries),
        token=element_text(token) or None,
        total=int(size) if re.fullmatch("[0-9]{1,18}", size) else None,
        broken=tuple(broken),
    )


def read_record(xml: str, source: str) -> OaiEntry:
    """Return the one `<record>` of an OAI-PMH answer or of a file that holds nothing else. Raises Malformed."""
    root = parse_xml(xml, source)
    records = [root] if root.tag == f"{_OAI}record" else list(root.iter(f"{_OAI}record"))
    if len(records) != 1:
        raise Malformed(f"{source} holds {len(records)} records, not one")
    return _entry(records[0], source)


def _oai_failure(error: Element, source: str) -> Failure | None:
    code = error.get("code", "without a code")
    message = f"{source}: OAI-PMH error {code}: {element_text(error) or 'no text'}"
    match code:
        case "noRecordsMatch":
            return None
        case "badResumptionToken":
            return CheckpointExpired(message)
        case "idDoesNotExist":
            return Gone(message)
    return RequestRefused(message)


def _entry(record: Element, source: str) -> OaiEntry:
    header = record.find(f"{_OAI}header")
    identifier = element_text(header.find(f"{_OAI}identifier")) if header is not None else ""
    if header is None or not last_segment(identifier):
        raise BadEntry(
            f"{source}: a record without an identifier in its header", code="no_id", evidence=tostring(record)
        )
    return OaiEntry(
        identifier=identifier,
        datestamp=element_text(header.find(f"{_OAI}datestamp")),
        sets=tuple(sorted({element_text(each) for each in header.findall(f"{_OAI}setSpec")} - {""})),
        deleted=header.get("status") == "deleted",
        metadata=record.find(f"{_OAI}metadata/*"),
    )


def _parsed(xml: str, source: str) -> tuple[Element, list[Element], list[BadEntry]]:
    """Return (root, records, broken records). Of a page that is well-formed, the root holds all records.

    Raises Malformed. Of any other page each record is parsed by itself, within what stands before the first one.
    """
    try:
        return parse_xml(xml, source), [], []
    except Malformed:
        first = _RECORD.search(xml)
        if first is None or first.start() > LONGEST_BEGINNING:
            raise
        root = parse_xml(_RECORD.sub("", xml), source)
    begin = xml[: first.start()]
    end = _closing(begin)
    left = MOST_MARKUP
    records: list[Element] = []
    broken: list[BadEntry] = []
    for match in _RECORD.finditer(xml):
        try:
            root_of_one = parse_xml(begin + match[0] + end, source, min(MOST_OF_RECORD, left))
            records += root_of_one.iter(f"{_OAI}record")
            left -= markup(match[0])
        except Malformed as error:
            named = _IDENTIFIER.search(match[0])
            name = last_segment(named[1]) if named else None
            raw = match[0].encode("utf-8", "surrogateescape")
            broken.append(BadEntry(str(error), name=name and _name(name), evidence=raw))
    return root, records, broken


def _name(name: str) -> str:
    name = name.encode("utf-8", "replace").decode().replace("\x00", "")
    return shortened(name) if is_too_long(name) else name


def _closing(begin: str) -> str:
    """Return the end tags of what is open after `begin`."""
    open_tags: list[str] = []
    for closing, tag, empty in re.findall(r"<(/?)([\w.:-]+)[^>]*?(/?)>", begin):
        if closing and open_tags:
            open_tags.pop()
        elif not empty:
            open_tags.append(tag)
    return "".join(f"</{tag}>" for tag in reversed(open_tags))
