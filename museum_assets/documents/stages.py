"""The stages of a museum's documents, in the order in which they run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from museum_assets.core.settings import Settings
from museum_assets.documents.checks import documents_stored
from museum_assets.documents.files import DocumentFiles, staging_contract
from museum_assets.documents.listing import store_listing, wildcard_of
from museum_assets.documents.prompt import extraction_contract
from museum_assets.loop.spec import CheckSpec, StageSpec
from museum_assets.loop.stage import Stage
from resources.platform import Platform


@contextmanager
def _open_files(platform: Platform, slug: str) -> Iterator[Stage]:
    bucket, wildcard = platform.documents(), wildcard_of(platform, slug)
    with platform.database().connect() as conn:
        listed = store_listing(conn, slug, bucket, wildcard)
    place = {"listed": listed, "bucket": bucket.bucket, "pattern": wildcard.pattern}
    yield DocumentFiles(bucket, platform.settings.documents_max_bytes, place)


@contextmanager
def _open_records(platform: Platform, slug: str) -> Iterator[Stage]:
    from museum_assets.documents.records import DocumentRecords

    with platform.language_model() as model:
        yield DocumentRecords(model, platform.database(), slug, platform.settings.llm_run_tokens)


def _without_model(settings: Settings) -> str | None:
    if settings.llm_base_url and settings.llm_model:
        return None
    return (
        "no language model is configured, so documents are not read: set LLM_BASE_URL and LLM_MODEL "
        "(and LLM_API_KEY where the server wants a key); any OpenAI-compatible API will do"
    )


document_files = StageSpec(
    name="document_files",
    domain="documents",
    description="The museum's condition reports and loan letters, each read once and stored under its UUID.",
    kinds=frozenset({"python", "s3", "postgres"}),
    contract=lambda platform, _: staging_contract(platform.settings.documents_max_bytes),
    open=_open_files,
    checks=(CheckSpec.of("documents_stored", documents_stored),),
    follows=False,
)

document_records = StageSpec(
    name="document_records",
    domain="documents",
    description="Condition reports and loan letters as records; one that the model cannot read is a dead letter.",
    kinds=frozenset({"python", "openai", "postgres"}),
    contract=lambda platform, _: extraction_contract(platform.settings.llm_model or ""),
    open=_open_records,
    rows_hashed=True,
    deps=(document_files,),
    inactive=_without_model,
    follows=False,
)

STAGES: tuple[StageSpec, ...] = (document_files, document_records)
