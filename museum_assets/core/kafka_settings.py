"""The settings of the kiosks' live stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings


class KafkaSettings(BaseSettings):
    """The brokers, and how they are logged in to."""

    kafka_bootstrap_servers: str | None = Field(
        None,
        pattern=r"^[^\s,@/:]+(:\d{1,5})?(,[^\s,@/:]+(:\d{1,5})?)*$|^\[[0-9a-fA-F:]+\]:\d{1,5}$",
        description="Kafka brokers of the kiosks' live stream, host:port, comma-separated; unset: no live stream.",
    )
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="How the brokers are spoken to; with SASL, mechanism, user and password are needed."
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        None, description="SASL mechanism of the brokers."
    )
    kafka_sasl_username: str | None = Field(None, description="User name at the brokers.")
    kafka_sasl_password: SecretStr | None = Field(None, description="Password at the brokers.")
    kafka_ssl_ca_location: Path | None = Field(
        None, description="File of the authority that signed the brokers' certificates; unset: the system's."
    )
    kafka_topic_prefix: str = Field(
        "",
        pattern=r"^[a-zA-Z0-9._-]{0,200}$",
        description="What stands before a museum's slug in the name of its topic; unset: the slug alone.",
    )

    @model_validator(mode="after")
    def complete_sasl(self) -> Self:
        """Check that SASL has what it needs, and that credentials are not sent where no SASL asks for them."""
        given = {
            "KAFKA_SASL_MECHANISM": self.kafka_sasl_mechanism,
            "KAFKA_SASL_USERNAME": self.kafka_sasl_username,
            "KAFKA_SASL_PASSWORD": self.kafka_sasl_password,
        }
        wanted = self.kafka_security_protocol.startswith("SASL")
        missing = [name for name, value in given.items() if value is None]
        if wanted and missing:
            raise ValueError(f"KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol} needs {', '.join(missing)}")
        if not wanted and len(missing) < len(given):
            raise ValueError("KAFKA_SASL_* is set but KAFKA_SECURITY_PROTOCOL is not SASL_PLAINTEXT or SASL_SSL")
        return self

    def kafka_client(self) -> dict[str, Any]:
        """Return librdkafka's configuration. It holds the password: never print it."""
        password, authority = self.kafka_sasl_password, self.kafka_ssl_ca_location
        config = {
            "bootstrap.servers": self.kafka_bootstrap_servers,
            "security.protocol": self.kafka_security_protocol,
            "sasl.mechanism": self.kafka_sasl_mechanism,
            "sasl.username": self.kafka_sasl_username,
            "sasl.password": password.get_secret_value() if password else None,
            "ssl.ca.location": str(authority) if authority else None,
        }
        return {name: value for name, value in config.items() if value is not None}
