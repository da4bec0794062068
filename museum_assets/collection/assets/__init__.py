"""The collection's Dagster assets, one file each."""
