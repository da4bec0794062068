"""Simulates two museums' kiosk buckets: exhibitions, four weeks of presses, decoys and rows that break the rules.

The bytes are the same every time. British Summer Time ends within the weeks. Site LATE has presses but no exhibition.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Protocol

from museum_assets.museums.kiosk_files import kind_of
from museum_assets.museums.kiosk_museum import KioskMuseum, exhibition_code

WEEKS = 4
MONDAY = datetime(2025, 10, 6)  # noqa: DTZ001  files write local times without an offset
BUSY = (1, 2, 4, 5, 6, 6, 5, 7, 6, 4, 2)
"""How busy each opening hour is, from the first on. The busiest is not the last."""
EMERGENCY, INCIDENT = 0.002, 0.035


class ListedObject(Protocol):
    """An object in a bucket's listing."""

    @property
    def key(self) -> str:
        """Its key."""
        ...


class FillableBucket(Protocol):
    """A bucket that can be filled."""

    def ensure_bucket(self) -> bool:
        """Make it when it is missing."""
        ...

    def list(self, prefix: str) -> Iterator[ListedObject]:
        """Yield its objects under a prefix."""
        ...

    def put(self, key: str, body: bytes, *, content_type: str) -> None:
        """Store an object."""
        ...


@dataclass(frozen=True, slots=True)
class Exhibit:
    """An exhibition: its file's values, its presses in an average hour, and its average rating (0-4)."""

    word: str
    name: str
    floor: str
    department: str
    start: str
    crowd: int
    liking: float


EXHIBITS = {
    "lmnh": (
        Exhibit("moss", "Small Green Worlds", "1", "Botany", "23/08/21", 5, 2.1),
        Exhibit("beetles", "Beetles of the Mersey", "Vault", "Entomology", "01/07/19", 4, 1.6),
        Exhibit("herbarium", "The Travelling Herbarium", "2", "Botany", "03/03/21", 3, 2.7),
        Exhibit("seals", "Seals and Sandbanks", "1", "Zoology", "01/07/19", 8, 3.2),
        Exhibit("tides", "When the Tide Comes In", "3", "Ecology", "12/05/21", 5, 1.2),
        Exhibit("ichthyosaur", "Ichthyosaur", "1", "Palaeontology", "01/02/23", 9, 3.5),
        Exhibit("owls", "Owls After Dark", "2", "Zoology", "01/10/25", 4, 2.9),
    ),
    "lms": (
        Exhibit("steam", "Steam at Work", "Ground", "Engines", "14/02/20", 6, 2.8),
        Exhibit("tide_machine", "Machines that Tell the Tide", "Ground", "Instruments", "05/09/22", 4, 3.1),
        Exhibit("pulse", "The Pulse of the Docks", "1", "Engines", "30/11/23", 5, 1.9),
    ),
}
RECORDED = "kiosk_bucket"
"""Folder, below the recorded data, with the objects of a real bucket as files."""
LATE = {"lmnh": 6}
"""Sites whose exhibition file is not in the bucket. Their presses wait as dead letters until somebody adds it."""

BROKEN_ROWS = (
    "{day} 10:00:00,0,9,",
    "{day} 10:00:01,1,-1,",
    "{day} 10:00:02,,3,",
    "yesterday,2,3,",
    "{day} 10:00:03,2,3,1.0",
    "{day} 10:00:04,3",
    "{day} 10:00:05,1,ERR,",
    "2099-01-01 10:00:00,1,4,",
    "{day} 10:00:06,0,-1,7.0",
)
DECOYS = {
    "explorer.json": b'{"EXHIBITION_ID": "EXH_00", "EXHIBITION_NAME": "None of these"}',
    "bus_stops.csv": b"at,site,val,type\n2025-10-06 10:00:00,0,4,\n",
    "lmnh_exhibition": b"",
    "lmnh_exhibition_seals.txt": b"EXH_03, Seals",
    "lmnh_hist_data_0.csv.bak": b"at,site,val,type\n2025-10-06 10:00:00,0,4,\n",
    "archive/lmnh_hist_data_0.csv.gz": b"\x1f\x8b",
}


def fill_bucket(bucket: FillableBucket, museum: KioskMuseum, records: Path | None = None) -> bool:
    """Fill a museum's bucket unless it holds kiosk files already; return whether it was filled. Raises as S3 does.

    If `records` has a folder RECORDED with files of this museum, that folder's files are used, decoys included.
    """
    bucket.ensure_bucket()
    listed = islice(bucket.list(museum.prefix), 1_000)
    if museum.slug not in EXHIBITS or any(kind_of(museum, entry.key) for entry in listed):
        return False
    for key, body in recorded_objects(records, museum) or bucket_objects(museum):
        bucket.put(key, body, content_type="application/octet-stream")
    return True


