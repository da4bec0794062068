"""The partitions of the platform's assets, each defined once and imported everywhere."""

import dagster as dg

from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS

museum_partitions = dg.StaticPartitionsDefinition(list(MUSEUMS))
"""One partition per collection museum, and one Postgres partition behind each."""

kiosk_partitions = dg.StaticPartitionsDefinition(list(KIOSK_MUSEUMS))
"""One partition per museum with visitor kiosks."""

release_partitions = dg.StaticPartitionsDefinition([*MUSEUMS, *KIOSK_MUSEUMS])
"""One partition per museum of either kind: all of them are published."""
