"""`museum new`: looks at a museum's file, proposes a declaration and saves twenty varied records as its sample."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from museum_assets.cli.museum_endpoint import Found, from_endpoint
from museum_assets.cli.museum_files import entries_of, shape_of
from museum_assets.cli.museum_profile import Profile, profiled
from museum_assets.cli.museum_proposal import propose
from museum_assets.cli.printing import console, print_table, program
from museum_assets.core.failures import MuseumError, Rejected
from museum_assets.core.museum_settings import declarations_folder
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS, SLUG
from museum_assets.museums.declared.load import DeclarationError, load
from museum_assets.museums.declared.museum import museum_of

SAMPLED = 20
KINDS = 8
LOOKED_AT = 50_000
"""Records of which a profile is made."""
KEYS_SHOWN = 60


def show_new(slug: str, source: str, *, name: str | None, oai: str | None, force: bool) -> int:
    """Write a museum's proposed declaration and sample; 0 when it can be tried as it is."""
    folder = declarations_folder()
    declaration, sample = folder / f"{slug}.toml", folder / f"{slug}.sample.jsonl"
    _check(slug, declaration, force=force)
    found = from_endpoint(slug, source, oai) if oai else _from_file(source)
    profile = profiled(map(found.fields, found.entries()))
    if not profile.records:
        raise MuseumError(f"{source} holds no record that could be read, and {profile.unreadable:,} that could not")
    _print(profile)
    folder.mkdir(parents=True, exist_ok=True)
    text = propose(name or slug.upper(), found.address, found.shape, profile)
    declaration.write_text(text, encoding="utf-8")
    try:
        museum: Any = museum_of(slug, load(declaration), declaration)
        problem = None
    except DeclarationError as error:
        museum, problem = None, str(error)
    chosen = varied(found.entries(), museum)
    sample.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in chosen))
    console.print(f"\nWrote {declaration} and, of {len(chosen)} records, {sample}.", highlight=False, markup=False)
    if problem:
        console.print(f"Mend it first: {problem}", highlight=False, markup=False)
    called = program()
    tried = shlex.quote(str(found.file)) if found.file else ""
    console.print(
        f"Next: read {declaration}, then\n  {called} try {slug} {tried} --all\n  {called} conform {slug}",
        highlight=False,
        markup=False,
    )
    return 1 if problem else 0


def show_sample(slug: str, source: str) -> int:
    """Choose a declared museum's sample anew, by its declaration as it is now. Raises DeclarationError."""
    folder = declarations_folder()
    declaration, sample = folder / f"{slug}.toml", folder / f"{slug}.sample.jsonl"
    found = _from_file(source)
    chosen = varied(found.entries(), museum_of(slug, load(declaration), declaration))
    sample.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in chosen))
    console.print(f"Wrote {len(chosen)} records to {sample}.", highlight=False, markup=False)
    return 0


def _from_file(source: str) -> Found:
    file, address = _fetched(source)
    shape = shape_of(file)
    return Found(shape, address, lambda: islice(entries_of(file, shape), LOOKED_AT), file=file)


def _check(slug: str, declaration: Path, *, force: bool) -> None:
    if not SLUG.fullmatch(slug):
        raise MuseumError(f"{slug!r} is no slug: small letters, digits and _, at most 20, a letter first")
    if declaration.exists() and not force:
        raise MuseumError(f"{declaration} is there already: edit it, or write it anew with --force")
    if slug in (*MUSEUMS, *KIOSK_MUSEUMS) and not declaration.exists():
        raise MuseumError(f"{slug} is a museum of the platform's own: choose another slug")


def _fetched(source: str) -> tuple[Path, str]:
    """Return (file, address) of a source; a web address is downloaded into the home."""
    if not source.startswith(("http://", "https://")):
        file = Path(source).resolve()
        return file, file.as_uri()
    from museum_assets.archive_files.download.download import Downloader
    from museum_assets.archive_files.download.obtain import file_name
    from museum_assets.archive_files.download.transfer import RemoteFile
    from museum_assets.core.addresses import host_of
    from museum_assets.core.museum_settings import user_agent
    from museum_assets.core.settings import read_settings

    settings = read_settings()
    with Downloader(
        settings.home / "archives" / "new", {host_of(source)}, user_agent=user_agent(settings)
    ) as downloader:
        return downloader.fetch(RemoteFile(source, file_name(source))).path, source


def varied(entries: Any, museum: Any) -> list[dict[str, Any]]:
    """Return up to SAMPLED records: one of each of the most frequent kinds, the rest by how frequent their kinds are.

    A kind is a combination of work types, or a reason for which a record is no artwork, of which three are enough.
    """
    kinds: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    counted: Counter[Any] = Counter()
    for entry in entries:
        if isinstance(entry, dict):
            kind = _kind(entry, museum)
            counted[kind] += 1
            if len(kinds[kind]) < SAMPLED:
                kinds[kind].append(entry)
    # Artworks first: a sample is what the demo shows.
    works = [kind for kind, _ in counted.most_common() if kind[0] == "artwork"]
    others = [kind for kind, _ in counted.most_common() if kind[0] != "artwork"]
    taken = Counter(works[:KINDS] + others[: KINDS if not works else 3])
    while taken.total() < min(SAMPLED, sum(map(len, kinds.values()))):
        free = [kind for kind in kinds if taken[kind] < len(kinds[kind])]
        few = [kind for kind in free if kind[0] == "artwork" or not works]
        # By what each has for every one that it would have: so a collection of prints has a sample of prints.
        taken[max(few or free, key=lambda kind: counted[kind] / (taken[kind] + 1))] += 1
    return [record for kind in works + others for record in kinds[kind][: taken[kind]]]


def _kind(entry: dict[str, Any], museum: Any) -> tuple[Any, ...]:
    if museum is None:
        return ("unread", tuple(sorted(key for key, value in entry.items() if value))[:30])
    try:
        return ("artwork", *museum.read(entry).searchable_work_types)
    except Rejected as rejection:
        return ("rejected", rejection.code)
    except Exception:  # noqa: BLE001 - `museum try` says what is wrong with it
        return ("crashed",)


def _print(profile: Profile) -> None:
    rows = [
        (path, f"{profile.coverage(path):.0%}", "many" if key.overflowed else len(key.values), " | ".join(key.examples))
        for path, key in sorted(profile.keys.items(), key=lambda item: -item[1].records)[:KEYS_SHOWN]
    ]
    title = f"{profile.records:,} records" + (f", {profile.unreadable:,} unreadable" if profile.unreadable else "")
    print_table(title, ("key", "coverage", "values", "examples"), rows)
