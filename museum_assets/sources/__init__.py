"""Sources of records: one connector per kind, all asked with `extract()`; see `registry`."""
