"""Trying a museum's reading on many records at once: what would be an artwork, and why the others would not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from museum_assets.core.crashes import INTERNAL, Crash
from museum_assets.core.failures import Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.museum import Museum, RawRecord

EXAMPLES = 5
OUT_OF_SCOPE = "work_type_out_of_scope"
WANTED = ("title", "artists", "production_date_start", "period", "image_url", "source_url")
"""Fields that an artwork may lack, and is better with."""


@dataclass
class Trial:
    """What came of the records. `reasons` counts each reason by itself: a record may have several."""

    records: int = 0
    artworks: int = 0
    unreadable: int = 0
    """Entries that are no records."""
    reasons: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    """Records for which it is the only reason."""
    examples: dict[str, list[str]] = field(default_factory=dict)
    unmapped: Counter[str] = field(default_factory=Counter)
    """Words of records whose work type is out of scope."""
    types: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)
    foreign_hosts: Counter[str] = field(default_factory=Counter)
    """Hosts of pictures that the museum's list lacks."""
    odd_characters: Counter[str] = field(default_factory=Counter)
    sample_images: dict[str, str] = field(default_factory=dict)
    """A picture's address of each host."""
    duplicates: int = 0
    numbers: set[str] = field(default_factory=set, repr=False)

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON, the most frequent first."""
        told: dict[str, Any] = {}
        for name, value in vars(self).items():
            if name != "numbers":
                told[name] = dict(value.most_common(200)) if isinstance(value, Counter) else value
        return told


def tried(museum: Museum, records: Iterable[RawRecord | Exception]) -> Trial:
    """Read every record, none of which stops the others."""
    trial = Trial()
    allowed = set(museum.image_hosts)
    for record in records:
        if isinstance(record, Exception):
            trial.unreadable += 1
            _example(trial, "unreadable", str(record))
            continue
        trial.records += 1
        try:
            judged = museum.judge(record.payload)
            if isinstance(judged, Artwork):
                _artwork(trial, judged, allowed)
            else:
                _rejection(trial, museum, record, judged)
        except Exception as error:  # noqa: BLE001 - what the platform calls a failure of one record
            trial.reasons[INTERNAL] += 1
            _example(trial, INTERNAL, f"{record.id}: {Crash.of(error).message}")
    return trial


def _artwork(trial: Trial, artwork: Artwork, allowed: set[str]) -> None:
    trial.artworks += 1
    trial.types.update(artwork.searchable_work_types)
    trial.missing.update(name for name in WANTED if not getattr(artwork, name))
    trial.odd_characters.update(artwork.text_repairs)
    host = host_of(artwork.thumbnail_url)
    trial.hosts[host] += 1
    trial.sample_images.setdefault(host, artwork.thumbnail_url)
    if host not in allowed:
        trial.foreign_hosts[host] += 1
    trial.duplicates += artwork.object_number in trial.numbers
    trial.numbers.add(artwork.object_number)


def _rejection(trial: Trial, museum: Museum, record: RawRecord, judged: list[Rejected]) -> None:
    reasons: Mapping[str, str] = {each.code: str(each) for each in judged}
    for code, message in reasons.items():
        trial.reasons[code] += 1
        trial.alone[code] += len(reasons) == 1
        _example(trial, code, f"{record.id}: {message}")
    if OUT_OF_SCOPE in reasons:
        trial.unmapped.update(museum.terms(record.payload) or [reasons[OUT_OF_SCOPE].rpartition("among: ")[2]])


def _example(trial: Trial, code: str, told: str) -> None:
    examples = trial.examples.setdefault(code, [])
    if len(examples) < EXAMPLES:
        examples.append(told)


def host_of(url: str) -> str:
    """Return the host of a picture's address, '' for one that has none."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
