"""The settings of the readers' pages."""

from __future__ import annotations

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from museum_assets.core.addresses import WebAddress
from museum_assets.core.postgres_address import postgres_url


class ReadersSettings(BaseSettings):
    """Where `museum serve` listens, what it reads, and how much one client may ask."""

    readers_host: str = Field(
        "127.0.0.1", pattern=r"^[A-Za-z0-9.:-]+$", description="Address at which `museum serve` listens."
    )
    readers_port: int = Field(
        8000, ge=1, le=65535, description="Port of the readers' pages; with `museum up`, the first free one from it on."
    )
    readers_url: WebAddress | None = Field(
        None,
        description="Address under which a proxy publishes the readers' pages, such as "
        "https://museum.example.org/collection; its path stands before every link. Unset: links have no host.",
    )
    readers_database_url: str | None = Field(
        None,
        repr=False,
        description="The database of production as readers log in (`postgresql://…`), a member of museum_reader; "
        "unset: PRODUCTION_DATABASE_URL or DATABASE_URL, in that role.",
    )
    readers_proxies: str = Field(
        "127.0.0.1",
        pattern=r"^[0-9A-Fa-f.:/, ]*$",
        description="Addresses of proxies whose X-Forwarded-For says who asks, comma-separated.",
    )
    readers_per_minute: int = Field(
        300, ge=1, description="Most pages and searches of one client in a minute; an uploaded image counts as ten."
    )

    @field_validator("readers_database_url")
    @classmethod
    def readers_postgres(cls, url: str | None) -> str | None:
        """Check the address and drop SQLAlchemy's driver suffix."""
        return url and postgres_url(url)

    @property
    def readers_path(self) -> str:
        """The path that stands before every link to a page, such as /collection; empty when there is none."""
        _, _, path = (self.readers_url or "").partition("://")[2].partition("/")
        return f"/{path.strip('/')}" if path.strip("/") else ""
