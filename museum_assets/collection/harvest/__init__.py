"""Harvesting a museum's API into raw records."""
