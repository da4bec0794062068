"""The workplace of releases for the tests here."""

from tests.release_fixtures import publish, work

__all__ = ["publish", "work"]
