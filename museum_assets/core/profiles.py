"""The profile that names the file of settings, the variables for single museums, and the message on wrong settings.

`MUSEUM_PROFILE` is read from the environment alone, since it names the file.
"""

from __future__ import annotations

import os
from typing import Literal, get_args

from pydantic import ValidationError

from museum_assets.core.failures import MuseumError

Profile = Literal["dev", "prod", "demo"]
PROFILES: tuple[Profile, ...] = get_args(Profile)
PER_MUSEUM = (
    "MUSEUM_API_",
    "MUSEUM_IMAGE_HOSTS_",
    "MUSEUM_RATE_",
    "MUSEUM_DOCUMENTS_",
    "MUSEUM_KIOSK_BUCKET_",
    "MUSEUM_DUMP_",
    "MUSEUM_DRIFT_",
)
"""The prefixes of variables for one museum, whose slug in upper case follows."""


class SettingsError(MuseumError):
    """A variable is missing, misspelt or has an impossible value. The message names it."""


def current_profile() -> Profile:
    """Return the profile that MUSEUM_PROFILE names, dev when unset. Raises SettingsError when unknown."""
    name = os.environ.get("MUSEUM_PROFILE") or "dev"
    for profile in PROFILES:
        if name == profile:
            return profile
    raise SettingsError(f"MUSEUM_PROFILE is {name!r}, not a profile: set it to one of {', '.join(PROFILES)}")


def explain(error: ValidationError, where: str) -> str:
    """Return pydantic's complaints as one line each, without the values: they may be secrets."""
    complaints = [
        f"{'.'.join(map(str, item['loc'])).upper() or 'TOGETHER'}: "
        + ("no such variable, check the spelling" if item["type"] == "extra_forbidden" else item["msg"])
        for item in error.errors(include_input=False, include_url=False)
    ]
    return f"Wrong settings in {where}:\n  " + "\n  ".join(complaints)
