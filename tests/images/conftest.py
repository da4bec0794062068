"""Fetchers for the tests here."""

from image_hosts import build

__all__ = ["build"]
