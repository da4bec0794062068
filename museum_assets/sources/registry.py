"""The kinds of source, each with what makes its connector from settings and options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

from pydantic import ValidationError, validate_call

from museum_assets.failures import MuseumError
from museum_assets.profiles import explain
from museum_assets.settings import Settings
from museum_assets.sources.connector import Connector
from museum_assets.sources.simulated import SIMULATED


def connector(settings: Settings, kind: str, **options: Any) -> Connector:
    """Make the connector of a kind; options may be texts. Raises MuseumError naming known kinds and options."""
    if kind not in KINDS:
        raise MuseumError(f"there is no source {kind!r}: choose from {', '.join(KINDS)}")
    known = options_of(kind)
    needed = {name for name, parameter in known.items() if parameter.default is Parameter.empty}
    if needed - options.keys() or options.keys() - known.keys():
        required = f", of which {', '.join(sorted(needed))} must be given" if needed else ""
        raise MuseumError(f"a source {kind} takes the options {', '.join(sorted(known))}{required}")
    try:
        made: Connector = validate_call(KINDS[kind])(settings, **options)
    except ValidationError as error:
        raise MuseumError(explain(error, f"the options of a source {kind}")) from None
    return made


def options_of(kind: str) -> dict[str, Parameter]:
    """Return the options of a kind, by name."""
    return dict(list(signature(KINDS[kind]).parameters.items())[1:])


def _museum_api(settings: Settings, museum: str, limit: int | None = None) -> Connector:
    """Records of a museum's listing, as its API sends them."""
    from museum_assets.museums import museum as chosen
    from museum_assets.sources.museum_api import MuseumApiSource
    from resources.platform import museum_client

    return MuseumApiSource(chosen(museum), museum_client(settings, museum), limit)


def _s3(settings: Settings, address: str, max_bytes: int | None = None, endpoint: str | None = None) -> Connector:
    """Objects that match a wildcard such as s3://documents/smk/**/*.pdf, with their content."""
    from museum_assets.sources.s3 import S3Source, split_address
    from resources.platform import bucket

    name, pattern = split_address(address)
    chosen = settings.model_copy(update={"s3_endpoint_url": endpoint}) if endpoint else settings
    return S3Source(bucket(chosen, name), pattern, max_bytes or settings.documents_max_bytes)


def _kafka(settings: Settings, topic: str, servers: str | None = None, limit: int | None = None) -> Connector:
    """Messages that a topic holds now; commits nothing."""
    from museum_assets.sources.kafka import KafkaSource
    from resources.kafka import Kafka

    chosen = settings.model_copy(update={"kafka_bootstrap_servers": servers}) if servers else settings
    return KafkaSource(Kafka.from_settings(chosen), topic, limit)


def _archive(settings: Settings, name: str, year: int | None = None, url: str | None = None) -> Connector:
    """Rows of a declared source's archive, downloaded first."""
    from museum_assets.archives.obtain import Order, hosts_of, obtain
    from museum_assets.archives.schema import source
    from museum_assets.sources.archive import ArchiveSource
    from resources.platform import archive_downloader

    declared, order = source(name), Order([url] if url else (), year=year)

    def files() -> list[Path]:
        with archive_downloader(settings, hosts_of(declared), name) as downloader:
            return [each.path for each in obtain(downloader, declared, order)]

    return ArchiveSource(declared, files)


def _simulated(kind: str) -> Callable[..., Connector]:
    def make(_: Settings, batch_size: int = 100, seed: int = 1, fail_percentage: float = 0.0) -> Connector:
        return SIMULATED[kind](batch_size, seed, fail_percentage)

    make.__doc__ = f"Made up: {SIMULATED[kind].__doc__}"
    return make


KINDS: Mapping[str, Callable[..., Connector]] = {
    "museum_api": _museum_api,
    "s3": _s3,
    "kafka": _kafka,
    **{kind: _simulated(kind) for kind in SIMULATED},
    "archive": _archive,
}
"""Every kind of source: what makes it, with a docstring that says what it holds. Adding one means its class and its
line here."""
