"""Match the makers of a museum, and print the peak memory of it in bytes: `python -m bench.matching SLUG`."""

from __future__ import annotations

import sys

from bench.peak import peak_bytes
from museum_assets.enrichment.authority.stage import artist_identities
from museum_assets.loop.run import run_stage
from resources.platform import Platform


def matched(platform: Platform, slug: str) -> None:
    """Match what the settings' database holds at the settings' authority."""
    with artist_identities.opened(platform, slug) as stage:
        run_stage(platform.database(), slug, stage)


if __name__ == "__main__":
    matched(Platform.from_settings(), sys.argv[1])
    print(peak_bytes())
