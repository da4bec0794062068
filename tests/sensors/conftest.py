"""The kiosk museums over the real services."""

from tests.support.kiosk_files import lmnh, lms

__all__ = ["lmnh", "lms"]
