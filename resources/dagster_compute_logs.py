"""What Dagster's runs print, kept in the platform's S3 (`dagster.yaml`): any machine's UI shows the runs of all."""

from __future__ import annotations

from typing import Any, Self

from dagster._serdes import ConfigurableClassData  # noqa: TID251
from dagster_aws.s3.compute_log_manager import S3ComputeLogManager

from museum_assets.core.settings import Settings, read_settings
from resources.embedded.services import dagster_home
from resources.s3_connections import client_of

READ_TIMEOUT = 20
ATTEMPTS = 3
UPLOAD_SECONDS = 30
"""Between two uploads of a run that is at work. Without them another machine shows nothing until it has ended."""


class PlatformComputeLogs(S3ComputeLogManager):
    """dagster-aws' manager over the platform's S3 client: with its path-style addresses, checksums and deadlines.

    The settings say where, so that an endpoint and keys that stand in the profile's file alone count here too.
    """

    def __init__(self, settings: Settings, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(
            settings.compute_logs_s3,
            local_dir=str(dagster_home(settings) / "storage"),
            upload_interval=UPLOAD_SECONDS,
            region=settings.aws_region,
            inst_data=inst_data,
        )
        secret = settings.aws_secret_access_key
        self._s3_session = client_of(
            settings.s3_endpoint_url,
            settings.aws_access_key_id,
            secret.get_secret_value() if secret else None,
            settings.aws_region,
            READ_TIMEOUT,
            ATTEMPTS,
        )

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Return Dagster's schema of its configuration, which is empty."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:  # noqa: ARG003
        """Return the manager that the settings describe. Raises SettingsError."""
        return cls(read_settings(), inst_data)
