"""Releases as files in S3, exported and restored."""
