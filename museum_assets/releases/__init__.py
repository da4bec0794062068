"""Releases: what is staged becomes a candidate, is validated, and is published by one UPDATE of a pointer row."""
