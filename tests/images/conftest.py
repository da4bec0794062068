"""Fetchers for the tests here."""

from tests.support.image_hosts import build

__all__ = ["build"]
