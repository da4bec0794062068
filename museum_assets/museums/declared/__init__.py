"""Declared museums: a TOML file says where the records are and how they are read; docs/museums.md explains it."""
