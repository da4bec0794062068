"""A platform with something in every part of it, and empty services beside it to restore into."""

from tests.support.backups import dagster_url, empty, filled, little, settled

__all__ = ["dagster_url", "empty", "filled", "little", "settled"]
