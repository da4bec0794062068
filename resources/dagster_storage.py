"""Dagster's own storage in Postgres, which `dagster.yaml` names: it takes the address as every other tool does."""

from __future__ import annotations

from typing import Any, Self

from dagster._serdes import ConfigurableClassData  # noqa: TID251
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_url_from_config

from museum_assets.core.json_logs import write_json
from museum_assets.core.postgres_address import postgres_url
from museum_assets.core.settings import read_settings
from resources.dead_runs import keep_looking
from resources.run_console import stated_failures_in_brief
from resources.storage_outages import tell_outages
from resources.tracing import start_tracing


class PlatformStorage(DagsterPostgresStorage):
    """dagster-postgres on psycopg2, whatever driver the address names.

    Since SQLAlchemy 2.1 a plain `postgresql://` means psycopg 3, in which dagster-postgres' `NOTIFY run_events, $1` is
    a syntax error: the daemon loops, and a launch answers "the connection is closed".
    """

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Return the storage at the configured address. Raises BadAddress."""
        stated_failures_in_brief()
        settings = read_settings()
        if settings.log_format == "json":
            write_json()
        if settings.traces_url:
            start_tracing(settings.traces_url)
        tell_outages()
        keep_looking()
        plain = postgres_url(pg_url_from_config(config_value))
        return cls(
            plain.replace("postgresql://", "postgresql+psycopg2://", 1),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
            inst_data=inst_data,
        )
