"""A museum's documents in a real bucket, and the two stages over them."""

from __future__ import annotations

from museum_assets.core.wildcards import compile_pattern
from museum_assets.documents.files import DocumentFiles, staging_contract
from museum_assets.documents.listing import store_listing
from museum_assets.documents.prompt import extraction_contract
from museum_assets.documents.records import DocumentRecords
from museum_assets.documents.stages import document_files, document_records
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Options, Stage
from resources.llm import Llm
from resources.platform import Platform
from resources.postgres import Database
from resources.s3 import ObjectStore

REPORT = b"Object number: KMS1\nCondition: good\nDate: 2024-03-01"
LETTER = b"Object number: KMS2\nLender: A Lender\nFrom: 2024-01-01\nTo: 2024-02-01"


def files_stage(store: ObjectStore) -> Stage:
    """Make the stage that reads the bucket, with a limit of a thousand bytes."""
    return document_files.bind(DocumentFiles(store, 1000), staging_contract(1000))


def records_stage(llm: Llm, database: Database, model_name: str = "m", run_tokens: int = 10**9) -> Stage:
    """Make the stage that reads SMK's staged documents."""
    return document_records.bind(DocumentRecords(llm, database, "smk", run_tokens), extraction_contract(model_name))


class Place:
    def __init__(self, platform: Platform, store: ObjectStore, llm: Llm) -> None:
        self.database = platform.database()
        self.store, self.llm = store, llm
        self.run_tokens = 10**9

    def stage(self, **options: bool) -> tuple[int, ...]:
        with self.database.connect() as conn:
            store_listing(conn, "smk", self.store, compile_pattern("smk/**"))
        counts = run_stage(self.database, "smk", files_stage(self.store), Options(**options))
        return counts.done, counts.unchanged, counts.failed, counts.removed

    def read(self, model_name: str = "m", **options: bool) -> tuple[int, ...]:
        stage = records_stage(self.llm, self.database, model_name, self.run_tokens)
        counts = run_stage(self.database, "smk", stage, Options(**options))
        return counts.done, counts.unchanged, counts.failed, counts.removed

    def rows(self, statement: str) -> list[tuple]:
        with self.database.connect() as conn:
            return [tuple(row.values()) for row in conn.execute(statement)]
