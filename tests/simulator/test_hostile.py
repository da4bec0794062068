"""Hostile records: each poison arrives as a museum would send it, and the records beside it stay as they are."""

from __future__ import annotations

import io
import json
import tarfile
from contextlib import nullcontext
from xml.etree.ElementTree import ParseError

import orjson
import pytest
from defusedxml.ElementTree import fromstring

from museum_assets.simulator.hostile import BAD_HOST, LONG, Poison

JSON_LISTINGS = {
    "smk": ("1180000005_object", "/smk/api/v1/art/search/?keys=*&rows=2000", "items"),
    "cma": ("90005", "/cma/api/artworks/?limit=1000", "data"),
    "aic": ("20005", "/aic/api/v1/artworks?ids=20004,20005,20006", "data"),
}
BYTES = {
    Poison.LONE_SURROGATE: rb"A \ud800 alone",
    Poison.BROKEN_UTF8: b"Caf\xe9",
    Poison.NESTED: b"[" * 300,
    Poison.BAD_HOST: BAD_HOST.encode(),
    Poison.NAN: b"NaN",
    Poison.HUGE_INTEGER: str(10**400).encode(),
    Poison.FAR_YEAR: str(10**9).encode(),
}
REFUSED = {Poison.LONE_SURROGATE, Poison.BROKEN_UTF8, Poison.NAN, Poison.HUGE_INTEGER}
"""What orjson does not read, so that a page that holds one is not read whole."""


def entries(body, museum):
    return json.loads(body.decode("utf-8", "surrogateescape"))[JSON_LISTINGS[museum][2]]


@pytest.mark.parametrize("museum", JSON_LISTINGS)
@pytest.mark.parametrize("poison", Poison)
def test_a_listing_holds_the_poison_in_one_record_and_the_others_unchanged(sick, museum, poison):
    simulator, client = sick
    record_id, url, _ = JSON_LISTINGS[museum]
    healthy = entries(client.get(url).content, museum)
    simulator.set_faults(museum, hostile={record_id: poison})
    body = client.get(url).content
    changed = [new for old, new in zip(healthy, entries(body, museum), strict=True) if repr(old) != repr(new)]
    assert len(changed) == 1
    assert BYTES.get(poison, b"") in body
    if poison in {Poison.LONG_NUMBER, Poison.LONG_ID}:
        assert max(len(str(value)) for value in changed[0].values()) > LONG
    if poison in REFUSED:
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(body)


@pytest.mark.parametrize("poison", Poison)
def test_an_object_and_a_file_of_an_archive_hold_it_too(sick, poison):
    simulator, client = sick
    simulator.set_faults("met", hostile={"430005": poison})
    simulator.set_faults("tate", hostile={"1005": poison})
    expected = BYTES.get(poison, b"").replace(b" ", b"")
    one = client.get("/met/public/collection/v1/objects/430005").content
    packed = io.BytesIO(client.get("/tate/collection-master.tar.gz").content)
    with tarfile.open(fileobj=packed) as archive:
        files = {member.name: file.read() for member in archive if (file := archive.extractfile(member))}
    assert len(files) == 230
    for body in one, files["collection-master/artworks/n/000/n00006-1005.json"]:
        assert expected in b"".join(body.split())


@pytest.mark.parametrize("poison", Poison)
def test_an_oai_page_is_spoilt_only_by_what_xml_cannot_hold(sick, poison):
    simulator, client = sick
    url = "/rma/oai?verb=ListRecords&metadataPrefix=edm"
    healthy = client.get(url).content.split(b"<record>")[1:]
    simulator.set_faults("rma", hostile={"200100005": poison})
    body = client.get(url).content
    changed = [new for old, new in zip(healthy, body.split(b"<record>")[1:], strict=True) if old != new]
    assert len(changed) == 1
    assert b"200100005" in changed[0]
    not_xml = poison in {Poison.LONE_SURROGATE, Poison.BROKEN_UTF8, Poison.NUL}
    with pytest.raises(ParseError) if not_xml else nullcontext():
        fromstring(body)


def test_an_id_that_no_record_has_is_refused(sick):
    with pytest.raises(ValueError, match="no object with the id 'x'"):
        sick[0].set_faults("smk", hostile={"x": "nul"})
