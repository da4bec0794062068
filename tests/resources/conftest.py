"""Clients and the clock of the tests here."""

from tests.support.clock import clock
from tests.support.image_hosts import build
from tests.support.museum_clients import connect

__all__ = ["build", "clock", "connect"]
