"""Bulk archives: downloaded, opened safely, read by a declared schema and loaded in bounded batches."""
