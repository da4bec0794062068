"""The kinds of source, and the function that makes each kind's connector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

from pydantic import ValidationError, validate_call

from museum_assets.core.addresses import web_address
from museum_assets.core.failures import MuseumError
from museum_assets.core.profiles import explain
from museum_assets.sources.connector import Connector
from museum_assets.sources.simulated import SIMULATED
from resources.platform import Platform


def make_connector(platform: Platform, kind: str, **options: Any) -> Connector:
    """Return a connector of this kind; options may be texts. Raises MuseumError for unknown kinds and options."""
    if kind not in SOURCE_KINDS:
        raise MuseumError(f"there is no source {kind!r}: choose from {', '.join(SOURCE_KINDS)}")
    known = options_of(kind)
    needed = {name for name, parameter in known.items() if parameter.default is Parameter.empty}
    if needed - options.keys() or options.keys() - known.keys():
        required = f", of which {', '.join(sorted(needed))} must be given" if needed else ""
        raise MuseumError(f"a source {kind} takes the options {', '.join(sorted(known))}{required}")
    try:
        connector: Connector = validate_call(SOURCE_KINDS[kind])(platform, **options)
    except ValidationError as error:
        raise MuseumError(explain(error, f"the options of a source {kind}")) from None
    return connector


def options_of(kind: str) -> dict[str, Parameter]:
    """Return {name: parameter} of the options that a kind takes."""
    return dict(list(signature(SOURCE_KINDS[kind]).parameters.items())[1:])


def _museum_api(platform: Platform, museum: str, limit: int | None = None) -> Connector:
    """Records of a museum's listing, as its API sends them."""
    from museum_assets.archive_files.opening import open_client
    from museum_assets.museums import museum as museum_of
    from museum_assets.sources.museum_api import MuseumApiSource

    return MuseumApiSource(museum_of(museum), open_client(platform, museum), limit)


def _s3(platform: Platform, address: str, max_bytes: int | None = None, endpoint: str | None = None) -> Connector:
    """Objects that match a wildcard such as s3://documents/smk/**/*.pdf, with their content."""
    from museum_assets.sources.s3 import S3Source, split_address

    name, pattern = split_address(address)
    at_endpoint = platform.with_settings(s3_endpoint_url=web_address(endpoint)) if endpoint else platform
    return S3Source(at_endpoint.bucket(name), pattern, max_bytes or platform.settings.documents_max_bytes)


def _kafka(platform: Platform, topic: str, servers: str | None = None, limit: int | None = None) -> Connector:
    """Messages that a topic holds now; no offset is committed."""
    from museum_assets.sources.kafka import KafkaSource

    at_servers = platform.with_settings(kafka_bootstrap_servers=servers) if servers else platform
    return KafkaSource(at_servers.kafka(), topic, limit)


def _archive(platform: Platform, name: str, year: int | None = None, url: str | None = None) -> Connector:
    """Rows of a declared source, whose files are downloaded first."""
    from museum_assets.archive_files.declared import declared_source
    from museum_assets.archive_files.download.download import ANYWHERE
    from museum_assets.archive_files.download.obtain import Order, hosts_of, obtain
    from museum_assets.archive_files.opening import open_downloader
    from museum_assets.sources.archive import ArchiveSource

    declared, order = declared_source(name), Order([url] if url else (), year=year)

    def files() -> list[Path]:
        with open_downloader(platform, hosts_of(declared), name, local=ANYWHERE) as downloader:
            return [each.path for each in obtain(downloader, declared, order)]

    return ArchiveSource(declared, files)


def _simulated(kind: str) -> Callable[..., Connector]:
    def make(_: Platform, batch_size: int = 100, seed: int = 1, fail_percentage: float = 0.0) -> Connector:
        return SIMULATED[kind](batch_size, seed, fail_percentage)

    make.__doc__ = f"Simulated: {SIMULATED[kind].__doc__}"
    return make


SOURCE_KINDS: Mapping[str, Callable[..., Connector]] = {
    "museum_api": _museum_api,
    "s3": _s3,
    "kafka": _kafka,
    **{kind: _simulated(kind) for kind in SIMULATED},
    "archive": _archive,
}
"""Every kind of source, with the function that makes its connector; the function's docstring says what it holds.

A new kind takes a class and a line here.
"""
