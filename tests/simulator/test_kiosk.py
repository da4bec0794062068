"""The made-up kiosk buckets: the same every time, and read by the platform as they are meant."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from museum_assets.kiosk.files.exhibitions import Exhibition, read_exhibition
from museum_assets.kiosk.files.history import read_history
from museum_assets.museums import kiosks
from museum_assets.museums.kiosk_files import kind_of
from museum_assets.simulator.kiosk import BROKEN_ROWS, DECOYS, EXHIBITS, LATE, WEEKS, bucket_objects, late_files

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("slug", EXHIBITS)
def test_it_is_the_same_every_time_and_decoys_are_no_files(slug: str) -> None:
    museum = kiosks(slug)
    made = dict(bucket_objects(museum))
    assert made == dict(bucket_objects(museum))
    kinds = Counter(kind_of(museum, key) for key in made)
    assert kinds == {"exhibition": len(EXHIBITS[slug]) - (slug in LATE), "history": WEEKS, None: len(DECOYS)}


@pytest.mark.parametrize("slug", EXHIBITS)
def test_exhibitions_are_read_as_they_were_made(slug: str) -> None:
    museum = kiosks(slug)
    bodies = [body for key, body in bucket_objects(museum) if kind_of(museum, key) == "exhibition"]
    read = [each for each in map(read_exhibition, bodies) if isinstance(each, Exhibition)]
    assert len(read) == len(bodies)
    assert {each.name for each in read} <= {each.name for each in EXHIBITS[slug]}


@pytest.mark.parametrize("slug", EXHIBITS)
@pytest.mark.parametrize("week", range(WEEKS + 1))
def test_of_a_history_all_but_the_broken_rows_are_presses(slug: str, week: int) -> None:
    museum = kiosks(slug)
    body = (dict(bucket_objects(museum)) | late_files(museum))[f"{slug}_hist_data_{week}.csv"]
    read = read_history(body, museum, set(range(len(EXHIBITS[slug]))), NOW)
    assert len(read.refused) == len(BROKEN_ROWS)
    assert len(read.presses) > 100
    assert read.repeated_headers == (week == 1)
    assert max(read.presses.occurrence) >= 2


def test_the_late_exhibition_is_beside_the_bucket_and_its_presses_are_in_it() -> None:
    files, late = dict(bucket_objects(kiosks("lmnh"))), late_files(kiosks("lmnh"))
    assert set(late) == {"lmnh_exhibition_owls.json", f"lmnh_hist_data_{WEEKS}.csv"}
    assert not set(late) & set(files)
    assert files["lmnh_hist_data_0.csv"].count(f",{LATE['lmnh']},".encode()) > 50
