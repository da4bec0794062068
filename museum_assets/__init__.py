"""The museum data platform: a Dagster code location and the pure code it calls."""
