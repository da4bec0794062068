"""The desk of releases for the tests here."""

from tests.support.release_fixtures import desk, publish

__all__ = ["desk", "publish"]
