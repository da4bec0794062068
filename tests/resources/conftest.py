"""Clients for the tests here."""

from museum_clients import connect

__all__ = ["connect"]
