"""Every setting of the platform, read from the environment and from the profile's file `.env.<profile>`.

The environment wins over the file. An empty variable counts as unset. The file and the default home lie in the
working directory, wherever the program itself is installed. What differs for one museum is in
`museum_assets.core.museum_settings`.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from museum_assets.core.addresses import WebAddress
from museum_assets.core.backup_settings import BackupSettings
from museum_assets.core.history_settings import HistorySettings
from museum_assets.core.kafka_settings import KafkaSettings
from museum_assets.core.notice_settings import ADDRESS, NoticeSettings
from museum_assets.core.postgres_address import postgres_url
from museum_assets.core.profiles import PER_MUSEUM, Profile, SettingsError, current_profile, explain
from museum_assets.core.readers_settings import ReadersSettings
from museum_assets.core.reconciliation_settings import ReconciliationSettings
from museum_assets.core.vector_index_settings import VectorIndexSettings
from museum_assets.core.watching_settings import WatchingSettings
from museum_assets.core.worker_settings import WorkerSettings

LAION_WEIGHTS = "laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K/open_clip_model.safetensors"
SIGLIP_WEIGHTS = "timm/ViT-B-16-SigLIP-i18n-256/open_clip_model.safetensors"
"""Those of the default SIGLIP_MODEL, on the model hub."""
HOST = r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?"


class Settings(
    VectorIndexSettings,
    KafkaSettings,
    NoticeSettings,
    HistorySettings,
    BackupSettings,
    ReadersSettings,
    WatchingSettings,
    WorkerSettings,
    ReconciliationSettings,
):
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
        default_factory=lambda given: Path.cwd() / ".museum" / given["profile"],
        alias="museum_home",
        description="Directory of everything local: embedded services, Dagster's home, logs; "
        "unset: `.museum/<profile>` in the working directory.",
    )

    declarations: Path = Field(
        Path("museums"),
        alias="museum_declarations",
        description="Folder of the declarations of further museums (docs/museums.md), with their samples.",
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

    s3_endpoint_url: WebAddress | None = Field(
        None, description="S3 endpoint; unset: the embedded server (with the profile prod: AWS)."
    )
    aws_access_key_id: str | None = Field(None, description="S3 access key; unset: the AWS client's own chain.")
    aws_secret_access_key: SecretStr | None = Field(None, description="S3 secret key.")
    aws_region: str = Field("us-east-1", description="S3 region.")
    thumbnails_bucket: str = Field("thumbnails", description="Bucket of the thumbnails.")
    production_thumbnails_bucket: str = Field(
        "production-thumbnails", description="Bucket of the thumbnails that releases show."
    )
    release_archive_bucket: str = Field("release-archive", description="Bucket of exported releases.")
    compute_logs_s3: str | None = Field(
        None,
        description="Bucket of what runs print, so that the UI shows the runs of other machines; unset: each machine "
        "keeps its own.",
    )

    image_max_dimension: int = Field(800, ge=16, le=10_000, description="Longest side of a thumbnail, in pixels.")
    image_jpeg_quality: int = Field(85, ge=1, le=100, description="JPEG quality of a stored thumbnail.")

    clip_model: str = Field("ViT-L-14", description="open_clip architecture of the CLIP vectors.")
    clip_weights: str = Field(
        default_factory=lambda given: "demo" if given["profile"] == "demo" else LAION_WEIGHTS,
        description="Weights of the CLIP model: a model hub's repository and file, or a local file; in the demo also "
        "`demo`, its default: a small model of the simulator's drawings, whatever CLIP_MODEL says.",
    )
    clip_batch: int | None = Field(
        None,
        ge=1,
        description="Images or texts per pass through CLIP; unset: 8 on a CPU, 32 on Apple's GPU, 256 on NVIDIA's.",
    )
    clip_model_configs: Path | None = Field(
        None, description="Directory of further open_clip model configurations, for CLIP_MODEL to name."
    )
    siglip_model: str = Field("ViT-B-16-SigLIP-i18n-256", description="open_clip architecture of the SigLIP vectors.")
    siglip_weights: str | None = Field(
        None,
        description="Weights of the SigLIP model: a model hub's repository and file, or a local file; unset: no SigLIP "
        "vectors. Needs the extra `siglip` of the package.",
    )
    siglip_batch: int | None = Field(
        None, ge=1, description="Images or texts per pass through SigLIP; unset: as many as through CLIP."
    )
    siglip_model_configs: Path | None = Field(
        None, description="Directory of further open_clip model configurations, for SIGLIP_MODEL to name."
    )
    search_model: Literal["clip", "siglip"] = Field(
        "clip", description="Model whose vectors searches meet: clip or siglip."
    )
    jina_api_key: SecretStr | None = Field(None, description="Key of Jina's embeddings API; its vectors need it.")
    jina_api_url: WebAddress = Field(
        "https://api.jina.ai/v1/embeddings", description="Address of the Jina embeddings API."
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
        description="Keys of a museum's documents, a wildcard of `museum_assets/core/wildcards.py`; {slug} stands "
        "for the museum.",
    )
    documents_max_bytes: int = Field(
        20_000_000, ge=1, description="Largest document that is staged, in bytes; larger ones are refused."
    )
    llm_base_url: WebAddress | None = Field(
        None,
        description="Base address of the OpenAI-compatible API that reads documents, such as https://api.openai.com/v1.",
    )
    llm_api_key: SecretStr | None = Field(None, description="Key of that API; unset for servers that want none.")
    llm_model: str | None = Field(None, description="Model that reads documents into records.")
    llm_timeout: float = Field(60.0, gt=0, description="Seconds to wait for one answer of the model.")
    llm_max_tokens: int = Field(4_000, ge=1, description="Most tokens of one answer of the model.")
    llm_run_tokens: int = Field(10_000_000, ge=1, description="Tokens after which a run leaves the rest pending.")

    ui_hosts: str = Field(
        "",
        pattern=rf"^({HOST}(\s*,\s*{HOST})*)?$",
        description="Names under which a proxy publishes Dagster's UI, comma-separated, with a port where it is not "
        "the usual one; localhost, 127.0.0.1 and [::1] are always answered.",
    )

    archive_hosts: str = Field(
        "", description="Hosts that archives may be downloaded from besides those declared, comma-separated."
    )
    archive_folder: Path | None = Field(
        None, description="Folder below which runs read archives by `file://` address; unset: `imports` in the home."
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
    max_attempts: int = Field(5, ge=1, description="Attempts after which a transient failure counts as permanent.")
    failure_ratio_limit: float = Field(
        0.05, ge=0, le=1, description="Share of failed records above which a stage's check fails."
    )
    withdrawal_grace_days: int = Field(
        7, ge=0, description="Days between a museum's withdrawal of an object and its removal here."
    )

    @field_validator("home")
    @classmethod
    def absolute(cls, home: Path) -> Path:
        """Make `home` absolute, so that it stays the same when a process or its child changes the directory."""
        return home.expanduser().resolve()

    @field_validator("database_url", "production_database_url")
    @classmethod
    def plain_postgres(cls, url: str | None) -> str | None:
        """Check the address and drop SQLAlchemy's driver suffix, so that one variable serves every tool."""
        return url and postgres_url(url)

    @field_validator("dagster_postgres_url")
    @classmethod
    def any_postgres(cls, url: str | None) -> str | None:
        """Check the address, and leave it as it is: Dagster is the one that needs the driver suffix."""
        cls.plain_postgres(url)
        return url

    @model_validator(mode="after")
    def production_apart(self) -> Settings:
        """Refuse one place for work and for production: publishing would rewrite what the stages keep there."""
        if self.production_thumbnails_bucket == self.thumbnails_bucket:
            raise ValueError("PRODUCTION_THUMBNAILS_BUCKET must not be THUMBNAILS_BUCKET")
        return self

    @model_validator(mode="before")
    @classmethod
    def leave_per_museum_variables(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Let the profile's file also hold the variables that `museum_overrides` reads."""
        return {key: value for key, value in values.items() if not key.upper().startswith(PER_MUSEUM)}


def profile_file() -> Path:
    """Return the file of the current profile's settings, in the working directory. Raises SettingsError.

    The file need not be there. One that is there can be read.
    """
    file = Path.cwd() / f".env.{current_profile()}"
    try:
        if file.exists():
            file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} cannot be read: {error}. Let this user read it, and keep it in UTF-8") from None
    return file


def where_to_set() -> str:
    """Say where a variable that is missing belongs, for a remedy: the file is looked for in the working directory."""
    file = profile_file()
    return f"{file}" if file.exists() else f"{file}, which is not there: go to the folder of .env.{current_profile()}"


def read_settings(**given: Any) -> Settings:
    """Return the settings of the environment and the profile's file; `given` ones win over both.

    Raises SettingsError.
    """
    file = profile_file()
    text = file.read_text(encoding="utf-8") if file.exists() else None
    return _read(file, text, frozenset(os.environ.items()), frozenset(given.items()))


# They took 7 ms each time, and each step of a run asks for them: a twentieth of what the demo computes.
@lru_cache(maxsize=16)
def _read(file: Path, _text: str | None, _environment: frozenset[Any], given: frozenset[tuple[str, Any]]) -> Settings:
    """Read the settings, which the file's path and text, the environment and `given` determine."""
    try:
        return Settings(_env_file=file, **{"museum_profile": current_profile(), **dict(given)})  # type: ignore[call-arg]
    except ValidationError as error:
        raise SettingsError(explain(error, f"the environment or {file.name}")) from None
