"""`museum try SLUG FILE --all`: what would become of every record in a file, as text, JSON and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from museum_assets.cli.museum_files import records_of
from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.museums import museum
from museum_assets.museums.museum import Museum
from museum_assets.museums.trial import Trial, tried

SHOWN = 25
"""Terms of a table on the screen; JSON and HTML have 200."""
TABLES = {
    "unmapped": ("Words without a work type", "term"),
    "types": ("Work types of the artworks", "type"),
    "missing": ("What artworks lack", "field"),
    "hosts": ("Hosts of pictures", "host"),
    "foreign_hosts": ("Hosts that are not in the declaration's image_hosts", "host"),
    "odd_characters": ("Odd characters that were repaired", "field: what"),
}
IMAGE_SECONDS = 20


def show_trial(slug: str, file: Path, *, as_json: bool, html: Path | None, images: bool) -> int:
    """Print what would become of a file's records; 0 when there is an artwork and nothing is amiss with hosts."""
    chosen = museum(slug)
    trial = tried(chosen, records_of(chosen, file))
    told = trial.as_json() | ({"images": _images(chosen, trial)} if images else {})
    if as_json:
        print_json(told)
    else:
        _print(chosen, trial, told)
    if html:
        html.write_text(page(chosen, file, trial, told), encoding="utf-8")
    return 0 if trial.artworks and not trial.foreign_hosts and "internal" not in trial.reasons else 1


def _print(chosen: Museum, trial: Trial, told: Mapping[str, Any]) -> None:
    console.print(f"{chosen.name}: {_summary(trial)}", highlight=False)
    if rows := _reasons(trial):
        print_table("Why records are no artworks", ("reason", "records", "it alone", "such as"), rows)
    for name, (title, column) in TABLES.items():
        if told[name]:
            print_table(title, (column, "records"), list(told[name].items())[:SHOWN])
    for host, found in told.get("images", {}).items():
        console.print(f"{host}: {found}", highlight=False, markup=False)


def _summary(trial: Trial) -> str:
    parts = [f"{trial.artworks:,} of {trial.records:,} records would be artworks"]
    parts += [f"{trial.duplicates:,} of them share an object number"] if trial.duplicates else []
    parts += [f"{trial.unreadable:,} entries are no records"] if trial.unreadable else []
    return "; ".join(parts) + "."


def _reasons(trial: Trial) -> list[tuple[Any, ...]]:
    return [
        (code, count, trial.alone[code], next(iter(trial.examples.get(code, [])), ""))
        for code, count in trial.reasons.most_common()
    ]


def _images(chosen: Museum, trial: Trial) -> dict[str, str]:
    """Download one picture of each host; return what came, in words."""
    from museum_assets.core.museum_settings import museum_overrides, user_agent
    from museum_assets.core.settings import read_settings
    from museum_assets.images.fetch import ImageFetcher

    found = {}
    hosts = [*chosen.image_hosts, *museum_overrides(chosen.slug).image_hosts]
    with ImageFetcher(
        hosts, limiter_for=lambda _: _NoLimit(), user_agent=user_agent(read_settings()),
        timeout=IMAGE_SECONDS, attempts=1,
    ) as fetcher:  # fmt: skip
        for host, url in trial.sample_images.items():
            try:
                image = fetcher.fetch(url)
                found[host] = f"{len(image.body):,} bytes of {image.content_type} from {url}"
            except Exception as error:  # noqa: BLE001 - a report goes on
                found[host] = str(error)
    return found


class _NoLimit:
    """A limiter for one request of each host."""

    def acquire(self) -> None:
        """Do not wait."""

    def slow_down(self, retry_after: float | None) -> None:
        """Do not wait."""

    def succeeded(self) -> None:
        """Nothing follows."""


def page(chosen: Museum, file: Path, trial: Trial, told: Mapping[str, Any]) -> str:
    """Return the report as an HTML page that needs no other file."""
    parts = [f"<p>{escape(_summary(trial))}</p>"]
    if rows := _reasons(trial):
        body = "".join(_row(code, count, alone) + _examples(trial, code) for code, count, alone, _ in rows)
        head = "<tr><th>reason</th><th>records</th><th>it alone</th></tr>"
        parts.append(f"<h2>Why records are no artworks</h2><table>{head}{body}</table>")
    for name, (title, column) in TABLES.items():
        if told[name]:
            body = "".join(_row(term, count) for term, count in told[name].items())
            head = f"<tr><th>{escape(column)}</th><th>records</th></tr>"
            parts.append(f"<h2>{escape(title)}</h2><table>{head}{body}</table>")
    if images := told.get("images"):
        body = "".join(_row(host, found) for host, found in images.items())
        parts.append(f"<h2>One picture of each host</h2><table>{body}</table>")
    title = escape(f"{chosen.name}: {file.name}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head>"
        f"<body><h1>{title}</h1>{''.join(parts)}</body></html>\n"
    )


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .75rem .25rem 0;vertical-align:top}"
    "tr{border-bottom:1px solid #8884}small{opacity:.75}"
)


def _row(*cells: Any) -> str:
    shown = (f"{cell:,}" if isinstance(cell, int) else escape(str(cell)) for cell in cells)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in shown) + "</tr>"


def _examples(trial: Trial, code: str) -> str:
    told = "<br>".join(escape(each) for each in trial.examples.get(code, []))
    return f'<tr><td colspan="3"><small>{told}</small></td></tr>'
