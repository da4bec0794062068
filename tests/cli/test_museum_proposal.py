"""What `museum new` makes of records of shapes that it has not seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.cli.museum_files import Shape
from museum_assets.cli.museum_new import SAMPLED, varied
from museum_assets.cli.museum_profile import profiled
from museum_assets.cli.museum_proposal import propose
from museum_assets.museums import museum

ROLES = ("publisher", "after", "architect", "printer", "designer")


def work(n: int) -> dict[str, object]:
    """One record of an archive whose pictures are sent by a program, and whose years are dates."""
    return {
        "id": f"things/{n}", "accession_number": f"{n}.1", "date_acquired": "1989-12-07", "creation_date": "c. 1840",
        "creation_date_earliest": f"{1800 + n}-01-01", "images": [{"image_url": f"http://a.test/i?irn={n}&size=Medium"}],
        "creator": [{"full_name": f"Anna {n}", "role": ROLES[n % 5]}],
        "classification": "prints",
    }  # fmt: skip


def test_pictures_of_a_program_and_years_that_are_dates_are_recognised() -> None:
    text = propose("X", "file:///x.zip", Shape("json-files"), profiled(work(n) for n in range(100)))
    assert 'thumbnail_url = "images[].image_url"' in text
    assert 'start = "creation_date_earliest"' in text
    assert 'period = "creation_date"' in text, "when it was acquired is not when it was made"
    roles = next(line for line in text.splitlines() if "All its values" in line)
    assert all(role in roles for role in ("publisher (20)", *ROLES))


def test_a_sample_is_as_the_collection_is() -> None:
    chosen = varied(({"n": n} | ({"x": 1} if n % 3 else {}) for n in range(1, 301)), None)
    assert len(chosen) == SAMPLED
    assert sum("x" in each for each in chosen) in range(11, 16), "two thirds have it"
    assert len(varied(({"n": n} for n in range(7)), None)) == 7


def test_every_reason_of_one_record_is_told(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    record = {"id": 1, "accession_number": "1.1", "share_license_status": "Copyrighted", "type": "Vase"}
    file.write_text(json.dumps(record))
    tried = CliRunner().invoke(app, ["try", "cma", str(file), "--json"])
    told = json.loads(tried.stdout)
    judged = museum("cma").judge(record)
    assert isinstance(judged, list)
    assert len(judged) >= 2
    assert [each["rejected"] for each in told["reasons"]] == [each.code for each in judged]
    assert told["rejected"] == judged[0].code


def test_an_unknown_museum_names_the_folder_that_was_looked_in() -> None:
    with pytest.raises(Exception, match=r"has no nowhere\.toml"):
        museum("nowhere")
