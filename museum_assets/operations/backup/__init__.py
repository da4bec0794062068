"""Backups of everything that the platform keeps, and restoring one into empty services."""
