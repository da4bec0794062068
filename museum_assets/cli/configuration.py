"""`museum settings`: what can be set, what it is now, and where it comes from."""

from __future__ import annotations

import os
from typing import Any

from pydantic import SecretStr

from museum_assets.cli.printing import print_json, print_table
from museum_assets.core.addresses import shown_address
from museum_assets.core.settings import Settings
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS, kiosks, museum
from resources.platform import Platform

HIDDEN = ("database_url", "dagster_postgres_url", "production_database_url", "readers_database_url")
"""Fields that are not secrets as a whole but may hold a password."""


def show_settings(*, as_json: bool) -> None:
    """Print every variable with its value and meaning; secrets only as set or not."""
    platform = Platform.from_settings()
    rows = [*_platform(platform.settings), *(row for slug in MUSEUMS for row in _museum(platform, slug)),
            *(_kiosk(platform, slug) for slug in KIOSK_MUSEUMS)]  # fmt: skip
    if as_json:
        print_json([dict(zip(("variable", "value", "source", "meaning"), row, strict=True)) for row in rows])
    else:
        print_table("Settings", ("variable", "value", "from", "meaning"), rows)


def variables() -> dict[str, str]:
    """Return {environment variable: description} of every platform-wide setting."""
    return {str(field.alias or name).upper(): field.description or "" for name, field in Settings.model_fields.items()}


def _platform(current: Settings) -> list[tuple[str, Any, str, str]]:
    return [
        (variable, _shown(name, getattr(current, name)), _source(variable, current), meaning)
        for (variable, meaning), name in zip(variables().items(), Settings.model_fields, strict=True)
    ]


def _shown(name: str, value: Any) -> str:
    if value is None:
        return ""
    return "(set)" if isinstance(value, SecretStr) or name in HIDDEN else str(value)


def _source(variable: str, current: Settings) -> str:
    if os.environ.get(variable):
        return "environment"
    name = next(n for n, f in Settings.model_fields.items() if str(f.alias or n).upper() == variable)
    return f".env.{current.profile}" if name in current.model_fields_set and name != "profile" else "default"


def _museum(platform: Platform, slug: str) -> list[tuple[str, Any, str, str]]:
    chosen, given = museum(slug), platform.overrides(slug)
    base = "Archive" if chosen.dump_only else "Base of the API"
    values = (
        (f"MUSEUM_API_{slug.upper()}", _label(given.api_base), chosen.api_base, f"{base} of {chosen.name}."),
        (f"MUSEUM_IMAGE_HOSTS_{slug.upper()}", ", ".join(given.image_hosts), ", ".join(chosen.image_hosts),
         "Hosts that images may come from besides the museum's own, comma-separated."),
        (f"MUSEUM_RATE_{slug.upper()}", given.requests_per_second, chosen.requests_per_second,
         "Most requests per second, to the API and to each image host."),
        (f"MUSEUM_DOCUMENTS_{slug.upper()}", given.documents, platform.documents_pattern(slug),
         "Keys of its documents in DOCUMENTS_BUCKET."),
        *([(f"MUSEUM_DUMP_{slug.upper()}", _label(given.dump), None,
            f"Its bulk file, harvested instead of its API when set: {chosen.dump}")] if chosen.dump else []),
        (f"MUSEUM_DRIFT_{slug.upper()}", given.drift, platform.settings.release_drift,
         "Its own limits of RELEASE_DRIFT."),
    )  # fmt: skip
    return [
        (name, str(value or default or ""), "environment" if value else "default", text)
        for name, value, default, text in values
    ]


def _label(url: str | None) -> str | None:
    return url and shown_address(url)


def _kiosk(platform: Platform, slug: str) -> tuple[str, Any, str, str]:
    chosen, given = kiosks(slug), platform.overrides(slug).kiosk_bucket
    meaning = f"Bucket in which {chosen.name} drops its kiosks' files."
    return f"MUSEUM_KIOSK_BUCKET_{slug.upper()}", given or chosen.bucket, "environment" if given else "default", meaning
