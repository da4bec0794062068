"""The services a laptop runs by itself: PostgreSQL and S3, installed as Python packages, in one directory."""

from museum_assets.core.failures import MuseumError


class EmbeddedServiceError(MuseumError):
    """An embedded service could not be started or stopped. The message names its log."""
