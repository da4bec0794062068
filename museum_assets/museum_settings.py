"""What the environment or the profile's file changes about one museum, and how the platform introduces itself to it."""

from __future__ import annotations

import os

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from museum_assets.profiles import PER_MUSEUM, SettingsError, explain
from museum_assets.settings import Settings, profile_file, settings

VERSION = "0.1.0"


class MuseumOverrides(BaseModel):
    """What the environment changes about one museum, through the variables of PER_MUSEUM with its slug at the end."""

    model_config = ConfigDict(frozen=True)

    api_base: str | None = Field(None, pattern=r"^(https?|file)://\S+$")
    """Replaces the museum's `api_base`; without a trailing slash. A museum without an API has its archive there."""
    image_hosts: tuple[str, ...] = ()
    """Hosts allowed beside the museum's own."""
    requests_per_second: float | None = Field(None, gt=0)
    documents: str | None = None
    """Replaces DOCUMENTS_PATTERN."""
    kiosk_bucket: str | None = None
    """Replaces the bucket in which the museum drops its kiosks' files."""
    dump: str | None = Field(None, pattern=r"^(https?|file)://\S+$")
    """Where the museum's bulk file is, to be harvested instead of its API."""
    drift: str | None = None
    """Differs from RELEASE_DRIFT in what it names."""


def museum_overrides(slug: str) -> MuseumOverrides:
    """Return what the environment or the profile's file changes about one museum. Raises SettingsError."""
    variables = {**dotenv_values(profile_file()), **{name: value for name, value in os.environ.items() if value}}
    suffix = slug.upper().replace("-", "_")
    given = (variables.get(prefix + suffix) or None for prefix in PER_MUSEUM)
    api, hosts, rate, documents, kiosk_bucket, dump, drift = given
    if (api or "").startswith("file://") and not _is_dump_only(slug):
        raise SettingsError(f"MUSEUM_API_{suffix}: {slug} has an API, which is no file; a dump is MUSEUM_DUMP_{suffix}")
    try:
        return MuseumOverrides(
            api_base=api.rstrip("/") if api else None,
            image_hosts=tuple(host.strip() for host in (hosts or "").split(",") if host.strip()),
            requests_per_second=rate,  # type: ignore[arg-type] # pydantic parses the text
            documents=documents,
            kiosk_bucket=kiosk_bucket,
            dump=dump,
            drift=drift,
        )
    except ValidationError as error:
        raise SettingsError(explain(error, ", ".join(prefix + suffix for prefix in PER_MUSEUM))) from None


def _is_dump_only(slug: str) -> bool:
    from museum_assets.museums import MUSEUMS, museum

    return slug in MUSEUMS and museum(slug).dump_only


def documents_pattern(settings: Settings, slug: str) -> str:
    """Return the wildcard of a museum's documents: MUSEUM_DOCUMENTS_<SLUG>, or DOCUMENTS_PATTERN for this museum."""
    return museum_overrides(slug).documents or settings.documents_pattern.replace("{slug}", slug)


def user_agent() -> str:
    """Return the User-Agent of every request to a museum, with the contact address when one is set."""
    contact = settings().contact
    return f"museum-data-platform/{VERSION}" + (f" (mailto:{contact})" if contact else "")