def recorded_objects(records: Path | None, museum: KioskMuseum) -> list[tuple[str, bytes]]:
    """Return (key, bytes) of every recorded object, or [] when none is a file of this museum."""
    folder = records / RECORDED if records else None
    if folder is None or not folder.is_dir():
        return []
    files = [(museum.prefix + file.name, file) for file in sorted(folder.iterdir()) if file.is_file()]
    return [(key, file.read_bytes()) for key, file in files] if any(kind_of(museum, key) for key, _ in files) else []


def write_late_files(folder: Path, museum: KioskMuseum) -> None:
    """Write the files of `late_files` into a local folder."""
    folder.mkdir(exist_ok=True)
    for name, body in late_files(museum).items():
        (folder / name).write_bytes(body)


def bucket_objects(museum: KioskMuseum) -> Iterator[tuple[str, bytes]]:
    """Yield (key, bytes) of every object in a museum's simulated bucket."""
    for site, exhibit in enumerate(EXHIBITS[museum.slug]):
        if site != LATE.get(museum.slug):
            yield museum.prefix + f"{museum.slug}_exhibition_{exhibit.word}.json", exhibition(museum, site)
    for week in range(WEEKS):
        yield museum.prefix + f"{museum.slug}_hist_data_{week}.csv", history(museum, week)
    yield from DECOYS.items()


def late_files(museum: KioskMuseum) -> dict[str, bytes]:
    """Return the files for trying the sensor by hand: the missing exhibition, and one more week of presses."""
    files = {f"{museum.slug}_hist_data_{WEEKS}.csv": history(museum, WEEKS)}
    if (site := LATE.get(museum.slug)) is not None:
        word = EXHIBITS[museum.slug][site].word
        files[f"{museum.slug}_exhibition_{word}.json"] = exhibition(museum, site)
    return files


def exhibition(museum: KioskMuseum, site: int) -> bytes:
    """Return a site's exhibition file. Its date has the day first."""
    exhibit = EXHIBITS[museum.slug][site]
    return json.dumps(
        {
            "EXHIBITION_NAME": exhibit.name,
            "EXHIBITION_ID": exhibition_code(site),
            "FLOOR": exhibit.floor,
            "DEPARTMENT": exhibit.department,
            "START_DATE": exhibit.start,
            "DESCRIPTION": f"{exhibit.name}, an exhibition that was made up.",
        },
        indent=4,
    ).encode()


def history(museum: KioskMuseum, week: int) -> bytes:
    """Return a week's history file, unsorted and with rows that break the rules.

    The second week's file has a byte order mark, CRLF, its header twice and no newline at its end.
    """
    chance = random.Random(f"{museum.slug}/{week}")  # noqa: S311  nothing secret
    monday = MONDAY + timedelta(weeks=week)
    rows = [row for day in range(7) for row in _day(chance, museum, monday + timedelta(days=day))]
    rows += [row.format(day=f"{monday:%Y-%m-%d}") for row in BROKEN_ROWS]
    rows.append(rows[0])  # a second press in the same second
    chance.shuffle(rows)
    header = "at,site,val,type"
    if week == 1:
        rows.insert(len(rows) // 2, header)
        return b"\xef\xbb\xbf" + "\r\n".join((header, *rows)).encode()
    return ("\n".join((header, *rows)) + "\n").encode()


def _day(chance: random.Random, museum: KioskMuseum, day: datetime) -> Iterator[str]:
    opens, closes = (timedelta(hours=at.hour, minutes=at.minute) for at in (museum.opens, museum.closes))
    weekend = 1.6 if day.weekday() >= 5 else 1.0
    for site, exhibit in enumerate(EXHIBITS[museum.slug]):
        for hour in range(int((closes - opens).total_seconds() // 3600) + 1):
            for _ in range(round(chance.uniform(0.5, 1.5) * weekend * exhibit.crowd * BUSY[hour % len(BUSY)] / 8)):
                since = timedelta(hours=hour, seconds=chance.randrange(3600))
                if opens + since <= closes:
                    yield f"{day + opens + since:%Y-%m-%d %H:%M:%S},{site},{_button(chance, exhibit)}"


def _button(chance: random.Random, exhibit: Exhibit) -> str:
    luck = chance.random()
    if luck < INCIDENT:
        return f"-1,{1.0 if luck < EMERGENCY else 0.0}"
    return f"{min(4, max(0, round(chance.gauss(exhibit.liking, 1.1))))},"
