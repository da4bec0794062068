"""`museum conform`: what every museum must do, tried on its saved sample over a simulated API."""

from __future__ import annotations

import copy
import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from museum_assets.cli.museum_files import local_dump
from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.core.failures import MuseumError, Rejected
from museum_assets.museums import DECLARED, museum
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.contract import definition_digest
from museum_assets.museums.declared.museum import declared_museum
from museum_assets.museums.museum import Api, Museum, Page
from museum_assets.museums.trial import host_of
from museum_assets.simulator.server import Running, Simulator, running
from resources.http_client import http_client
from resources.museum_http import MuseumClient

WORKS = 24
PAGE = 4
"""Records of a page, where the museum's API lets that be chosen."""
ODD: tuple[Any, ...] = (None, [], {}, "", "x", 10**12, -1, [{}], {"x": "y"}, "http://xn--/", "\x00", True)
"""Values that any place of a record may hold some day."""


@dataclass(frozen=True)
class Kept:
    """One of the things that a museum must do: what was tried, or why it failed."""

    rule: str
    passed: bool
    told: str


class Broken(Exception):
    """A museum does not do what every museum must."""


class _Unlimited:
    def acquire(self) -> None:
        """Do not wait: the server is this process's own."""

    def slow_down(self, retry_after: float | None) -> None:
        """Do not wait."""

    def succeeded(self) -> None:
        """Nothing follows."""


class Trialled:
    """A museum whose API or dump is simulated, with what a harvest of it gives."""

    def __init__(self, slug: str, server: Running, folder: Path) -> None:
        self.museum: Museum = museum(slug)
        self.slug, self.server, self.folder = slug, server, folder
        self.base = server.environment[f"MUSEUM_API_{slug.upper()}"]

    @contextmanager
    def api(self) -> Iterator[Api]:
        """Open the museum's API, and download its dump where it has that instead."""
        dump = None
        if self.museum.dump_only:
            with http_client(timeout=10) as dumps:
                body = dumps.get(self.base).raise_for_status().content
            file = self.folder / f"{hashlib.sha256(body).hexdigest()[:16]}{Path(urlsplit(self.base).path).suffix}"
            file.write_bytes(body)
            dump = local_dump(file)
        with MuseumClient(
            self.slug, self.base, limiter=_Unlimited(), user_agent="conform/1", headers=self.museum.headers, timeout=10,
            dump=dump,
        ) as client:  # fmt: skip
            yield client

    def pages(self, **given: Any) -> list[Page]:
        """Harvest; `given` goes to the museum's `harvest`."""
        with self.api() as api:
            return list(self.museum.harvest(api, limit=PAGE, **given))


def conform(slug: str, *, works: int = WORKS) -> list[Kept]:
    """Try every rule; one that fails does not stop the others. Raises MuseumError for a museum without a sample."""
    from museum_assets.simulator.dialects import dialects

    museum(slug)
    if slug not in dialects():
        raise MuseumError(
            f"{slug} cannot be simulated: it has neither a sample beside its declaration, which `museum new SLUG "
            "SOURCE` saves, nor a dialect in museum_assets/simulator"
        )
    with tempfile.TemporaryDirectory() as folder, running(Simulator({slug: works})) as server:
        trialled = Trialled(slug, server, Path(folder))
        return [_kept(rule, check, trialled) for rule, check in RULES.items()]


def _kept(rule: str, check: Callable[[Trialled], str], trialled: Trialled) -> Kept:
    try:
        return Kept(rule, True, check(trialled))
    except Exception as error:  # noqa: BLE001 - whatever it is, the museum does not keep the rule
        return Kept(rule, False, f"{type(error).__name__}: {error}" if not isinstance(error, Broken) else str(error))


def _ids(pages: Sequence[Page]) -> list[str]:
    return [record.id for page in pages for record in page.records]


def _harvest(trialled: Trialled) -> str:
    pages = trialled.pages()
    ids = _ids(pages)
    if not ids:
        raise Broken("a harvest gives no record")
    if failed := {name: str(why) for page in pages for name, why in page.failed.items()}:
        raise Broken(f"entries of the sample are no records: {failed!r:.300}")
    for scope in dict.fromkeys(page.scope for page in pages):
        of_scope = [page for page in pages if page.scope == scope]
        listed, totals = sum(page.listed for page in of_scope), {page.total for page in of_scope} - {None}
        if totals and listed < max(filter(None, totals), default=0):
            raise Broken(f"{scope} lists {listed} entries of {totals}")
    return f"{len(set(ids))} records in {len(pages)} pages"


def _resume(trialled: Trialled) -> str:
    pages = trialled.pages()
    for number, page in enumerate(pages):
        expected = set(_ids(pages[number + 1 :]))
        if missing := expected - set(_ids(trialled.pages(checkpoint=page.checkpoint))):
            raise Broken(f"resumed after page {number + 1} of {len(pages)}, it misses {sorted(missing)[:5]}")
    return f"resumed after each of {len(pages)} pages"


