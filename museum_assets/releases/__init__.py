"""Releases: what is staged becomes a candidate, is validated, and is promoted by one UPDATE of a pointer row."""
