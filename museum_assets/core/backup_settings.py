"""The settings of where backups lie, when that is another S3 than the platform's."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from museum_assets.core.addresses import WebAddress


class BackupSettings(BaseSettings):
    """The S3 of `s3://` targets. A backup beside its data is lost with it, so it should be another one."""

    backup_s3_endpoint_url: WebAddress | None = Field(
        None, description="S3 endpoint of backups; unset: that of the platform, where they are lost with the data."
    )
    backup_access_key_id: str | None = Field(None, description="Access key of that endpoint.")
    backup_secret_access_key: SecretStr | None = Field(None, description="Secret key of that endpoint.")
    backup_region: str = Field("us-east-1", description="Region of that endpoint.")
