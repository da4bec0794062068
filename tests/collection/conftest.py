"""A museum's collection for the tests here."""

from tests.support.collection_world import world

__all__ = ["world"]
