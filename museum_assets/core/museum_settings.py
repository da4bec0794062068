"""What the environment or the profile's file changes about one museum, and how the platform introduces itself to it."""

from __future__ import annotations

import os
from pathlib import Path

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from museum_assets.core.addresses import web_address
from museum_assets.core.profiles import PER_MUSEUM, SettingsError, explain
from museum_assets.core.settings import Settings, profile_file
from museum_assets.core.version import DISTRIBUTION, version


class MuseumOverrides(BaseModel):
    """What the environment changes about one museum, through the variables of PER_MUSEUM with its slug at the end."""

    model_config = ConfigDict(frozen=True)

    api_base: str | None = Field(None, repr=False)
    """Replaces the museum's `api_base`; without a trailing slash. A museum without an API has its archive there."""
    image_hosts: tuple[str, ...] = ()
    """Hosts allowed beside the museum's own."""
    requests_per_second: float | None = Field(None, gt=0)
    documents: str | None = None
    """Replaces DOCUMENTS_PATTERN."""
    kiosk_bucket: str | None = None
    """Replaces the bucket in which the museum drops its kiosks' files."""
    dump: str | None = Field(None, repr=False)
    """Where the museum's bulk file is, to be harvested instead of its API."""
    drift: str | None = None
    """Replaces those parts of RELEASE_DRIFT that it names."""

    @field_validator("api_base")
    @classmethod
    def an_api(cls, url: str | None) -> str | None:
        """Check the address; user and password in it go to the API with every request, and are never shown."""
        return url and web_address(url, login=True, file=True)

    @field_validator("dump")
    @classmethod
    def a_file(cls, url: str | None) -> str | None:
        """Check the address. What stands behind its `?`, such as a signature, is never shown."""
        return url and web_address(url, file=True, query=True)


def museum_overrides(slug: str) -> MuseumOverrides:
    """Return what the environment or the profile's file changes about one museum. Raises SettingsError."""
    variables = _variables()
    suffix = slug.upper().replace("-", "_")
    given = (variables.get(prefix + suffix) or None for prefix in PER_MUSEUM)
    api, hosts, rate, documents, kiosk_bucket, dump, drift = given
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


def declarations_folder() -> Path:
    """Return the folder that MUSEUM_DECLARATIONS names: the declarations of museums beside those of the package.

    Read by itself, as the registry of museums is there before the settings are checked.
    """
    return Path(_variables().get("MUSEUM_DECLARATIONS") or Settings.model_fields["declarations"].default).absolute()


def _variables() -> dict[str, str | None]:
    """Return the variables of the profile's file and of the environment, which wins. Raises SettingsError."""
    return {**dotenv_values(profile_file()), **{name: value for name, value in os.environ.items() if value}}


def user_agent(settings: Settings) -> str:
    """Return the User-Agent of every request to a museum, with the contact address when one is set."""
    return f"{DISTRIBUTION}/{version()}" + (f" (mailto:{settings.contact})" if settings.contact else "")
