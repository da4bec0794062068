from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest

from museum_assets.simulator.drawing import dimensions

ARCHIVE = "/tate/collection-master.tar.gz"


def member_of(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    file = archive.extractfile(member)
    assert file
    return json.load(file)


def works(client):
    body = client.get(ARCHIVE).content
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return {member.name: member_of(archive, member) for member in archive}


def test_the_archive_is_laid_out_as_the_real_one(client, shared):
    served = works(client)
    assert len(served) == 230
    with tarfile.open(shared / "data/tate-artworks.tar.gz") as archive:
        real = [member_of(archive, member) for _, member in zip(range(50), archive, strict=False)]
    assert "collection-master/artworks/n/000/n00001-1000.json" in served
    everywhere = set(real[0]).intersection(*map(set, real)) - {"subjects", "movements"}
    for record in served.values():
        assert everywhere <= record.keys()
        for key in everywhere:
            kinds = {type(each[key]) for each in real} | {type(None), str, dict}
            assert type(record[key]) in kinds, key


def test_the_same_works_are_the_same_bytes(client):
    first = client.get(ARCHIVE)
    assert client.get(ARCHIVE).content == first.content
    assert client.get(ARCHIVE, headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_thumbnails_are_where_the_records_say(client):
    shown = [record["thumbnailUrl"] for record in works(client).values() if record["thumbnailUrl"]]
    answer = client.get(shown[0])
    assert (answer.headers["content-type"], max(dimensions(answer.content)) <= 512) == ("image/jpeg", True)
    assert client.get("/images/tate/art/images/work/N/99999_8.jpg").status_code == 404
    assert client.get("/tate/elsewhere").status_code == 404


def test_objects_vanish_and_change_in_the_next_archive(sick):
    simulator, client = sick
    simulator.set_faults("tate", vanished={"1005"}, changed={"1006": 2})
    served = {record["id"]: record for record in works(client).values()}
    assert 1005 not in served
    assert served[1006]["title"].endswith("(2)")
    with pytest.raises(ValueError, match="nobody"):
        simulator.set_faults("tate", vanished={"nobody"})
