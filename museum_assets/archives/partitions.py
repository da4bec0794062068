"""The partitions of imports."""

import dagster as dg

from museum_assets.archive_files.declared import source_names

archive_partitions = dg.StaticPartitionsDefinition(list(source_names()))
"""One partition per declared source."""