def _reading(trialled: Trialled) -> str:
    chosen, records = trialled.museum, [record for page in trialled.pages() for record in page.records]
    tried = artworks = 0
    for number, record in enumerate(records):
        artworks += _read(chosen, record.payload, record.id)
        for place, (container, key) in enumerate(_places(wild := copy.deepcopy(record.payload))):
            right = container[key]
            # Of three records together, every place has had every value.
            for odd in ODD[(number + place) % 3 :: 3]:
                container[key] = odd
                _read(chosen, wild, f"{record.id} with {odd!r} in {key!r}")
                tried += 1
            container[key] = right
    if not artworks:
        raise Broken(f"none of {len(records)} records is an artwork: `museum try {chosen.slug} --all` says why")
    return f"{artworks} of {len(records)} records are artworks; {tried:,} odd values stop no reading"


def _read(chosen: Museum, payload: dict[str, Any], name: str) -> bool:
    try:
        return isinstance(chosen.read(payload), Artwork)
    except Rejected:
        return False
    except Exception as error:
        raise Broken(f"reading {name} raises {type(error).__name__}: {error}") from error


def _places(value: Any, most: int = 60) -> list[tuple[Any, Any]]:
    """Return (container, key) of the places within a value, nearest first."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting and len(found) < most:
        each = waiting.pop(0)
        keys = list(each) if isinstance(each, dict) else range(len(each)) if isinstance(each, list) else ()
        found += [(each, key) for key in keys]
        waiting += [each[key] for key in keys]
    return found[:most]


def _addresses(trialled: Trialled) -> str:
    allowed = {*trialled.museum.image_hosts, host_of(trialled.server.base_url)}
    found: dict[str, str] = {}
    for payload in _payloads(trialled):
        try:
            artwork = trialled.museum.read(payload)
        except Rejected:
            continue
        found |= {host_of(url): url for url in (artwork.thumbnail_url, artwork.image_url) if url}
    if foreign := {host: url for host, url in found.items() if host not in allowed}:
        raise Broken(f"pictures lie at hosts that are not in image_hosts: {foreign}")
    return f"pictures at {', '.join(sorted(found)) or 'no host'}"


def _payloads(trialled: Trialled) -> list[dict[str, Any]]:
    """Return the sample as it was saved, or what the museum's dialect makes up."""
    sample: list[dict[str, Any]] | None = getattr(
        trialled.server.simulator.collections[trialled.slug].dialect, "sample", None
    )
    return sample or [record.payload for page in trialled.pages() for record in page.records]


def _contract(trialled: Trialled) -> str:
    first = definition_digest(trialled.museum)
    again = declared_museum(trialled.slug, DECLARED[trialled.slug]) if trialled.slug in DECLARED else trialled.museum
    if definition_digest(again) != first:
        raise Broken("its contract differs when it is read a second time")
    return first[:16]


def _incremental(trialled: Trialled) -> str:
    if not trialled.museum.incremental:
        return "every harvest is a full one"
    before = {record.id: record.payload for page in trialled.pages() for record in page.records}
    since = datetime.now(UTC) - timedelta(seconds=2)
    changed = next(iter(before))
    known = trialled.server.simulator.collections[trialled.slug].source
    changed = changed if known.number(changed) is not None else known.id(0)
    trialled.server.set_faults(trialled.slug, changed={changed: 1})
    try:
        changes = {record.id: record.payload for page in trialled.pages(since=since) for record in page.records}
        after = {record.id: record.payload for page in trialled.pages() for record in page.records}
    finally:
        trialled.server.set_faults(trialled.slug, changed={})
    if before | changes != after:
        wrong = [id_ for id_ in after if (before | changes).get(id_) != after[id_]]
        raise Broken(f"a harvest of the changes misses {wrong[:5]}")
    return f"{len(changes)} records of the changes make up a full harvest"


RULES: dict[str, Callable[[Trialled], str]] = {
    "it is harvested whole": _harvest,
    "it is resumed after every page": _resume,
    "reading never raises": _reading,
    "pictures are at allowed hosts": _addresses,
    "its contract is stable": _contract,
    "changes are a full harvest": _incremental,
}
"""What every museum must do."""


def show_conform(slug: str, *, as_json: bool) -> int:
    """Print what was tried; 0 when all of it is kept."""
    found = conform(slug)
    if as_json:
        print_json([vars(each) for each in found])
    else:
        rows = [("yes" if each.passed else "NO", each.rule, each.told) for each in found]
        print_table(f"{museum(slug).name}", ("kept", "rule", "what was tried"), rows)
        if (address := museum(slug).api_base).startswith("file:"):
            told = f"{address} lies on this machine: another one harvests it only with MUSEUM_API_{slug.upper()}"
            console.print(told, highlight=False, markup=False)
    return 0 if all(each.passed for each in found) else 1
