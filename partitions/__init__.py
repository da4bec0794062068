"""The partitions of the platform's assets, each defined once and imported everywhere."""

import dagster as dg

from museum_assets.museums import MUSEUMS

museum_partitions = dg.StaticPartitionsDefinition(list(MUSEUMS))
"""One partition per collection museum, and one Postgres partition behind each."""
