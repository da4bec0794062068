"""Every setting of the platform, read from the environment and from the profile's file `.env.<profile>`.

The environment wins over the file. An empty variable counts as unset. What differs for one museum is in
`museum_assets.museum_settings`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from museum_assets.profiles import PER_MUSEUM, Profile, SettingsError, current_profile, explain

REPO_ROOT = Path(__file__).resolve().parents[1]
ADDRESS = r"^[\x21-\x7e]+@[\x21-\x7e]+$"


class Settings(BaseSettings):
    """The platform's settings. A field is its variable in lower case, unless an alias names the variable.

    Aliased fields are filled by the alias (`Settings(museum_home=...)`): filling them by name as well would
    make pydantic-settings read `home` from the variable HOME.
    """

    # "forbid" covers arguments and the profile's file: a misspelt name must not pass for an unset one.
    model_config = SettingsConfigDict(extra="forbid", frozen=True, env_ignore_empty=True, hide_input_in_errors=True)

    profile: Profile = Field(
        "dev", alias="museum_profile", description="Which `.env.<profile>` is read: dev, prod or demo."
    )
    home: Path = Field(
        # One per profile: what the demo makes never mixes with real collections.
        default_factory=lambda given: REPO_ROOT / ".museum" / given["profile"],
        alias="museum_home",
        description="Directory of everything local: embedded services, Dagster's home, logs; "
        "unset: `.museum/<profile>`.",
    )

    database_url: str | None = Field(
        None, repr=False, description="The platform's database (`postgresql://…`); unset: the embedded one."
    )
    dagster_postgres_url: str | None = Field(
        None, repr=False, description="Dagster's own database (`postgresql://…`); unset: the embedded one."
    )
    production_database_url: str | None = Field(
        None, repr=False, description="Where releases are published (`postgresql://…`); unset: DATABASE_URL."
    )
    releases_kept: int = Field(
        4, ge=2, le=100, description="Releases kept per museum, the live one among them; older ones are pruned."
    )
    release_drift: str = Field(
        "rows=0.1,titles=0.05,artists=0.05,thumbnails=0.05",
        description="Drift against the live release that blocks a promotion: rows is the share by which a table may "
        "shrink, the others the share by which missing ones may grow. MUSEUM_DRIFT_<SLUG> differs for one museum.",
    )

    s3_endpoint_url: str | None = Field(
        None, description="S3 endpoint; unset: the embedded server (with the profile prod: AWS)."
    )
    aws_access_key_id: str | None = Field(
        None, description="S3 access key; unset: the AWS client's own credential chain."
    )
    aws_secret_access_key: SecretStr | None = Field(None, description="S3 secret key.")
    aws_region: str = Field("us-east-1", description="S3 region.")
    thumbnails_bucket: str = Field("thumbnails", description="Bucket of the thumbnails.")
    production_thumbnails_bucket: str = Field(
        "production-thumbnails", description="Bucket of the thumbnails that releases show."
    )
    release_archive_bucket: str = Field("release-archive", description="Bucket of exported releases.")

    qdrant_url: str | None = Field(None, description="Qdrant server; unset: the embedded vector index.")
    qdrant_api_key: SecretStr | None = Field(None, description="Key of the Qdrant server.")
    qdrant_collection: str = Field("artworks_etl_v1", description="Qdrant collection of the artworks.")
    qdrant_production_collection: str = Field(
        "artworks_production_v1", description="Qdrant collection of the releases; never the same as the other one."
    )

    image_max_dimension: int = Field(
        800, ge=16, le=10_000, description="Longest side of a stored thumbnail, in pixels."
    )
    image_jpeg_quality: int = Field(85, ge=1, le=100, description="JPEG quality of a stored thumbnail.")

    clip_model: str = Field("ViT-L-14", description="open_clip architecture of image_clip and text_clip.")
    clip_weights: str = Field(
        "laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K/open_clip_model.safetensors",
        description="Weights of the CLIP model: a model hub's repository and file, a local file, or "
        "`untrained` (seeded random weights: the demo's fallback, useless for search).",
    )
    clip_batch: int | None = Field(
        None, ge=1, description="Images or texts per pass through CLIP; unset: 8 on a CPU, 256 on a GPU."
    )
    clip_model_configs: Path | None = Field(
        None, description="Directory of further open_clip model configurations, for CLIP_MODEL to name."
    )
    jina_api_key: SecretStr | None = Field(
        None, description="Key of the Jina embeddings API; image_jina and text_jina need it."
    )
    jina_api_url: str = Field("https://api.jina.ai/v1/embeddings", description="Address of the Jina embeddings API.")

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
    kiosk_combined_bucket: str = Field(
        "kiosk-combined", description="Bucket of the kiosks' combined files; the museums' own files lie elsewhere."
    )
    dead_letter_ratio_limit: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Share of open dead letters in what was read above which a check warns; real streams have 17 %.",
    )

    documents_bucket: str = Field("documents", description="Bucket of condition reports and letters.")
    documents_pattern: str = Field(
        "{slug}/**",
        pattern=r"\{slug\}",
        description="Keys of a museum's documents, a wildcard of `museum_assets/sources/wildcard.py`; {slug} stands "
        "for the museum.",
    )
    documents_max_bytes: int = Field(
        20_000_000, ge=1, description="Largest document that is staged, in bytes; larger ones are refused."
    )
    llm_base_url: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="Base address of the OpenAI-compatible API that reads documents, such as https://api.openai.com/v1.",
    )
    llm_api_key: SecretStr | None = Field(None, description="Key of that API; unset for servers that want none.")
    llm_model: str | None = Field(None, description="Model that reads documents; document_records needs it.")
    llm_timeout: float = Field(60.0, gt=0, description="Seconds to wait for one answer of the model.")

    smtp_host: str | None = Field(None, description="Mail server for notices; unset: none are mailed.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="How mail travels: starttls, tls (usually port 465), or none (a server on this machine).",
    )
    smtp_user: str | None = Field(None, description="User name at the mail server; unset: no login.")
    smtp_password: SecretStr | None = Field(None, description="Password at the mail server.")
    notice_from: str = Field("museum-data@localhost", pattern=ADDRESS, description="Sender of notices by mail.")
    notice_to: str | None = Field(
        None,
        pattern=rf"{ADDRESS[:-1]}(\s*,\s*{ADDRESS[1:-1]})*$",
        description="Who gets notices by mail, comma-separated.",
    )
    notice_webhook_url: SecretStr | None = Field(
        None, description="Slack-compatible webhook that gets notices as JSON; a secret, for whoever has it can post."
    )
    notice_window_minutes: int = Field(
        60, ge=0, description="Minutes in which the same museum, asset and reason are told once and then only counted."
    )
    notice_severity: Literal["ERROR", "WARN"] = Field(
        "ERROR", description="Breached checks that are told: ERROR, or WARN for these as well."
    )
    notice_ui_url: str = Field(
        "http://127.0.0.1:3000",
        pattern=r"^https?://\S+$",
        description="Address of Dagster's UI, for the links in notices.",
    )

    archive_hosts: str = Field(
        "", description="Hosts that archives may be downloaded from besides those declared, comma-separated."
    )
    archive_bytes_per_second: float | None = Field(
        None, gt=0, description="Most bytes per second of all downloads of archives together; unset: no limit."
    )

    contact: str | None = Field(
        None,
        alias="contact_email",
        pattern=ADDRESS,
        description="E-mail address in the User-Agent, so that a museum can reach who harvests it.",
    )
    download_concurrency: int = Field(8, ge=1, le=64, description="Images downloaded at a time in one run.")
    max_attempts: int = Field(
        5, ge=1, description="Attempts at a record after which a transient failure counts as permanent."
    )
    failure_ratio_limit: float = Field(
        0.05, ge=0, le=1, description="Share of failed records above which a stage's check fails."
    )
    withdrawal_grace_days: int = Field(
        7, ge=0, description="Days between a museum's withdrawal of an object and its removal here."
    )

    @field_validator("home")
    @classmethod
    def absolute(cls, home: Path) -> Path:
        """Make `home` independent of the directory a process happens to run in."""
        return (REPO_ROOT / home.expanduser()).resolve()

    @field_validator("database_url", "production_database_url")
    @classmethod
    def plain_postgres(cls, url: str | None) -> str | None:
        """Check the address and drop SQLAlchemy's driver suffix, so that one variable serves every tool."""
        from resources.postgres import postgres_url  # imports psycopg, which not every command needs

        return url and postgres_url(url)

    @field_validator("dagster_postgres_url")
    @classmethod
    def any_postgres(cls, url: str | None) -> str | None:
        """Check the address, and leave it as it is: Dagster is the one that needs the driver suffix."""
        cls.plain_postgres(url)
        return url

    @field_validator("qdrant_url")
    @classmethod
    def without_credentials(cls, url: str | None) -> str | None:
        """Refuse a password in the address, which is printed and recorded; the client ignores one anyway."""
        try:
            parts = urlsplit(url or "http://unset")
            wrong = parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0
        except ValueError:
            wrong = True
        if wrong:
            raise ValueError("not an address such as https://qdrant.example.org:6333")
        # In the path, an @ is what follows an unescaped / of a password.
        if "@" in parts.netloc + parts.path or parts.query or parts.fragment:
            raise ValueError("must hold neither user nor password nor anything after ?: the key is QDRANT_API_KEY")
        return url

    @model_validator(mode="after")
    def production_apart(self) -> Settings:
        """Refuse one place for work and for production: publishing would rewrite what the stages keep there."""
        if self.qdrant_production_collection == self.qdrant_collection:
            raise ValueError("QDRANT_PRODUCTION_COLLECTION must not be QDRANT_COLLECTION")
        if self.production_thumbnails_bucket == self.thumbnails_bucket:
            raise ValueError("PRODUCTION_THUMBNAILS_BUCKET must not be THUMBNAILS_BUCKET")
        return self

    @model_validator(mode="after")
    def complete_sasl(self) -> Settings:
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

    @model_validator(mode="after")
    def complete_mail(self) -> Settings:
        """Check that mail has somebody to go to, and that a password does not travel in the open."""
        if bool(self.smtp_host) != bool(self.notice_to):
            raise ValueError("mailed notices need both SMTP_HOST and NOTICE_TO: set the other one, or neither")
        if self.smtp_user and self.smtp_security == "none":
            raise ValueError("SMTP_USER needs SMTP_SECURITY=starttls or tls: the password would travel in the open")
        return self

    @model_validator(mode="before")
    @classmethod
    def leave_per_museum_variables(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Let the profile's file also hold the variables that `museum_overrides` reads."""
        return {key: value for key, value in values.items() if not key.upper().startswith(PER_MUSEUM)}


def profile_file() -> Path:
    """Return the file of the current profile's settings. Raises SettingsError."""
    return REPO_ROOT / f".env.{current_profile()}"


@cache
def settings() -> Settings:
    """Return the settings, read once a process (`settings.cache_clear()` forgets). Raises SettingsError."""
    file = profile_file()
    try:
        return Settings(_env_file=file, museum_profile=current_profile())  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError(explain(error, f"the environment or {file.name}")) from None
